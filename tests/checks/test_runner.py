"""Running checks: what each may do, and what it cannot do to the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from bot.check import Context, Problem
from bot.check.runner import WORKERS, run
from bot.errors import Refused, Unreachable
from bot.experiment.load import load
from bot.finding import CheckResult, Report

FILE = b"name: a\njobs:\n- {name: j, command: x}\nignore: {a.fault: it is known, a.other: so what}\n"
JOB = ("jobs", 0, "name")


def results(found: Report) -> Mapping[str, CheckResult]:
    return {result.id: result for result in found.experiments[0].checks}


def outcomes(found: Report) -> dict[str, tuple[str, str]]:
    return {name: (result.outcome, result.reason) for name, result in results(found).items()}


FAULT = Problem("fault", JOB, "wrong")


def test_requirements_skip_with_the_reason(make: Callable[..., Any], report: Callable[..., Report]) -> None:
    def crash(experiment: Any, context: Any) -> Any:
        raise KeyError("x")

    found = report(
        make("last", requires=("skipped",)), make("skipped", requires=("failed",)), make("failed", [FAULT]),
        make("after", requires=("crashed",)), make("crashed", crash), make("runs", requires=("fine",)), make("fine"),
    )  # fmt: skip
    assert outcomes(found) == {
        "failed": ("failed", ""), "fine": ("passed", ""), "runs": ("passed", ""),
        "skipped": ("skipped", "`failed` did not pass"), "last": ("skipped", "`skipped` was skipped"),
        "crashed": ("errored", "the check crashed: KeyError: 'x'"), "after": ("skipped", "`crashed` was errored"),
    }  # fmt: skip
    assert found.verdict == "failed", "failed beats errored"


def test_what_needs_an_absent_port_is_skipped(make: Callable[..., Any], report: Callable[..., Report]) -> None:
    checks = make("a", needs=["engine"]), make("b", needs=["store", "warehouse"]), make("c", needs=["warehouse"])
    found = report(*checks, stores={}, settings={"stores": {}})
    assert outcomes(found) == {
        "a": ("skipped", "the engine was not asked"),
        "b": ("skipped", "there is no store in the settings"),
        "c": ("passed", ""),
    }
    assert found.verdict == "passed"


def partly(error: BaseException) -> Callable[..., Any]:
    """A check that says something before it goes wrong."""

    def check(experiment: Any, context: Any) -> Any:
        yield Problem("other", JOB, "hm")
        raise error

    return check


CRASHES = {
    "crash": (ZeroDivisionError("by\nzero"), "the check crashed: ZeroDivisionError: by"),
    "exit": (SystemExit(0), "the check crashed: SystemExit: 0"),
    "recursion": (RecursionError("deep"), "the check crashed: RecursionError: deep"),
    "refused": (Refused("the store says no"), "the store says no"),
    "unreachable": (Unreachable("nobody there"), "nobody there"),
}


@pytest.mark.parametrize(("error", "reason"), CRASHES.values(), ids=CRASHES)
def test_a_check_that_goes_wrong_is_errored_and_hides_nothing(
    error: BaseException, reason: str, make: Callable[..., Any], report: Callable[..., Report]
) -> None:
    found = report(make("a", partly(error)), make("b", [Problem("other", JOB, "too")]))
    assert outcomes(found) == {"a": ("errored", reason), "b": ("passed", "")}
    assert [finding.rule for finding in found.findings] == ["a.other", "b.other"]
    assert found.verdict == "unknown"


def test_a_fault_before_the_crash_counts(make: Callable[..., Any], report: Callable[..., Report]) -> None:
    def check(experiment: Any, context: Any) -> Any:
        yield FAULT
        raise Unreachable("nobody there")

    found = report(make(said=check))
    assert (outcomes(found), found.verdict) == ({"a": ("failed", "nobody there")}, "failed")


def test_an_unreachable_backend_may_be_a_warning(make: Callable[..., Any], report: Callable[..., Report]) -> None:
    found = report(make("a", partly(Unreachable("away"))), settings={"unreachable": {"a": "warn"}})
    assert (outcomes(found), found.verdict) == ({"a": ("errored", "away")}, "passed")


@pytest.mark.slow
@pytest.mark.parametrize("needs", [[], ["store"]])
def test_a_check_that_hangs_is_left_behind(
    needs: list[str], make: Callable[..., Any], report: Callable[..., Report]
) -> None:
    """Whether it waits on a backend or spins by itself, the others report."""
    free = threading.Event()

    def hang(experiment: Any, context: Any) -> Any:
        free.wait(60)
        return []

    checks = [make("a", [FAULT]), make("b", hang, needs=needs), make("c", [FAULT]), make("d", requires=("b",))]
    found = report(*checks, settings={"limits": {"check": "1s"}})
    free.set()
    assert outcomes(found) == {
        "a": ("failed", ""), "b": ("errored", "it was still running after 1 s"), "c": ("failed", ""),
        "d": ("skipped", "`b` was errored"),
    }  # fmt: skip


@pytest.mark.slow
def test_more_hanging_checks_than_workers(make: Callable[..., Any], report: Callable[..., Report]) -> None:
    free = threading.Event()
    hang = make("b", lambda experiment, context: free.wait(60) and [], needs=["store"])
    found = report(hang, make("c", [FAULT]), files=WORKERS + 1, settings={"limits": {"check": "1s"}})
    free.set()
    assert [tuple(r.outcome for r in e.checks) for e in found.experiments] == [("errored", "failed")] * (WORKERS + 1)


def noting(ran: list[str], name: str) -> Callable[..., list[Any]]:
    """A check that only notes that it ran."""

    def check(experiment: Any, context: Any) -> list[Any]:
        ran.append(name)
        return []

    return check


def test_only_leaves_out_others_and_keeps_requirements(make: Callable[..., Any], report: Callable[..., Report]) -> None:
    ran: list[str] = []
    checks = [
        make(name, noting(ran, name), requires=requires)
        for name, requires in (("a", ()), ("b", ("a",)), ("c", ()), ("d", ("b",)))
    ]
    assert list(outcomes(report(*checks, only=["b"]))) == ["b"]
    assert ran == ["a", "b"]


@pytest.mark.parametrize("requires", [(), ("first",)])
def test_checks_that_wait_on_backends_wait_together(
    requires: tuple[str, ...], make: Callable[..., Any], report: Callable[..., Report]
) -> None:
    """Each goes on only when all of them are inside."""
    together = threading.Barrier(WORKERS, timeout=30)

    def meet(experiment: Any, context: Any) -> Any:
        together.wait()
        return []

    checks = [make(f"c{i}", meet, requires, needs=["store"]) for i in range(WORKERS)]
    found = report(make("first"), *checks)
    assert {outcome for outcome, _ in outcomes(found).values()} == {"passed"}


def test_a_check_is_given_its_base_and_its_deadline(make: Callable[..., Any], backends: Context) -> None:
    seen: list[Context] = []
    base = load("old.yaml", FILE)

    def check_it(experiment: Any, context: Context) -> list[Any]:
        seen.append(context)
        return []

    check = make(said=check_it)
    run({"a": check}, [load("x.yaml", FILE)], backends, {"a": base})
    assert seen[0].base is base
    assert (seen[0].deadline - backends.now).total_seconds() == 60
