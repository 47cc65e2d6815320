"""What a job leaves behind is ended with its node, however either hides, and before its tables are verified."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.experiment.model import Output
from bot.ports import Run, Step
from tests.engines.conftest import Bench
from tests.some import some

JOB = Path(__file__).parent / "daemon.py"
KINDS = ("plain", "deaf", "closed", "bare", "hopping", "leaping", "headless", "deaf,closed,bare,leaping")
VERIFY = 'flock --nonblock alive true && echo gone >> "seen-$1" || echo there >> "seen-$1"'

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives a lost process a new parent"),
]


def job(bench: Bench, kind: str, end: str = "exit", *, timeout: int = 60) -> Step:
    """A job that leaves a daemon of this kind, which holds the lock `alive`, before it ends."""
    return bench.step("job", f"exec {sys.executable} -I {JOB} {kind} {end}", timeout=timeout)


def gone(bench: Bench) -> bool:
    """Whether nobody holds the lock `alive` any more, which was held."""
    with (bench.root / "alive").open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return (bench.root / "ready").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_left_when_verify_begins(bench: Bench, states: Callable[[Run], dict[str, str]], kind: str) -> None:
    bench.engine.task = ("sh", "-c", VERIFY, "task")
    outputs = {"scores": Output.model_validate({"table": "reco.v4", "job": "job", "columns": {"user_id": "STRING"}})}
    work = bench.work(job(bench, kind)).model_copy(update={"outputs": outputs})
    run = bench.finish(work)
    assert states(run) == dict.fromkeys(("sameday-begin", "job", "sameday-verify", "sameday-put"), "succeeded")
    assert bench.marks("seen-verify") == ["gone"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("end", "reason"), [("fail", "exit code 3"), ("stay", "its limit of 2 s"), ("orphan", "signal 9")]
)
def test_nothing_is_left_of_a_node_that_failed(bench: Bench, kind: str, end: str, reason: str) -> None:
    """`orphan` kills the process that watches it."""
    run = bench.finish(bench.work(job(bench, kind, end, timeout=2 if end == "stay" else 60)))
    assert [reason in node.reason for node in run.failures] == [True]
    assert gone(bench)


def test_a_daemon_lives_as_long_as_its_own_job(bench: Bench) -> None:
    """What another job's end does not end."""
    work = bench.work(
        job(bench, "plain", "wait"), bench.step("other", "until [ -e ready ]; do sleep 0.02; done; kill -9 $PPID")
    )
    bench.engine.submit(work)
    bench.until(
        lambda: any(node.name == "other" and node.state == "failed" for node in some(bench.engine.find(work.run)).nodes)
    )
    assert not gone(bench)
    bench.open_gate()
    bench.finish(work)
    assert gone(bench)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_left_of_a_run_that_was_stopped(bench: Bench, kind: str) -> None:
    work = bench.work(job(bench, kind, "wait"))
    bench.engine.submit(work)
    bench.until((bench.root / "ready").exists)
    bench.kill(work, signal.SIGTERM)
    assert gone(bench)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_left_of_a_run_that_was_killed(bench: Bench, kind: str) -> None:
    work = bench.work(job(bench, kind, "wait"))
    bench.engine.submit(work)
    bench.until((bench.root / "ready").exists)
    bench.kill(work)
    bench.until(lambda: gone(bench))


@pytest.mark.parametrize("kind", ["plain", "deaf", "closed", "bare"])
def test_what_is_left_of_a_run_and_its_wardens_is_ended_by_the_next(bench: Bench, kind: str) -> None:
    work = bench.work(job(bench, kind, "wait"))
    bench.engine.submit(work)
    bench.until((bench.root / "ready").exists)
    os.kill(bench.supervisor(work), signal.SIGSTOP)
    os.kill(bench.pid("warden"), signal.SIGKILL)
    bench.kill(work)
    assert not gone(bench), "this is about what is left over"
    (bench.root / "ready").unlink()
    bench.open_gate()
    assert bench.finish(work).state == "succeeded"
    assert bench.marks("seen") == ["alone", "alone"]
    assert gone(bench)
