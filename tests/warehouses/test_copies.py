"""Names that are tables, on the emulator: they are as their places at any moment, and stay what people made of them."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from bot.errors import Refused, Unreachable
from bot.ports import Place
from tests.ports.test_places import D24, D25, D26, daily, made, put, rows, seen, whole
from tests.warehouses.on_emulator import OnEmulator

pytestmark = pytest.mark.slow


def adopted(bench: OnEmulator, **columns: list[Any]) -> Place:
    """The place of an output that takes over a stranger's table, and shows a day."""
    bench.places.table("scores", pa.table(columns) if columns else rows(whole(), D26, 9.0))
    place = whole(adopt=True)
    put(bench.places, place, D26, 1.0)
    return place


def test_a_table_that_is_adopted_stays_the_same_table(bench: OnEmulator) -> None:
    """Nobody finds nothing, and who could read it can: it is never removed or renamed."""
    place = adopted(bench)
    before = bench.client.get_table(f"{bench.project}.main.scores").created
    bench.places.port.point([place])
    assert (bench.kind("scores"), seen(bench.places, "scores")) == ("TABLE", [1.0])
    assert seen(bench.places, "scores__before_sameday") == [9.0]
    bench.places.port.unname(["scores"])
    assert seen(bench.places, "scores") == [9.0]
    assert bench.client.get_table(f"{bench.project}.main.scores").created == before
    assert [item.table_id for item in bench.client.list_tables(f"{bench.project}.main")].count("scores") == 1
    assert not [i for i in bench.client.list_tables(f"{bench.project}.main") if "before_sameday" in i.table_id]


@pytest.mark.parametrize("cut", ["BEGIN TRANSACTION", '"copy"'])
@pytest.mark.parametrize("then", ["point", "unname"])
def test_killed_while_a_table_is_taken_over(bench: OnEmulator, cut: str, then: str) -> None:
    """It has its own rows until it has ours."""
    place = adopted(bench)
    bench.proxy.cut = cut
    with pytest.raises(Unreachable):
        bench.hasty.point([place])
    bench.proxy.cut = ""
    assert (bench.places.port.shown("scores"), seen(bench.places, "scores")) == ("scores", [9.0])
    bench.places.table("scores", rows(whole(), D26, 8.0))
    if then == "point":
        bench.places.port.point([place])
        assert seen(bench.places, "scores") == [1.0]
        assert seen(bench.places, "scores__before_sameday") == [8.0], "as it was last"
    bench.places.port.unname(["scores"])
    assert (bench.places.port.shown("scores"), seen(bench.places, "scores")) == ("scores", [8.0])


def test_killed_between_the_rows_of_before_and_the_end(bench: OnEmulator) -> None:
    place = adopted(bench)
    bench.places.port.point([place])
    bench.proxy.cut = "DROP TABLE"
    with pytest.raises(Unreachable):
        bench.hasty.unname(["scores"])
    bench.proxy.cut = ""
    assert seen(bench.places, "scores") == [9.0]
    bench.places.port.unname(["scores"])
    assert seen(bench.places, "scores") == [9.0]
    bench.places.port.point([place])
    assert seen(bench.places, "scores") == [1.0]


def test_each_change_of_the_place_is_one_of_the_table(bench: OnEmulator) -> None:
    place = daily(form="table")
    for day in (D24, D25):
        put(bench.places, place, day, float(day.day))
    bench.places.port.point([place])
    assert bench.kind("scores") == "TABLE"
    put(bench.places, place, D26, 26.0)
    assert seen(bench.places, "scores") == {"2026-11-24": 24.0, "2026-11-25": 25.0, "2026-11-26": 26.0}
    bench.places.port.take_out(place, D25)
    assert seen(bench.places, "scores") == {"2026-11-24": 24.0, "2026-11-26": 26.0}
    new = replace(place, spec="feedbeef")
    put(bench.places, new, D25, 2.0)
    assert seen(bench.places, "scores") == {"2026-11-24": 24.0, "2026-11-26": 26.0}, "which another place shows"
    bench.places.port.carry(new, place)
    bench.places.port.point([new])
    assert seen(bench.places, "scores") == {"2026-11-24": 24.0, "2026-11-25": 2.0, "2026-11-26": 26.0}
    put(bench.places, place, D26, 0.5, attempt=2)
    assert seen(bench.places, "scores")["2026-11-26"] == 26.0, "the earlier place is shown no more"


def test_a_put_that_fails_changes_neither(bench: OnEmulator) -> None:
    place = whole(form="table")
    put(bench.places, place, D25, 1.0)
    bench.places.port.point([place])
    bench.ask("DROP TABLE `{main}.scores`")
    bench.ask("CREATE TABLE `{main}.scores` (user_id STRING)")
    assert put(bench.places, place, D26, 2.0), "what somebody made of the name is not written to"
    assert bench.ask("SELECT * FROM `{main}.scores`") == []
    assert bench.places.port.shown("scores") == "scores"
    with pytest.raises(Refused, match=r"scores is a table that sameday did not make"):
        bench.places.port.point([place])


