"""The check run `sameday`: created complete, so that nothing of it is ever left in progress; annotations in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bot.finding import Finding, Report
from bot.github.client import Client
from bot.report.escape import clean, cut

NAME = "sameday"  # never the name of a job: GitHub keeps check runs of that name to itself
BATCH = 50  # annotations in one request; later requests append
MOST = 500  # annotations in all; who has more to mend starts with these
LIMIT = 60_000  # bytes of a summary; GitHub refuses from 65,535 on
TITLE, MESSAGE = 255, 16_000  # characters that GitHub shows of an annotation
LEVELS = {"error": "failure", "warning": "warning", "notice": "notice"}
CONCLUSIONS = {"passed": "success", "failed": "failure", "unknown": "failure"}  # neutral would let a merge through
ORDER = {"error": 0, "warning": 1, "notice": 2}


def publish(client: Client, head: str, source: str, report: Report, title: str, summary: str, prefix: str) -> None:
    """Create the check run of a commit, with every annotation.

    `source` tells one attempt of one workflow run from another; `summary` has at most LIMIT bytes; `prefix` leads
    from the repository to the paths.
    """
    # Without it the name of a second instance in the repository would be taken for this one's.
    name = f"{NAME} ({prefix.rstrip('/')})" if prefix else NAME
    annotations = list(annotate(report, prefix))
    output: dict[str, Any] = {"title": cut(title, TITLE), "summary": summary}
    body = {
        "name": name,
        "head_sha": head,
        "external_id": source,
        "status": "completed",
        "conclusion": CONCLUSIONS[report.verdict],
        "output": {**output, "annotations": annotations[:BATCH]} if annotations else output,
    }

    def look() -> Any:
        runs = client.pages(f"commits/{head}/check-runs", "check_runs", check_name=name)
        return next((run.data for run in runs if run.text("external_id") == source), None)

    created = client.create("check-runs", body, look)
    for start in range(BATCH, len(annotations), BATCH):
        _append(client, created.count("id"), output, annotations[start : start + BATCH], start)


def _append(client: Client, run: int, output: Any, batch: Sequence[Any], before: int) -> None:
    """Add a batch once: an update that took effect although its answer was lost shows in the run's count."""

    def look() -> Any:
        check_run = client.get(f"check-runs/{run}")
        return check_run.data if check_run.part("output").number("annotations_count") > before else None

    client.change(f"check-runs/{run}", {"output": {**output, "annotations": list(batch)}}, look)


def annotate(report: Report, prefix: str) -> Iterator[dict[str, Any]]:
    """What GitHub shows beside the lines, errors first, each once."""
    visible = (f for f in report.findings if f.ignored is None and f.path.isprintable())  # half a letter is no JSON
    findings = sorted(visible, key=lambda finding: ORDER[finding.severity])
    once = {(f.path, f.span, f.rule, f.message): f for f in reversed(findings)}
    for finding in list(reversed(once.values()))[:MOST]:
        yield _annotation(finding, prefix)


def _annotation(finding: Finding, prefix: str) -> dict[str, Any]:
    span = finding.span
    places = "".join(f"\n{prefix}{r.path}:{r.span.line}:{r.span.column}: {r.message}" for r in finding.related)
    hint = f"\n{finding.hint}" if finding.hint else ""
    annotation: dict[str, Any] = {
        "path": prefix + finding.path,
        "start_line": span.line,
        "end_line": max(span.line, span.end_line),
        "annotation_level": LEVELS[finding.severity],
        "title": cut(finding.rule, TITLE),
        "message": cut(clean(f"{finding.message}{hint}{places}", keep="\n"), MESSAGE),
    }
    if span.line >= span.end_line:  # GitHub takes columns on a single line only
        annotation |= {"start_column": span.column, "end_column": max(span.column, span.end_column - 1)}
    return annotation
