"""Many jobs and many runs. What their parts take of time and memory is printed: `pytest -s` shows it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from bot.experiment.schedule import Schedule
from bot.ports import Step, Work
from tests.engines.argo.conftest import IMAGE, OnArgo
from tests.far.argo.weight import memory
from tests.fuzz import count

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

REAL = count(30, most=300)
PLAYED = count(300, most=2_000)
AT_ONCE = 50
LONG = timedelta(hours=1)


@contextmanager
def measured(space: OnArgo, part: str) -> Iterator[None]:
    """Print how long a part takes, and what each process has of memory after it."""
    begun = time.monotonic()
    yield
    weights = ", ".join(f"{name} {size:,.0f} MB" for name, size in memory(space.server.folder).items())
    print(f"\n{part}: {time.monotonic() - begun:.1f} s; {weights}", end="")


def fan(space: OnArgo, number: int) -> Work:
    """One job, many after it, and one after all."""
    names = [f"t{n}" for n in range(number)]
    script = f"echo $HOSTNAME >> '{space.folder}/done'"
    many = [
        Step(name=name, argv=("sh", "-c", script), image=IMAGE, dependencies=("first",), timeout=600) for name in names
    ]
    first = Step(name="first", argv=("true",), image=IMAGE, timeout=600)
    last = Step(name="last", argv=("true",), image=IMAGE, dependencies=tuple(names), timeout=600)
    return space.work(steps=(first, *many, last))


def seen_through(space: OnArgo, wanted: Work) -> None:
    """Take the run to its end: every job is changes of, and has ended well."""
    with measured(space, f"{len(wanted.steps):,} jobs applied"):
        space.engine.apply(wanted)
    with measured(space, "submitted"):
        space.engine.submit(wanted)
    space.proxy.seen.clear()
    with measured(space, "run and watched"):
        *_, last = space.engine.watch([wanted.run], datetime.now(UTC) + LONG)
    asked = [seen for seen in space.proxy.seen if seen.startswith("GET") and "/workflows?" in seen]
    print(f"; {len(space.proxy.seen)} requests, {len(asked)} of them lists and watches", end="")
    assert (last.state, len(last.nodes)) == ("succeeded", len(wanted.steps))
    assert {node.state for node in last.nodes} == {"succeeded"}
    with measured(space, "found"):
        assert space.engine.find(wanted.run) == last


def test_many_jobs_each_run_once(space: OnArgo) -> None:
    wanted = fan(space, REAL)
    seen_through(space, wanted)
    done = (space.folder / "done").read_text().split()
    assert (len(done), len(set(done))) == (REAL, REAL)


def test_very_many_jobs_that_the_node_plays(space: OnArgo) -> None:
    space.controller.act({"job": "*", "play": {"code": 0, "seconds": 0.5}})
    space.engine.options = space.engine.options.model_copy(update={"parallelism": 200})
    seen_through(space, fan(space, PLAYED))


def test_many_schedules_of_one_minute_lose_nothing_and_take_one_list(space: OnArgo) -> None:
    space.controller.act({"job": "*", "play": {"code": 0, "seconds": 0.5}})
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    every_minute = Schedule(cron="* * * * *", timezone="UTC")
    wanted = [space.work(experiment=f"demo-{n}", date=yesterday, schedule=every_minute) for n in range(AT_ONCE)]
    for one in wanted:
        space.engine.apply(one)
    for one in wanted:
        space.engine.schedule(one, on=True)
    with measured(space, f"{AT_ONCE} schedules fired"):
        space.until(lambda: len(space.names()) == AT_ONCE)
    runs = [one.model_copy(update={"date": datetime.now(UTC).date()}).run for one in wanted]
    space.proxy.seen.clear()
    with measured(space, "watched"):
        changes = list(space.engine.watch(runs, datetime.now(UTC) + timedelta(minutes=4)))
    assert {run.name: run.state for run in changes} == dict.fromkeys(runs, "succeeded")
    lists = [seen for seen in space.proxy.seen if seen.startswith("GET") and "/workflows?" in seen]
    assert len(lists) == 2, "one list and one watch, for all of them"
    assert len(space.proxy.seen) - len(lists) == AT_ONCE, "and how each ended is noted once"
    assert len(space.names()) == AT_ONCE
