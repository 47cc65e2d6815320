"""Reports as JSON, format 1."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from bot.finding import CheckResult, Finding, Report, Span
from bot.release.summary import ReleaseOutcome, ReleaseSummary
from bot.report.escape import READ, cut
from bot.report.mask import masked
from bot.report.plan import Planned
from bot.report.standing import WELL

FORMAT = 1


def report(value: Report) -> str:
    """The report, an experiment a line; keys and meanings stay the same within one format number."""
    experiments = ",\n".join(
        _text({"name": e.name, "path": e.path, "checks": [_result(result) for result in e.checks]})
        for e in value.experiments
    )
    return f'{{"format": {FORMAT}, "verdict": "{value.verdict}", "experiments": [\n{experiments}\n]}}\n'


def plan(items: Iterable[Planned]) -> str:
    """The plan, one object per experiment."""
    return _text({"format": FORMAT, "plan": [asdict(item) for item in items]}) + "\n"


def release(summary: ReleaseSummary) -> str:
    """What a release did, an experiment a line."""
    experiments = ",\n".join(_text(_outcome(outcome)) for outcome in summary.outcomes)
    head = f'"format": {FORMAT}, "verdict": "{summary.verdict}", "commit": "{summary.commit}"'
    return f'{{{head}, "experiments": [\n{experiments}\n]}}\n'


def _outcome(outcome: ReleaseOutcome) -> dict[str, Any]:
    item, (before, after) = outcome.item, outcome.item.serves
    return {
        "name": item.experiment,
        "change": item.change,
        "state": outcome.state,
        "step": outcome.step,
        "reason": outcome.reason,
        "run": item.run,
        "date": item.date.isoformat(),
        "serves": after if outcome.state in WELL else before,
    }


def _result(result: CheckResult) -> dict[str, Any]:
    return {
        "id": result.id,
        "outcome": result.outcome,
        "reason": result.reason,
        "unproven": list(result.unproven),
        "findings": [_finding(finding) for finding in result.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "path": finding.path,
        **_span(finding.span),
        "message": finding.message,
        "hint": finding.hint,
        "fix": {**_span(finding.fix.span), "text": finding.fix.text} if finding.fix else None,
        "related": [{"path": r.path, **_span(r.span), "message": r.message} for r in finding.related],
        "ignored": finding.ignored,
    }


def _span(span: Span) -> dict[str, int]:
    return {"line": span.line, "column": span.column, "end_line": span.end_line, "end_column": span.end_column}


def _masked(value: Any) -> Any:
    """The value with every text in it as it may be shown."""
    if isinstance(value, str):
        return cut(masked(value[: READ + 1]), READ)
    if isinstance(value, dict):
        return {key: _masked(one) for key, one in value.items()}
    return [_masked(one) for one in value] if isinstance(value, list | tuple) else value


def _text(value: Any) -> str:
    return json.dumps(_masked(value), ensure_ascii=True)  # file names may hold lone surrogates, which escapes carry