@pytest.mark.parametrize("back", [False, True])
def test_a_name_becomes_a_table_and_a_view_again(bench: OnEmulator, *, back: bool) -> None:
    view, table = whole(form="view"), whole(form="table")
    put(bench.places, view, D26, 1.0)
    for place in (table, view) if back else (view, table):
        bench.places.port.point([place])
        assert bench.kind("scores") == ("TABLE" if place is table else "VIEW")
        assert (seen(bench.places, "scores"), bench.places.port.owner("scores")) == ([1.0], "reco")
    bench.places.port.unname(["scores"])
    assert bench.places.port.shown("scores") is None


def test_columns_that_come_are_there_and_those_that_go_are_null(bench: OnEmulator) -> None:
    place = adopted(bench, user_id=["s"], score=[9.0], note=["by hand"])
    bench.places.port.point([place])
    assert {row["note"] for row in bench.ask("SELECT note FROM `{main}.scores`")} == {None}
    wide = replace(place, spec="feedbeef", columns=(*place.columns, ("rank", "INT64")))
    kept = rows(place, D26, 2.0).append_column("rank", pa.array([1, 2]))
    begun = replace(bench.places.port.versions(place)[0], spec="feedbeef", whole=None)
    bench.places.port.begin(wide, begun)
    bench.places.port.put(wide, bench.places.keep(wide, begun, kept))
    bench.places.port.point([wide])
    assert sorted(row["rank"] for row in bench.ask("SELECT rank FROM `{main}.scores`")) == [1, 2]


def test_what_does_not_fit_into_a_table_is_told_before_anything_is_done(bench: OnEmulator) -> None:
    place = adopted(bench, user_id=["s"], score=["high"])
    with pytest.raises(Refused, match="its column 'score' is STRING, and not FLOAT64"):
        bench.places.port.point([place])
    assert (bench.places.port.shown("scores"), seen(bench.places, "scores")) == ("scores", ["high"])


def test_runs_and_switches_at_once_leave_the_table_as_its_place(bench: OnEmulator) -> None:
    """Two releases are pointed in turn while runs of both put days."""
    old, new = daily(form="table"), daily("feedbeef", form="table")
    for place in (old, new):
        put(bench.places, place, D24, 1.0 if place is old else 2.0)
    scores = ((old, 1.5), (new, 2.5))
    kept = [(place, made(bench.places, place, D25, score, n)) for place, score in scores for n in (1, 2)]
    with ThreadPoolExecutor(4) as pool:
        done: list[Future[Any]] = [pool.submit(bench.places.port.put, *one) for one in kept]
        done += [pool.submit(bench.places.port.point, [one]) for one in (old, new, old, new)]
        for each in done:
            each.result()
    shown = bench.places.port.shown("scores")
    assert shown is not None
    assert seen(bench.places, "scores") == seen(bench.places, shown)
    assert set(seen(bench.places, shown).values()) == ({1.0, 1.5} if shown == old.name else {2.0, 2.5})


def test_rows_of_before_are_kept_whatever_takes_the_name_later(bench: OnEmulator) -> None:
    """Somebody makes another table of the name: its rows do not take the place of those that went aside."""
    place = adopted(bench)
    bench.places.port.point([place])
    bench.ask("DROP TABLE `{main}.scores`")
    bench.places.table("scores", rows(whole(), D26, 7.0))
    with pytest.raises(Refused, match=r"scores cannot go aside: there is a table .*__before_sameday already"):
        bench.places.port.point([place])
    bench.places.port.unname(["scores"])
    assert (seen(bench.places, "scores"), seen(bench.places, "scores__before_sameday")) == ([7.0], [9.0])


def test_rows_of_before_that_somebody_removed(bench: OnEmulator) -> None:
    place = adopted(bench)
    bench.places.port.point([place])
    bench.ask("DROP TABLE `{main}.scores__before_sameday`")
    with pytest.raises(Refused, match=r"cannot have its rows of before again, since .* is not there: remove"):
        bench.places.port.unname(["scores"])
    assert seen(bench.places, "scores") == [1.0]


def test_runs_that_put_while_the_rows_of_before_come_back(bench: OnEmulator) -> None:
    """None of them is lost with what went aside: it goes only when they are back."""
    place = adopted(bench)
    bench.places.port.point([place])
    kept = [made(bench.places, place, D26, 1.0 + n, n) for n in range(2, 6)]
    with ThreadPoolExecutor(3) as pool:
        done: list[Future[Any]] = [pool.submit(bench.places.port.put, place, one) for one in kept]
        done.append(pool.submit(bench.places.port.unname, ["scores"]))
        for each in done:
            each.result()
    assert (bench.places.port.shown("scores"), seen(bench.places, "scores")) == ("scores", [9.0])
