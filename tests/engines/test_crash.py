"""A run whose supervisor is killed or stopped is taken up where it was by submitting its work again."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from functools import partial

import pytest

from bot.ports import Run, Work
from tests.engines.conftest import Bench
from tests.some import some

pytestmark = pytest.mark.slow

ALONE = """
import fcntl, os, sys, time
with open("marks", "a") as marks, open("alone", "w") as alone:
    try:
        fcntl.flock(alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        marks.write("not alone\\n")
    marks.write("begin\\n")
    marks.flush()
    for name, pid in (("job", os.getpid()), ("warden", os.getppid())):
        with open(name + ".pid", "w") as file:
            file.write(str(pid))
    while not os.path.exists("gate"):
        time.sleep(0.02)
    marks.write("end\\n")
"""


@pytest.mark.parametrize("at_once", [False, True], ids=["supervisor", "supervisor and warden"])
def test_supervisor_killed(bench: Bench, states: Callable[[Run], dict[str, str]], at_once: bool) -> None:
    work = bench.work(
        bench.marking("before"),
        bench.python("at-work", ALONE).model_copy(update={"dependencies": ("before",)}),
        bench.step("side", "echo side; echo side >> marks; exit 1"),
        bench.marking("behind-side", "side"),
        bench.marking("after", "at-work"),
    )
    bench.engine.submit(work)
    bench.until(lambda: {"before", "side", "begin"} <= set(bench.marks()))
    bench.until(lambda: states(some(bench.engine.find(work.run))).get("behind-side") == "omitted")
    first = bench.pid("job")
    if at_once:
        os.kill(bench.supervisor(work), signal.SIGSTOP)  # lest it sees the other end first
        os.kill(bench.pid("warden"), signal.SIGKILL)
    bench.kill(work)
    if at_once:
        assert bench.lives(first), "this is about a job that is left over"
    else:
        bench.until(lambda: not bench.lives(first))
    assert bench.engine.submit(work).state == "running"
    bench.until(lambda: bench.marks().count("begin") == 2)
    bench.open_gate()
    run = bench.finish(work)
    assert sorted(bench.marks()) == ["after", "before", "begin", "begin", "end", "side"]
    assert run.state == "failed"
    assert states(run) == {
        "before": "succeeded", "at-work": "succeeded", "after": "succeeded", "side": "failed", "behind-side": "omitted",
    }  # fmt: skip


def test_end_state_is_that_of_an_undisturbed_run(bench: Bench, states: Callable[[Run], dict[str, str]]) -> None:
    steps = [bench.step("a", "echo a >> marks")]
    steps += [bench.step(f"s{i}", f"sleep 0.03; echo s{i} > s{i}.out", "a") for i in range(8)]
    steps += [bench.step("z", "cat s*.out > z.out", *(f"s{i}" for i in range(8)))]
    calm, disturbed = bench.work(*steps, experiment="calm"), bench.work(*steps, experiment="disturbed")
    expected = states(bench.finish(calm))
    wanted = bench.marks("z.out")
    for path in bench.root.glob("*.out"):
        path.unlink()
    for killed_after in (1, 4, 7):
        bench.engine.submit(disturbed)
        bench.until(partial(so_far, bench, disturbed, killed_after))
        if bench.state(disturbed) == "running":
            bench.kill(disturbed)
    run = bench.finish(disturbed)
    assert (run.state, states(run), bench.marks("z.out")) == ("succeeded", expected, wanted)


def so_far(bench: Bench, work: Work, jobs: int) -> bool:
    """Whether the run has ended or as many of its jobs have."""
    return bench.state(work) != "running" or done(bench, work) >= jobs


def done(bench: Bench, work: Work) -> int:
    """How many nodes have succeeded."""
    return sum(node.state == "succeeded" for node in some(bench.engine.find(work.run)).nodes)


def test_cut_off_event_is_passed_over(bench: Bench, states: Callable[[Run], dict[str, str]]) -> None:
    work = bench.work(bench.marking("a"), bench.held("b", "a"))
    bench.engine.submit(work)
    bench.pid("b")
    bench.kill(work)
    events = bench.engine.path / "runs" / work.run / "events.jsonl"
    with events.open("a") as file:
        file.write(json.dumps({"node": "b", "state": "succeeded", "at": "2026-11-23T00:00:00+00:00"})[:-9])
    assert bench.engine.submit(work).state == "running"
    bench.until(lambda: bench.marks().count("begin b") == 2)
    bench.open_gate()
    assert states(bench.finish(work)) == {"a": "succeeded", "b": "succeeded"}
    assert bench.marks() == ["a", "begin b", "begin b", "end b"]


def test_process_that_left_the_group_holds_up_nothing(bench: Bench) -> None:
    leave = "import os, time; os.setsid(); print(os.getpid(), file=open('away.pid', 'w'), flush=True); time.sleep(60)"
    work = bench.work(bench.step("job", f'{sys.executable} -c "{leave}" & while [ ! -e gate ]; do sleep 0.02; done'))
    bench.engine.submit(work)
    away = bench.pid("away")
    bench.kill(work)
    bench.open_gate()
    assert bench.finish(work).state == "succeeded"
    assert not bench.lives(away)


def test_stopped_by_sigterm_and_resumed(bench: Bench, states: Callable[[Run], dict[str, str]]) -> None:
    work = bench.work(
        bench.marking("done"), bench.held("one", "done"), bench.held("two"), bench.marking("after", "one")
    )
    bench.engine.submit(work)
    pids = [bench.pid("one"), bench.pid("two")]
    bench.kill(work, signal.SIGTERM)
    assert not any(bench.lives(pid) for pid in pids)
    assert states(some(bench.engine.find(work.run))) == {"done": "succeeded", "one": "running", "two": "running"}
    bench.open_gate()
    run = bench.finish(work)
    assert run.state == "succeeded"
    assert sorted(bench.marks()) == [
        "after",
        "begin one",
        "begin one",
        "begin two",
        "begin two",
        "done",
        "end one",
        "end two",
    ]


def test_folder_of_the_jobs_is_gone(bench: Bench) -> None:
    work = bench.work(bench.held("job"))
    bench.engine.submit(work)
    bench.pid("job")
    bench.kill(work)
    order = bench.engine.path / "runs" / work.run / "order.json"
    order.write_text(json.dumps(json.loads(order.read_text()) | {"root": str(bench.root / "gone")}))
    (failed,) = bench.finish(work).failures
    assert "could not be started" in failed.reason
    assert "gone" in failed.reason
