"""Findings as GitHub workflow commands: annotations that need no token, so that a fork's pull request has them too."""

from __future__ import annotations

from collections.abc import Iterator

from bot.finding import Finding, Report
from bot.report.escape import console

LEVELS = {"error": "error", "warning": "warning", "notice": "notice"}


def report(value: Report, prefix: str = "") -> str:
    """One command per finding, errors first: GitHub shows ten errors and ten warnings of a step.

    `prefix` leads from the repository to the paths.
    """
    order = {"error": 0, "warning": 1, "notice": 2}
    findings = sorted((f for f in value.findings if f.ignored is None), key=lambda f: order[f.severity])
    return "".join(line + "\n" for finding in findings for line in _command(finding, prefix))


def command(level: str, message: str) -> str:
    """One command that belongs to no line."""
    return f"::{level}::{_data(message)}\n"


def _command(finding: Finding, prefix: str) -> Iterator[str]:
    span = finding.span
    values = {"file": prefix + finding.path, "line": span.line, "endLine": span.end_line, "title": finding.rule}
    if span.line == span.end_line:  # GitHub refuses columns on a range of lines
        values |= {"col": span.column, "endColumn": max(span.column, span.end_column - 1)}
    words = ",".join(f"{key}={_property(str(text))}" for key, text in values.items())
    message = f"{finding.message}. {finding.hint}" if finding.hint else finding.message
    yield f"::{LEVELS[finding.severity]} {words}::{_data(message)}"


def _data(text: str) -> str:
    return console(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
