"""Jobs run in the order of their graph, at the same time where they may, and a failure stops what needs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.engines.local.engine import Local
from bot.ports import Run
from bot.settings.kinds import LocalEngine
from tests.engines.conftest import Bench

pytestmark = pytest.mark.slow

MEET = """\
mkdir here-{name}
tries=0
while [ "$(ls -d here-* | wc -l)" -lt {count} ]; do
  tries=$((tries + 1)); [ $tries -lt 1500 ] || exit 9; sleep 0.02
done"""  # ends only if as many jobs as that are at work at once
COUNT = "mkdir now-$J; ls -d now-* | wc -l >> counts; {more}; ls -d now-* | wc -l >> counts; rmdir now-$J"


def test_order_follows_the_graph(bench: Bench) -> None:
    edges = {"d": ("b", "c"), "c": ("a",), "b": ("a",), "a": ()}
    work = bench.work(
        *(bench.step(n, f"echo begin {n} >> marks; echo end {n} >> marks", *before) for n, before in edges.items())
    )
    assert bench.finish(work).state == "succeeded"
    marks = bench.marks()
    assert len(marks) == 8
    for node, before in edges.items():
        for name in before:
            assert marks.index(f"end {name}") < marks.index(f"begin {node}")


def test_independent_jobs_run_at_the_same_time(bench: Bench) -> None:
    names = [f"job{i}" for i in range(6)]
    run = bench.finish(bench.work(*(bench.step(name, MEET.format(name=name, count=6)) for name in names)))
    assert run.state == "succeeded", [node.log for node in run.failures]


def test_no_more_jobs_than_workers(bench: Bench, tmp_path: Path) -> None:
    few = Local(LocalEngine(path=str(tmp_path / "few"), workers=2), bench.root, (), bench.engine.environment)
    pair = MEET.format(name="$J", count=2)
    jobs = [bench.step(name, COUNT.format(more=pair), J=name) for name in ("a", "b")]
    jobs += [bench.step(f"later{i}", COUNT.format(more=":"), J=f"later{i}") for i in range(6)]
    bench = type(bench)(bench.root, few)
    assert bench.finish(bench.work(*jobs)).state == "succeeded"
    assert max(map(int, bench.marks("counts"))) == 2


def test_failure_stops_what_needs_it_and_nothing_else(bench: Bench, states: Callable[[Run], dict[str, str]]) -> None:
    work = bench.work(
        bench.marking("last", "middle"),  # the file's order is not the graph's
        bench.marking("middle", "breaks"),
        bench.step("breaks", "echo first line; echo what went wrong >&2; exit 3"),
        bench.marking("side"),
        bench.marking("side-end", "side"),
    )
    run = bench.finish(work)
    assert run.state == "failed"
    assert states(run) == {
        "breaks": "failed", "middle": "omitted", "last": "omitted", "side": "succeeded", "side-end": "succeeded",
    }  # fmt: skip
    assert sorted(bench.marks()) == ["side", "side-end"]
    (failed,) = run.failures
    assert (failed.name, failed.reason) == ("breaks", "ended with exit code 3")
    assert failed.log == "first line\nwhat went wrong\n"


def test_everything_behind_a_failure_is_accounted_for(bench: Bench, states: Callable[[Run], dict[str, str]]) -> None:
    names = ["d", "c", "b", "a"]  # each needs the one after it, and nothing else is at work
    run = bench.finish(bench.work(*map(bench.marking, names, names[1:]), bench.step("a", "exit 1")))
    assert states(run) == {"a": "failed", "b": "omitted", "c": "omitted", "d": "omitted"}


@pytest.mark.parametrize(
    ("edges", "reasons"),
    [
        ({"a": "b", "b": "a"}, {"a": "b, which cannot begin either", "b": "a, which cannot begin either"}),
        ({"a": "a"}, {"a": "a, which cannot begin either"}),
        ({"a": "gone", "b": "a"}, {"a": "gone, which is no job of this run", "b": "a, which cannot begin either"}),
    ],
)
def test_what_never_begins_fails_the_run(bench: Bench, edges: dict[str, str], reasons: dict[str, str]) -> None:
    """Checks refuse such a graph; the engine does not count on it."""
    run = bench.finish(bench.work(bench.marking("fine"), *(bench.marking(n, before) for n, before in edges.items())))
    assert (run.state, bench.marks()) == ("failed", ["fine"])
    told = {node.name: node.reason for node in run.failures}
    assert told == {name: f"could not begin: it waits for {reason}" for name, reason in reasons.items()}


def test_failed_run_is_not_tried_again(bench: Bench) -> None:
    work = bench.work(bench.step("breaks", "echo once >> marks; exit 1"))
    assert bench.finish(work).state == "failed"
    assert bench.engine.submit(work).state == "failed"
    assert bench.marks() == ["once"]
    again = work.model_copy(update={"attempt": 2})
    assert bench.finish(again).state == "failed"
    assert bench.marks() == ["once", "once"]


@pytest.mark.parametrize(
    ("argv", "reason", "log"),
    [
        (("no-such-program", "--help"), "ended with exit code 127", "no-such-program"),
        (("/",), "ended with exit code 126", "/"),
        (("sh", "-c", "echo \0"), "could not be started: embedded null byte", ""),
        (("echo", "x" * 3_000_000), "could not be started: [Errno 7] Argument list too long", ""),
        (("sh", "-c", "kill -9 $$"), "ended by signal 9", ""),
    ],
)
def test_job_that_cannot_be_started(
    bench: Bench, states: Callable[[Run], dict[str, str]], argv: tuple[str, ...], reason: str, log: str
) -> None:
    broken = bench.step("broken", "").model_copy(update={"argv": argv})
    run = bench.finish(bench.work(broken, bench.marking("after", "broken")))
    assert states(run) == {"broken": "failed", "after": "omitted"}
    assert run.failures[0].reason.startswith(reason)
    assert log in run.failures[0].log


def test_own_path_of_a_job(bench: Bench) -> None:
    (bench.root / "tools").mkdir()
    tool = bench.root / "tools" / "mark"
    tool.write_text("#!/bin/sh\necho from the tool >> marks\n")
    tool.chmod(0o755)
    step = bench.step("own", "").model_copy(update={"argv": ("mark",), "environment": {"PATH": str(tool.parent)}})
    assert bench.finish(bench.work(step)).state == "succeeded"
    assert bench.marks() == ["from the tool"]


def test_many_jobs(bench: Bench) -> None:
    names = [f"job{i}" for i in range(200)]
    run = bench.finish(bench.work(*(bench.marking(name) for name in names)))
    assert run.state == "succeeded"
    assert sorted(bench.marks()) == sorted(names)
    assert {node.name for node in run.nodes} == set(names)
