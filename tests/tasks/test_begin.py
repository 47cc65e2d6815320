"""A run begins once for its date, by whichever attempt, and goes on where a killed one ended."""

from __future__ import annotations

from datetime import date

import pytest

from bot.compile.work import store_places, warehouse_place
from bot.errors import Refused
from bot.ports import Version, Work
from bot.tasks.begin import Beginning, begin
from bot.tasks.keep import keep
from bot.tasks.put import put
from bot.tasks.verify import verify
from tests.tasks.conftest import NOW, Bench, Clock

PLACE = "reco.v4__0badcafe"


def begun(bench: Bench, work: Work, clock: Clock | None = None) -> Beginning:
    """What the first task says; what it waits for goes to the clock's `said`."""
    clock = clock or Clock()
    return begin(work, bench.warehouse, bench.stores, clock.now, clock.sleep, clock.said.append)


def catalogue(bench: Bench, work: Work) -> list[Version]:
    """What is recorded of the one place in the warehouse."""
    return list(bench.warehouse.versions(warehouse_place(work.experiment, work.key, work.outputs["scores"])))


def test_a_run_is_recorded_before_its_jobs(bench: Bench) -> None:
    assert begun(bench, bench.work()) == Beginning(True, ())
    (version,) = catalogue(bench, bench.work())
    assert (version.run, version.begun, version.whole) == ("demo-0badcafe-20261123", NOW, None)


@pytest.mark.parametrize("attempt", [1, 2])
def test_a_date_that_is_made_is_not_made_again(bench: Bench, attempt: int) -> None:
    """Neither by a second run of it, nor by an earlier attempt that a schedule starts late."""
    bench.finish(bench.work(attempt=attempt), ada=0.5)
    assert begun(bench, bench.work()).go is False
    assert [one.attempt for one in catalogue(bench, bench.work())] == [attempt]
    assert bench.served(PLACE.partition(".")[2]) == {"ada": 0.5}


def test_a_later_attempt_makes_a_date_anew(bench: Bench) -> None:
    bench.finish(bench.work(), ada=0.5)
    assert begun(bench, bench.work(attempt=2)).go is True
    assert [(one.attempt, one.whole is not None) for one in catalogue(bench, bench.work())] == [(2, False), (1, True)]


def test_what_a_killed_run_left_whole_is_put_by_the_next_one(bench: Bench) -> None:
    work = bench.work()
    bench.write(work, ada=0.5)
    begun(bench, work)
    verify(work, bench.warehouse, Clock().now)
    keep(work, bench.warehouse, bench.stores)
    assert begun(bench, work) == Beginning(
        False,
        (
            "the data of 2026-11-23 is made already; nothing to do",
            f"scores: 1 rows in {PLACE}, day 2026-11-23",
            "scores: serving: 1 rows in v4__0badcafe",
        ),
    )
    assert bench.served("v4__0badcafe") == {"ada": 0.5}


def test_two_runs_of_one_date_at_once_end_in_the_later_attempt(bench: Bench) -> None:
    first, second = bench.work(), bench.work(attempt=2)
    for work, value in ((first, 1.0), (second, 2.0)):
        assert begun(bench, work).go is True
        bench.write(work, ada=value)
        verify(work, bench.warehouse, Clock().now)
        keep(work, bench.warehouse, bench.stores)
    put(second, bench.warehouse, bench.stores)
    assert put(first, bench.warehouse, bench.stores) == [
        f"scores: not shown in {PLACE}, which has demo-0badcafe-20261123-2: that is newer",
        "scores: serving: not shown in v4__0badcafe, which has demo-0badcafe-20261123-2: that is newer",
    ]
    assert bench.served("v4__0badcafe") == {"ada": 2.0}


def test_one_output_of_two_is_not_a_date_that_is_made(bench: Bench) -> None:
    outputs = {"scores": bench.output(), "items": bench.output("reco.items")}
    bench.finish(bench.work(outputs={"scores": outputs["scores"]}), ada=0.5)
    assert begun(bench, bench.work(outputs=outputs)).go is True


def test_another_date_and_another_spec_are_made(bench: Bench) -> None:
    bench.finish(bench.work(), ada=0.5)
    assert begun(bench, bench.work(date(2026, 11, 24))).go is True
    assert begun(bench, bench.work(key="feedbeef")).go is True


def test_it_says_what_it_waits_for_at_once_and_every_half_a_minute(bench: Bench) -> None:
    clock = Clock((70.0, lambda: bench.put("logs.users", bench.rows({"ada": 1.0}))))
    work = bench.work(inputs={"users": bench.read()}, outputs={"scores": bench.output()}, patience=100)
    assert begun(bench, work, clock) == Beginning(True, ("users: logs.users is ready",))
    assert clock.said == ["waiting for inputs: users: logs.users is not there"] * 3
    assert clock.slept == [30.0, 30.0, 30.0]
    (version,) = catalogue(bench, work)
    assert version.begun == NOW, "before it waited"


def test_inputs_that_do_not_come_end_the_run(bench: Bench) -> None:
    work = bench.work(inputs={"users": bench.read()}, outputs={"scores": bench.output()}, patience=60)
    with pytest.raises(Refused, match=r"inputs are not ready: users: logs\.users is not there"):
        begun(bench, work)


def test_a_store_that_was_lost_after_the_date_was_made_has_it_again(bench: Bench) -> None:
    work = bench.work()
    bench.finish(work, ada=0.5)
    bench.stores["serving"].path.unlink()
    assert begun(bench, work).go is False
    ((_, store, place),) = store_places(work.experiment, work.key, work.outputs)
    assert [one.run for one in bench.stores[store].inside(place)] == [work.run]
