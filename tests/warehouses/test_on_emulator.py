"""Places on the emulator: what is right after somebody removed something, or a process was killed in between."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from bot.errors import Refused, Unreachable
from tests.ports.test_places import D24, D25, D26, NOW, daily, made, put, rows, seen, whole
from tests.warehouses.on_emulator import OnEmulator

pytestmark = pytest.mark.slow


def test_a_place_that_is_gone_is_made_anew(bench: OnEmulator) -> None:
    place = daily()
    kept = [made(bench.places, place, day, 1.0) for day in (D25, D26)]
    assert [bench.places.port.put(place, one) for one in kept] == [True, True]
    bench.drop(place.name)
    assert bench.places.port.inside(place) == ()
    assert [bench.places.port.put(place, one) for one in kept] == [True, True]
    assert seen(bench.places, place.name) == {"2026-11-25": 1.0, "2026-11-26": 1.0}


def test_the_version_before_whose_table_is_gone_is_not_brought_back(bench: OnEmulator) -> None:
    place = whole()
    for day in (D25, D26):
        put(bench.places, place, day, float(day.day))
    bench.drop(f"{place.name}_20261125")
    with pytest.raises(Refused, match="scores__0badcafe_20261125 is not there"):
        bench.places.port.take_out(place, D26)
    assert seen(bench.places, place.name) == [26.0]


def test_a_day_that_was_taken_out_is_not_carried_back(bench: OnEmulator) -> None:
    old, new = daily("0badcafe"), daily("feedbeef")
    for day in (D24, D25):
        put(bench.places, old, day, 1.0)
    assert [one.date for one in bench.places.port.carry(new, old)] == [D25, D24], "into a place that nobody made yet"
    bench.places.port.take_out(new, D25)
    assert bench.places.port.carry(new, old) == ()
    assert put(bench.places, new, D25, 2.0), "a version of its own is another one"


def test_an_answer_that_is_lost_puts_nothing_twice(bench: OnEmulator) -> None:
    place = daily()
    kept = made(bench.places, place, D26, 1.0)
    bench.proxy.lost = "BEGIN TRANSACTION"
    assert bench.places.port.put(place, kept)
    assert bench.proxy.lost == ""
    assert [row["user_id"] for row in bench.places.rows(place.name)] == ["a", "b"]


@pytest.mark.parametrize("then", ["point", "unname"])
def test_killed_between_a_table_that_goes_aside_and_its_name(bench: OnEmulator, then: str) -> None:
    """For that moment nothing has the name; the next command carries it forward, or back."""
    bench.places.table("scores", rows(whole(), D26, 9.0))
    place = whole(adopt=True, form="view")
    put(bench.places, place, D26, 1.0)
    bench.proxy.cut = "CREATE OR REPLACE VIEW"
    with pytest.raises(Unreachable):
        bench.hasty.point([place])
    bench.proxy.cut = ""
    assert bench.places.port.shown("scores") is None
    if then == "point":
        bench.places.port.point([place])
        assert seen(bench.places, "scores") == [1.0]
        assert seen(bench.places, "scores__before_sameday") == [9.0]
    else:
        bench.places.port.unname(["scores"])
        assert (bench.places.port.shown("scores"), seen(bench.places, "scores")) == ("scores", [9.0])


def test_killed_before_the_catalogue_is_struck_out(bench: OnEmulator) -> None:
    place = whole()
    put(bench.places, place, D26, 1.0)
    bench.proxy.cut = "DELETE FROM"
    with pytest.raises(Unreachable):
        bench.hasty.prune("reco", "scores", [], NOW)
    bench.proxy.cut = ""
    assert bench.places.port.inside(place) == ()
    assert list(bench.places.port.prune("reco", "scores", [], NOW)) == ["scores__0badcafe"]
    assert list(bench.places.port.versions(place)) == []


def test_readers_of_a_name_see_one_release_or_the_other(bench: OnEmulator) -> None:
    old, new = whole("0badcafe"), whole("feedbeef")
    put(bench.places, old, D26, 1.0)
    put(bench.places, new, D26, 2.0)
    bench.places.port.point([old])
    stop, got = threading.Event(), list[Any]()

    def read() -> None:
        while not stop.is_set():
            got.append(seen(bench.places, "scores"))

    reader = threading.Thread(target=read)
    reader.start()
    port = bench.places.port
    for place in (new, old) * 10:
        port.point([place])
    stop.set()
    reader.join()
    assert {tuple(scores) for scores in got} <= {(1.0,), (2.0,)}
    assert len(got) > 5
