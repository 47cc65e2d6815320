"""Run checks: in the order they require, at the same time where they wait on backends, within their deadlines."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.check import Check, Context, Problem, Route, Unproven
from bot.errors import SamedayError
from bot.experiment.load import Experiment
from bot.finding import CheckResult, ExperimentReport, Finding, Level, Outcome, Related, Report
from bot.settings import Settings

WORKERS = 8  # checks that may wait on backends at once
Checks = Mapping[str, Check]


@dataclass(slots=True)
class Unit:
    """Checks of one experiment that one worker runs one after the other."""

    experiment: int
    ids: list[str]
    started: float = 0.0
    current: str = ""
    abandoned: bool = False


@dataclass
class Progress:
    """What is known of one experiment: its results so far, and the checks still to be run."""

    results: dict[str, CheckResult] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)


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
    found = runner.run()
    return Report(
        tuple(
            ExperimentReport(e.name, e.path, tuple(progress.results[i] for i in ids if not only or i in only))
            for e, progress in zip(experiments, found, strict=True)
        )
    )


def _closure(checks: Checks, only: frozenset[str]) -> list[str]:
    wanted, todo = set[str](), list(only)
    while todo:
        name = todo.pop()
        if name not in wanted:
            wanted.add(name)
            todo += checks[name].REQUIRES
    return [name for name in checks if name in wanted]


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
        self.checks, self.experiments, self.context, self.bases = checks, experiments, context, bases
        self.limit = context.settings.limits.check.total_seconds()
        self.progress = [Progress(waiting=list(ids)) for _ in experiments]
        self.todo: queue.SimpleQueue[Unit] = queue.SimpleQueue()
        self.done: queue.SimpleQueue[Unit | tuple[Unit, CheckResult]] = queue.SimpleQueue()
        self.running: set[int] = set()
        self.units: dict[int, Unit] = {}

    def run(self) -> list[Progress]:
        for index in range(len(self.experiments)):
            self.dispatch(index)
        for _ in range(min(WORKERS, max(1, len(self.units)))):
            self.hire()
        while self.units:
            try:
                said = self.done.get(timeout=0.05 if any(unit.started for unit in self.units.values()) else None)
            except queue.Empty:
                self.look_at_the_clock()
                continue
            if isinstance(said, tuple):
                unit, result = said
                if not unit.abandoned:
                    self.progress[unit.experiment].results[result.id] = result
            elif not said.abandoned:
                del self.units[id(said)]
                self.dispatch(said.experiment)
        return self.progress

    def hire(self) -> None:
        threading.Thread(target=self.work, daemon=True).start()

    def work(self) -> None:
        while True:
            unit = self.todo.get()
            for name in unit.ids:
                unit.current, unit.started = name, time.monotonic()
                self.done.put((unit, self.check(unit.experiment, name)))
                if unit.abandoned:
                    return
            self.done.put(unit)

    def look_at_the_clock(self) -> None:
        now = time.monotonic()
        for unit in list(self.units.values()):
            if unit.started and now - unit.started > self.limit:
                unit.abandoned = True
                del self.units[id(unit)]
                reason = f"it was still running after {self.limit:g} s"
                self.progress[unit.experiment].results[unit.current] = self.errored(unit.current, reason)
                known = self.progress[unit.experiment].results
                self.progress[unit.experiment].waiting += [name for name in unit.ids if name not in known]
                self.hire()
                self.dispatch(unit.experiment)

    def dispatch(self, index: int) -> None:
        """Hand out what is ready: the checks without backends as one unit, each of the others as its own."""
        progress = self.progress[index]
        changed = True
        while changed:
            changed = False
            for name in list(progress.waiting):
                reason = self.skip_reason(name, progress)
                if reason:
                    progress.waiting.remove(name)
                    progress.results[name] = CheckResult(name, "skipped", reason)
                    changed = True
        ready = [name for name in progress.waiting if all(r in progress.results for r in self.checks[name].REQUIRES)]
        pure = [name for name in ready if not self.waits(name)]
        for ids in ([pure] if pure else []) + [[name] for name in ready if self.waits(name)]:
            unit = Unit(index, ids)
            self.units[id(unit)] = unit
            self.todo.put(unit)
        progress.waiting = [name for name in progress.waiting if name not in ready]

    def waits(self, name: str) -> bool:
        check = self.checks[name]
        return any(self.context.has(port) for port in check.NEEDS | check.WANTS)

    def skip_reason(self, name: str, progress: Progress) -> str:
        check = self.checks[name]
        for required in check.REQUIRES:
            result = progress.results.get(required)
            if result is not None and result.outcome != "passed":
                return f"`{required}` {'did not pass' if result.outcome == 'failed' else 'was ' + result.outcome}"
        missing = sorted(port for port in check.NEEDS if not self.context.has(port))
        return f"there is no {' and no '.join(missing)} here" if missing else ""

    def check(self, index: int, name: str) -> CheckResult:
        experiment, check = self.experiments[index], self.checks[name]
        settings = self.context.settings
        deadline = self.context.now + timedelta(seconds=self.limit)
        context = replace(self.context, base=self.bases.get(experiment.name), deadline=deadline)
        findings: list[Finding] = []
        unproven: list[str] = []
        outcome: Outcome = "passed"
        reason = ""
        try:
            for said in check.check(experiment, context):
                if isinstance(said, Unproven):
                    unproven.append(said.reason)
                else:
                    findings += _finding(said, check, experiment, settings)
        except SamedayError as error:
            outcome, reason = "errored", str(error)
        except Exception as error:  # a check's fault is its own: it is named, and hides nothing
            outcome, reason = "errored", f"the check crashed: {type(error).__name__}: {error}".splitlines()[0]
        if any(finding.blocks for finding in findings):
            outcome = "failed"
        findings.sort(key=lambda f: (f.span.line, f.span.column))
        blocks = settings.unreachable.get(name, "block") == "block"
        return CheckResult(name, outcome, reason, tuple(findings), tuple(unproven), blocks)

    def errored(self, name: str, reason: str) -> CheckResult:
        return CheckResult(
            name, "errored", reason, blocks=self.context.settings.unreachable.get(name, "block") == "block"
        )


def _finding(
    said: Problem | tuple[str, Route, str], check: Check, experiment: Experiment, settings: Settings
) -> Iterator[Finding]:
    problem = Problem(said[0], tuple(said[1]), said[2]) if isinstance(said, tuple) else said
    if problem.rule not in check.RULES:
        raise ValueError(f"the check {check.ID} has no rule '{problem.rule}'")
    rule = f"{check.ID}.{problem.rule}"
    level: Level | str = settings.rules.get(rule, check.RULES[problem.rule])
    if level == "off":
        return
    tree = experiment.tree
    ignore = experiment.parsed.ignore if experiment.parsed else {}
    yield Finding(
        rule,
        "error" if level == "error" else "warning" if level == "warning" else "notice",
        problem.path or experiment.path,
        tree.span(problem.route, problem.on),
        problem.message,
        problem.hint,
        tree.edit(problem.route, problem.replace, problem.on) if problem.replace is not None else None,
        tuple(Related(experiment.path, tree.span(route, "value"), text) for text, route in problem.related),
        ignore.get(rule) if rule in settings.ignorable else None,
    )
