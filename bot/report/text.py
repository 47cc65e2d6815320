"""Reports as lines, for a terminal or a pipe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from bot.finding import CheckResult, ExperimentReport, Finding, Report
from bot.report.escape import clean
from bot.report.line import Line, Style
from bot.report.merge_plan import counts
from bot.report.plan import Planned
from bot.report.proven import proven

FEW = 20  # experiments that are all named, even those without a finding


def report(value: Report, prefix: str = "", what: str = "experiment") -> Iterator[Line]:
    """Findings first, then what each check said, then the verdict; `prefix` leads from here to the paths.

    `what` says what was checked.
    """
    for experiment in value.experiments:
        for finding in experiment.findings:
            yield from _finding(finding, prefix)
    few = len(value.experiments) <= FEW
    for experiment in value.experiments:
        if few or any(result.outcome in ("failed", "errored") for result in experiment.checks):
            yield from _experiment(experiment, prefix, what)
    yield from _verdict(value, what)


def _finding(finding: Finding, prefix: str) -> Iterator[Line]:
    place = f"{prefix + finding.path}:{finding.span.line}:{finding.span.column}"
    if finding.ignored is not None:
        yield Line(f"{place}: ignored [{finding.rule}] {finding.message} ({finding.ignored})", "faint")
        return
    yield Line(f"{place}: {finding.severity} [{finding.rule}] {finding.message}", finding.severity)
    if finding.hint:
        yield Line(f"    {finding.hint}", "faint")
    for related in finding.related:
        where = f"{prefix + related.path}:{related.span.line}:{related.span.column}"
        yield Line(f"    {where}: {related.message}", "faint")


def _experiment(experiment: ExperimentReport, prefix: str, what: str) -> Iterator[Line]:
    name = clean(experiment.name) or f"{'an' if what[0] in 'aeiou' else 'a'} {what} without a name"
    yield Line(f"{name} ({prefix + experiment.path})", "head")
    passed = [result.id for result in experiment.checks if result.outcome == "passed"]
    if passed:
        yield Line(f"  passed   {' '.join(passed)}", "good")
    skipped: dict[str, list[str]] = {}
    for result in experiment.checks:
        yield from _result(result)
        if result.outcome == "skipped":
            skipped.setdefault(result.reason, []).append(result.id)
    for reason, ids in skipped.items():
        yield Line(f"  skipped  {' '.join(ids)}: {reason}", "faint")


def _result(result: CheckResult) -> Iterator[Line]:
    if result.outcome == "failed":
        count = sum(finding.blocks for finding in result.findings)
        yield Line(f"  failed   {result.id}: {count} problem{'s' if count != 1 else ''}", "error")
    if result.outcome == "errored":
        yield Line(f"  errored  {result.id}: {result.reason}", "error")
    for reason in result.unproven:
        yield Line(f"  unproven {result.id}: {reason}", "faint")


def _verdict(value: Report, what: str) -> Iterator[Line]:
    if not value.experiments:
        yield Line(f"no {what}: nothing was checked", "warning")
        return
    count = Counter(finding.severity for finding in value.findings if finding.ignored is None)
    counts = ", ".join(
        f"{count[level]} {level}{'s' if count[level] != 1 else ''}"
        for level in ("error", "warning", "notice")
        if count[level]
    )
    counted = f"{len(value.experiments):,} {what}{'s' if len(value.experiments) != 1 else ''}"
    made = proven(value) if value.verdict == "passed" else ""
    words = {
        "passed": f"passed {made}" if made else "passed", "failed": "failed",
        "unknown": "unknown: not every check could be made",
    }  # fmt: skip
    kind: Style = "good" if value.verdict == "passed" else "error"
    found = f"{', ' if made else ' '}with {counts}" if counts else ""
    yield Line(f"{counted}: {words[value.verdict]}{found}", kind)


def plan(items: Iterable[Planned]) -> Iterator[Line]:
    """Merging this will ..., counts first."""
    planned = list(items)
    if len(planned) > 1:
        yield Line(counts(planned), "head")
    for item in planned:
        yield Line(f"{item.experiment} {item.headline}", "head")
        if item.changes:
            yield Line(f"  changed: {'; '.join(item.changes)}")
        for step in item.steps:
            yield Line(f"  - {step}")
        yield Line(f"  serves now: {item.now}", "faint")
        yield Line(f"  and after:  {item.after}", "faint")
    if not planned:
        yield Line("nothing differs from what is released", "good")
