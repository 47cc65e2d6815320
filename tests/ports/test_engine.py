"""What every engine does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from bot.errors import Conflict
from bot.experiment.schedule import Schedule
from bot.ports import Run, Step, Work
from tests.ports.conftest import EngineCase
from tests.some import some

IMAGE = "busybox:1.37"  # pulled where there are images
SOON = timedelta(seconds=110)


def work(argv: tuple[str, ...], **changes: object) -> Work:
    """A run with two jobs one after the other."""
    steps = (
        Step(name="first", argv=argv, image=IMAGE, timeout=60),
        Step(name="second", argv=("true",), image=IMAGE, dependencies=("first",), timeout=60),
    )
    return Work(experiment="demo", key="0badcafe", date=date(2026, 11, 23), steps=steps).model_copy(update=changes)


def watched(engine: EngineCase, *runs: str) -> list[Run]:
    """Every change until the end."""
    return list(engine.port.watch(runs, datetime.now(UTC) + SOON))


def test_apply(engine: EngineCase) -> None:
    wanted = work(engine.works)
    assert not engine.port.applied(wanted)
    engine.port.apply(wanted)
    assert engine.port.applied(wanted)
    engine.port.apply(wanted)
    assert engine.port.applied(wanted)
    assert engine.port.find(wanted.run) is None, "nothing runs it yet"


@pytest.mark.parametrize("changes", [{"date": date(2026, 11, 24)}, {"attempt": 2}, {"labels": {"commit": "abc"}}])
def test_template_is_of_any_date_and_commit(engine: EngineCase, changes: dict[str, object]) -> None:
    engine.port.apply(work(engine.works))
    assert engine.port.applied(work(engine.works, **changes))


def test_template_that_says_something_else(engine: EngineCase) -> None:
    engine.port.apply(work(engine.works))
    assert not engine.port.applied(work(engine.fails))


def test_find_what_is_not_there(engine: EngineCase) -> None:
    assert engine.port.find("demo-0badcafe-20261123") is None


def test_run_to_its_end(engine: EngineCase) -> None:
    wanted = work(engine.works)
    engine.port.apply(wanted)
    started = engine.port.submit(wanted)
    assert (started.name, started.state in ("running", "succeeded")) == ("demo-0badcafe-20261123", True)
    last = watched(engine, wanted.run)[-1]
    assert last == engine.port.find(wanted.run)
    assert (last.state, last.failures) == ("succeeded", ())
    assert [(node.name, node.state) for node in last.nodes] == [("first", "succeeded"), ("second", "succeeded")]
    for node in last.nodes:
        assert node.started is not None
        assert node.finished is not None
        assert node.started <= node.finished


def test_failed_run(engine: EngineCase) -> None:
    wanted = work(engine.fails)
    engine.port.apply(wanted)
    engine.port.submit(wanted)
    last = watched(engine, wanted.run)[-1]
    assert last.state == "failed"
    (failed,) = last.failures
    assert failed.name == "first"
    assert failed.reason
    assert "what went wrong" in failed.log
    assert {node.name: node.state for node in last.nodes} == {"first": "failed", "second": "omitted"}
    assert engine.port.submit(wanted).state == "failed", "equal run, same data: it is not tried again"


def test_submitting_again_adopts(engine: EngineCase) -> None:
    wanted = work(engine.waits)
    engine.port.apply(wanted)
    engine.port.submit(wanted)
    again = engine.port.submit(wanted.model_copy(update={"labels": {"commit": "another"}}))
    assert (again.name, again.state) == (wanted.run, "running")
    engine.release()
    last = watched(engine, wanted.run)[-1]
    assert (last.state, len(last.nodes)) == ("succeeded", 2)
    assert engine.port.submit(wanted) == last


def test_name_that_is_taken(engine: EngineCase) -> None:
    engine.port.apply(work(engine.works))
    engine.port.submit(work(engine.works))
    watched(engine, work(engine.works).run)
    with pytest.raises(Conflict, match="demo-0badcafe-20261123"):
        engine.port.submit(work(engine.fails))
    assert some(engine.port.find(work(engine.works).run)).state == "succeeded"


def test_watch_tells_every_change_of_all(engine: EngineCase) -> None:
    waits, works = work(engine.waits), work(engine.works, experiment="other")
    for wanted in (waits, works):
        engine.port.apply(wanted)
        engine.port.submit(wanted)
    told: list[Run] = []
    for run in engine.port.watch([waits.run, works.run], datetime.now(UTC) + SOON):
        told.append(run)
        if (run.name, run.state) == (works.run, "succeeded"):
            assert some(engine.port.find(waits.run)).state == "running"
            engine.release()
    for name in (waits.run, works.run):
        assert all(one != other for one, other in pairwise(run for run in told if run.name == name)), "told twice"
    ends = {run.name: run.state for run in told}
    assert ends == {waits.run: "succeeded", works.run: "succeeded"}


def test_watch_leaves_in_time(engine: EngineCase) -> None:
    wanted = work(engine.waits)
    engine.port.apply(wanted)
    engine.port.submit(wanted)
    told = list(engine.port.watch([wanted.run], datetime.now(UTC)))
    assert [run.state for run in told] == ["running"]
    engine.release()
    assert watched(engine, wanted.run)[-1].state == "succeeded"


def test_watch_a_run_that_is_not_there(engine: EngineCase) -> None:
    assert all(run.state != "running" for run in watched(engine, "demo-0badcafe-20000101"))


def test_attempts_are_runs_of_their_own(engine: EngineCase) -> None:
    first, second = work(engine.works), work(engine.works, attempt=2)
    for wanted in (first, second):
        engine.port.apply(wanted)
        engine.port.submit(wanted)
    watched(engine, first.run, second.run)
    assert {some(engine.port.find(name)).name for name in ("demo-0badcafe-20261123", "demo-0badcafe-20261123-2")} == {
        first.run, second.run,
    }  # fmt: skip


def test_the_runs_of_the_newest_dates(engine: EngineCase) -> None:
    assert engine.port.newest("demo", 2) == []
    days = [date(2026, 11, 24), date(2026, 11, 25), date(2026, 11, 23)]
    made = [work(engine.works).model_copy(update={"date": day}) for day in days]
    for wanted in (*made, work(engine.works, experiment="demo-other").model_copy(update={"date": date(2026, 11, 30)})):
        engine.port.apply(wanted)
        engine.port.submit(wanted)
        watched(engine, wanted.run)
    assert [run.name for run in engine.port.newest("demo", 2)] == [made[1].run, made[0].run]
    assert [run.name for run in engine.port.newest("demo", 9)] == [made[i].run for i in (1, 0, 2)]


def test_a_run_is_stopped_and_goes_on(engine: EngineCase) -> None:
    waits = work(engine.waits)
    assert not engine.port.stop(waits.run)
    engine.port.apply(waits)
    engine.port.submit(waits)
    for run in engine.port.watch([waits.run], datetime.now(UTC) + SOON):
        if any(node.state == "running" for node in run.nodes):
            break
    assert engine.port.stop(waits.run)
    assert watched(engine, waits.run)[-1].state == "stopped"
    assert not engine.port.stop(waits.run)
    engine.port.submit(waits)
    engine.release()
    assert watched(engine, waits.run)[-1].state == "succeeded"


def test_what_a_job_has_printed(engine: EngineCase) -> None:
    fails = work(engine.fails)
    assert engine.port.log(fails.run, "nothing") is None
    engine.port.apply(fails)
    engine.port.submit(fails)
    (failed,) = watched(engine, fails.run)[-1].failures
    said = engine.port.log(fails.run, failed.name)
    assert said == failed.log
    assert said
    assert engine.port.log(fails.run, "nothing") is None


def starts(engine: EngineCase, experiment: str = "demo") -> str | None:
    """The spec key that a schedule starts, which is on and can."""
    scheduled = engine.port.scheduled(experiment)
    assert scheduled is None or scheduled.trouble == ""
    return scheduled.key if scheduled is not None and scheduled.on else None


def test_schedule(engine: EngineCase) -> None:
    daily = Schedule(cron="0 4 * * *", timezone="Asia/Tokyo")
    old = work(engine.works, schedule=daily)
    new = work(engine.fails, schedule=daily, key="feedbeef")
    other = work(engine.works, schedule=daily, experiment="other")
    assert engine.port.scheduled("demo") is None
    for wanted in (old, new, other):
        engine.port.apply(wanted)
    for wanted, on, key in ((old, True, "0badcafe"), (old, True, "0badcafe"), (new, True, "feedbeef")):
        engine.port.schedule(wanted, on=on)
        assert starts(engine) == key
    engine.port.schedule(other, on=True)
    for _ in range(2):
        engine.port.schedule(new, on=False)
        assert starts(engine) is None
    assert starts(engine, "other") == "0badcafe"


def test_schedule_of_a_retired_experiment(engine: EngineCase) -> None:
    gone = Work(experiment="demo", key="", date=date(2026, 11, 23), steps=())
    engine.port.schedule(gone, on=False)
    assert engine.port.scheduled("demo") is None
    assert not engine.port.give_back("demo"), "it took nobody's place"


def test_cancel_stops_runs_of_other_specs(engine: EngineCase) -> None:
    old, kept = work(engine.waits), work(engine.waits, key="feedbeef")
    longer, other = work(engine.waits, experiment="demo-2"), work(engine.waits, experiment="other")
    for wanted in (old, kept, longer, other):
        engine.port.apply(wanted)
        engine.port.submit(wanted)
    assert list(engine.port.cancel("demo", {"feedbeef"})) == [old.run]
    assert watched(engine, old.run)[-1].state == "stopped"
    assert list(engine.port.cancel("demo", {"feedbeef"})) == []
    assert {some(engine.port.find(one.run)).state for one in (kept, longer, other)} == {"running"}
    engine.release()
    assert engine.port.submit(old).state in ("running", "succeeded"), "wanted again, it is taken up"
    ends = {run.name: run.state for run in watched(engine, old.run, kept.run, longer.run, other.run)}
    assert set(ends.values()) == {"succeeded"}
