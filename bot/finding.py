"""The values every part speaks in: what a check says, where it stands, and the report made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Route = tuple[str | int, ...]
"""The keys and positions that lead to a value, as in `("jobs", 1, "command")`; only the loader knows lines."""

Level = Literal["error", "warning", "notice"]
Outcome = Literal["passed", "failed", "skipped", "errored"]
Verdict = Literal["passed", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text; lines and columns count characters from 1, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault as a check yields it: the runner adds the check's id and level, the loader the line.

    `rule` is bare (`cycle`). `path` names another file than the experiment's own. `replace` is a certain fix:
    the text, number or truth value that belongs at `route` (in the place of the key with `on="key"`). `related` are
    other places that belong to the fault, each a sentence and its route in the same file.
    """

    rule: str
    route: Route
    message: str
    hint: str = ""
    on: Literal["key", "value"] = "value"
    path: str | None = None
    replace: str | float | None = None
    related: tuple[tuple[str, Route], ...] = ()


@dataclass(frozen=True, slots=True)
class Unproven:
    """Something a check could not prove here; shown beside its outcome, never changes it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A certain fix: what stands in `span` gives way to `text`."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that belongs to a finding, such as one edge of a cycle."""

    path: str
    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem with everything a reader needs; `ignored` holds the reason written in the file, if any."""

    rule: str
    severity: Level
    path: str
    span: Span
    message: str
    hint: str = ""
    fix: Edit | None = None
    related: tuple[Related, ...] = ()
    ignored: str | None = None

    @property
    def blocks(self) -> bool:
        """Whether this finding alone fails its check."""
        return self.severity == "error" and self.ignored is None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check said of one experiment; `reason` explains skipped and errored."""

    id: str
    outcome: Outcome
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    unproven: tuple[str, ...] = ()
    blocks: bool = True
    """Whether an errored outcome makes the verdict unknown (the settings may say `warn` instead)."""


@dataclass(frozen=True, slots=True)
class ExperimentReport:
    """All results of one experiment, in the registry's order."""

    name: str
    path: str
    checks: tuple[CheckResult, ...]

    @property
    def findings(self) -> list[Finding]:
        """Every finding of all checks, in the file's order; those in other files last."""
        findings = [finding for result in self.checks for finding in result.findings]
        return sorted(findings, key=lambda f: (f.path != self.path, f.path, f.span.line, f.span.column))


@dataclass(frozen=True, slots=True)
class Report:
    """What `sameday check` found; every output format is a rendering of this value."""

    experiments: tuple[ExperimentReport, ...]

    @property
    def verdict(self) -> Verdict:
        """`failed` if anything blocks, else `unknown` if a check could not run, else `passed`."""
        results = [result for experiment in self.experiments for result in experiment.checks]
        if any(result.outcome == "failed" for result in results):
            return "failed"
        return "unknown" if any(result.outcome == "errored" and result.blocks for result in results) else "passed"

    @property
    def findings(self) -> list[Finding]:
        """Every finding, in the order of files and lines."""
        return [finding for experiment in self.experiments for finding in experiment.findings]
