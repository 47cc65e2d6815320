"""Reports as JSON, format 1."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from bot.finding import CheckResult, Finding, Report, Span
from bot.report.plan import Planned

FORMAT = 1


def report(value: Report) -> str:
    """The report; keys and meanings stay the same within one format number."""
    experiments = [
        {"name": e.name, "path": e.path, "checks": [_result(result) for result in e.checks]} for e in value.experiments
    ]
    return _text({"format": FORMAT, "verdict": value.verdict, "experiments": experiments})


def plan(items: Iterable[Planned]) -> str:
    """The plan, one object per experiment."""
    return _text({"format": FORMAT, "plan": [asdict(item) for item in items]})


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


def _text(value: Any) -> str:
    # Lone surrogates can stand in file names; ASCII with escapes carries them.
    return json.dumps(value, ensure_ascii=True, indent=None if len(str(value)) > 1_000_000 else 2) + "\n"
