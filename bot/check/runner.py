"""Run checks: in the order they require, at the same time where they wait on backends, within their deadlines."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice

from bot.check import Check, Context, Problem, Route, Unproven
from bot.document.tree import Tree
from bot.errors import SamedayError
from bot.experiment.load import Experiment
from bot.finding import CheckResult, ExperimentReport, Finding, Level, Outcome, Related, Report

WORKERS = 8  # checks that may wait on backends at once
AT_ONCE = 64  # experiments whose checks have begun: the others are not loaded yet, or not kept any more
PATIENCE = 0.05  # seconds between two looks at the clock
Checks = Mapping[str, Check]


@dataclass(slots=True)
class Unit:
    """Checks of one experiment that one worker runs one after the other.

    `before` are the results of the checks that they may require, `results` those of this unit; both grow.
    """

    experiment: int
    ids: list[str]
    before: dict[str, CheckResult]
    results: list[CheckResult] = field(default_factory=list)
    started: float = 0.0
    abandoned: bool = False


def run(
    checks: Checks,
    experiments: Sequence[Experiment],
    context: Context,
    bases: Mapping[str, Experiment] | None = None,
    only: frozenset[str] = frozenset(),
) -> Report:
    """The report of all checks over the experiments; `only` leaves checks out, with what they require kept."""
    ids = _closure(checks, only) if only else list(checks)
    ids.sort(key=lambda name: _depth(checks, name))
    runner = _Runner(checks, experiments, context, bases or {}, ids)
    by_experiment = runner.run()
    shown = [name for name in ids if not only or name in only]
    return Report(
        tuple(
            ExperimentReport(name, path, tuple(results[check] for check in shown))
            for (name, path), results in zip(runner.heads, by_experiment, strict=True)
        )
    )


def _closure(checks: Checks, only: frozenset[str]) -> list[str]:
    needed, todo = set[str](), list(only)
    while todo:
        name = todo.pop()
        if name not in needed:
            needed.add(name)
            todo += checks[name].REQUIRES
    return [name for name in checks if name in needed]


def _depth(checks: Checks, name: str) -> int:
    return max((1 + _depth(checks, required) for required in checks[name].REQUIRES), default=0)


class _Runner:
    """Hands units to daemon workers and watches the clock; a check that hangs is left behind with its worker."""

    def __init__(
        self,
        checks: Checks,
        experiments: Sequence[Experiment],
        context: Context,
        bases: Mapping[str, Experiment],
        ids: list[str],
    ) -> None:
        self.checks, self.experiments, self.context, self.bases, self.ids = checks, experiments, context, bases, ids
        self.limit = context.settings.limits.check.total_seconds()
        self.waiting = {name for name in ids if any(context.has(p) for p in checks[name].NEEDS | checks[name].WANTS)}
        self.results: list[dict[str, CheckResult]] = [{} for _ in range(len(experiments))]
        self.todo: queue.SimpleQueue[Unit | None] = queue.SimpleQueue()
        self.done: queue.SimpleQueue[Unit] = queue.SimpleQueue()
        self.open: dict[int, Unit] = {}
        self.left = iter(range(len(experiments)))
        self.heads: list[tuple[str, str]] = []
        self.workers = 0

    def run(self) -> list[dict[str, CheckResult]]:
        self.begin(AT_ONCE)
        for _ in range(min(WORKERS, len(self.open) * len(self.waiting)) or 1):
            self.hire()
        looked = time.monotonic()
        while self.open:
            with suppress(queue.Empty):
                unit = self.done.get(timeout=PATIENCE)
                if not unit.abandoned:
                    self.close(unit)
            if time.monotonic() - looked > PATIENCE:
                looked = time.monotonic()
                self.look_at_the_clock(looked)
        for _ in range(self.workers):
            self.todo.put(None)
        return self.results

    def begin(self, more: int) -> None:
        """Hand out the first checks of so many experiments more."""
        for index in islice(self.left, more):
            one = self.experiments[index]
            self.heads.append((one.name, one.path))
            self.dispatch(index)

    def hire(self) -> None:
        self.workers += 1
        threading.Thread(target=self.work, daemon=True).start()

    def work(self) -> None:
        while (unit := self.todo.get()) is not None:
            for name in unit.ids:
                unit.started = time.monotonic()
                result = self.check(unit, name)
                if unit.abandoned:
                    return
                unit.results.append(result)
                unit.before[name] = result
            self.done.put(unit)

    def close(self, unit: Unit) -> None:
        del self.open[id(unit)]
        results = self.results[unit.experiment]
        results |= {result.id: result for result in unit.results}
        if len(results) < len(self.ids):
            self.dispatch(unit.experiment)
        else:
            self.begin(1)

    def look_at_the_clock(self, now: float) -> None:
        for unit in list(self.open.values()):
            if unit.started and now - unit.started > self.limit and len(unit.results) < len(unit.ids):
                unit.abandoned = True
                name = unit.ids[len(unit.results)]
                unit.results.append(self.errored(name, f"it was still running after {self.limit:g} s"))
                self.hire()
                self.close(unit)

    def dispatch(self, index: int) -> None:
        """Hand out what is ready: the checks without backends as one unit, then each of the others as its own."""
        results = self.results[index]
        running = (
            {name for unit in self.open.values() if unit.experiment == index for name in unit.ids} if results else ()
        )
        left = [name for name in self.ids if name not in results and name not in running]
        together: list[str] = []
        for name in left:
            ready = all(r in results or r in together for r in self.checks[name].REQUIRES)
            if name not in self.waiting and ready:
                together.append(name)
        alone = [n for n in left if n in self.waiting and all(r in results for r in self.checks[n].REQUIRES)]
        for ids in ([together] if together else []) + [[name] for name in alone]:
            unit = Unit(index, ids, dict(results))
            self.open[id(unit)] = unit
            self.todo.put(unit)

    def skip_reason(self, name: str, results: Mapping[str, CheckResult]) -> str:
        check = self.checks[name]
        for required in check.REQUIRES:
            result = results.get(required)
            if result is not None and result.outcome != "passed":
                return f"`{required}` {'did not pass' if result.outcome == 'failed' else 'was ' + result.outcome}"
        missing = sorted(port for port in check.NEEDS if not self.context.has(port))
        return "; ".join(dict.fromkeys(_absent(port, self.context) for port in missing))

    def check(self, unit: Unit, name: str) -> CheckResult:
        experiment, check = self.experiments[unit.experiment], self.checks[name]
        skipped = self.skip_reason(name, unit.before)
        away = next((self.context.away[p] for p in sorted(check.NEEDS | check.WANTS) if p in self.context.away), "")
        if skipped:
            unmade = away and all(unit.before[r].outcome == "passed" for r in check.REQUIRES if r in unit.before)
            return self.errored(name, away) if unmade else CheckResult(name, "skipped", skipped)
        settings = self.context.settings
        deadline = self.context.now + timedelta(seconds=self.limit)
        context = replace(self.context, base=self.bases.get(experiment.name), deadline=deadline)
        findings: list[Finding] = []
        unproven: list[str] = []
        outcome: Outcome = "passed"
        reason = ""
        try:
            for statement in check.check(experiment, context):
                if isinstance(statement, Unproven):
                    unproven.append(statement.reason)
                else:
                    findings += _finding(statement, check, experiment, context)
        except SamedayError as error:
            outcome, reason = "errored", str(error)
        except BaseException as error:  # a check's fault is its own, even sys.exit(): it is named, and hides nothing
            outcome, reason = "errored", f"the check crashed: {type(error).__name__}: {error}".splitlines()[0]
        if outcome == "passed" and away:
            outcome, reason = "errored", away
        if any(finding.blocks for finding in findings):
            outcome = "failed"
        findings.sort(key=lambda f: (f.span.line, f.span.column))
        blocks = settings.unreachable.get(name, "block") == "block"
        return CheckResult(name, outcome, reason, tuple(findings), tuple(unproven), blocks)

    def errored(self, name: str, reason: str) -> CheckResult:
        return CheckResult(
            name, "errored", reason, blocks=self.context.settings.unreachable.get(name, "block") == "block"
        )


def _absent(port: str, context: Context) -> str:
    settings = context.settings
    named = {"engine": settings.engine, "warehouse": settings.warehouse, "store": settings.stores}
    if port == "evaluator" or named.get(port):
        return context.offline or f"the {port} was not asked"
    return f"there is no {port} in the settings"


def _tree(path: str, context: Context) -> Tree:
    other = context.repository.by_path.get(path)
    return Tree() if other is None else other.tree


def _finding(
    reported: Problem | tuple[str, Route, str], check: Check, experiment: Experiment, context: Context
) -> Iterator[Finding]:
    settings = context.settings
    problem = Problem(reported[0], tuple(reported[1]), reported[2]) if isinstance(reported, tuple) else reported
    if problem.rule not in check.RULES:
        raise ValueError(f"the check {check.ID} has no rule '{problem.rule}'")
    rule = f"{check.ID}.{problem.rule}"
    level: Level | str = settings.rules.get(rule, check.RULES[problem.rule])
    if level == "off":
        return
    path = problem.path or experiment.path
    tree = _tree(problem.path, context) if problem.path else experiment.tree
    ignore = experiment.parsed.ignore if experiment.parsed else {}
    yield Finding(
        rule,
        "error" if level == "error" else "warning" if level == "warning" else "notice",
        path,
        tree.span(problem.route, problem.on),
        problem.message,
        problem.hint,
        tree.edit(problem.route, problem.replace, problem.on) if problem.replace is not None else None,
        tuple(Related(path, tree.span(route, "value"), text) for text, route in problem.related),
        ignore.get(rule) if rule in settings.ignorable else None,
    )
