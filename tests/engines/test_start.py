"""A run is started once, whoever asks and whoever looks, and outlives who started it."""

from __future__ import annotations

import subprocess
import sys
import threading
from functools import partial

import pytest

from bot.ports import Work
from tests.engines.conftest import Bench
from tests.some import some

pytestmark = pytest.mark.slow

SUBMIT = """
import sys
from pathlib import Path
from bot.engines.local.engine import Local
from bot.ports import Work
from bot.settings.kinds import LocalEngine

path, root, environment, work = sys.argv[1:]
engine = Local(LocalEngine(path=path), Path(root), (), {"PATH": environment})
print("here", flush=True)
sys.stdin.readline()
print(engine.submit(Work.model_validate_json(work)).state, flush=True)
sys.stdin.readline()
"""


def ended(bench: Bench, work: Work) -> bool:
    """Whether the run has ended well."""
    return bench.state(work) == "succeeded"


def submitter(bench: Bench, work: Work) -> subprocess.Popen[str]:
    """Another process that submits the work when it is told to."""
    words = [str(bench.engine.path), str(bench.root), bench.engine.environment["PATH"], work.model_dump_json()]
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", SUBMIT, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "here\n"
    return process


@pytest.mark.parametrize("at", ["running", "starting"])
def test_submitter_killed(bench: Bench, at: str) -> None:
    work = bench.work(bench.held("job"))
    process = submitter(bench, work)
    assert process.stdin is not None
    assert process.stdout is not None
    with process, process.stdin as words, process.stdout as said:
        words.write("\n")
        words.flush()
        if at == "running":
            assert said.readline() == "running\n"
        else:
            bench.until(lambda: bench.engine.find(work.run))
        process.kill()
    bench.open_gate()
    assert bench.finish(work).state == "succeeded"
    assert bench.marks() == ["begin job", "end job"]


def test_many_submit_at_once(bench: Bench) -> None:
    work = bench.work(bench.marking("job"), bench.held("held"))
    processes = [submitter(bench, work) for _ in range(4)]
    for process in processes:
        some(process.stdin).write("\n")
        some(process.stdin).flush()
    assert {some(process.stdout).readline() for process in processes} == {"running\n"}
    bench.open_gate()
    for process in processes:
        process.communicate("\n")
    assert bench.finish(work).state == "succeeded"
    assert sorted(bench.marks()) == ["begin held", "end held", "job"]
    assert not list((bench.engine.path / "runs").glob(".*"))


def test_looking_at_a_run_never_keeps_it_from_starting(bench: Bench) -> None:
    works = [bench.work(bench.marking(f"job{i}"), experiment=f"demo-{i}") for i in range(6)]
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            for work in works:
                bench.engine.find(work.run)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for work in works:
            assert bench.engine.submit(work).state in ("running", "succeeded")
            bench.until(partial(ended, bench, work))
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert sorted(bench.marks()) == [f"job{i}" for i in range(6)]
