"""Runs as lines: which there are, how they ended, how long they took."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from bot.ports import Node, Run, RunState
from bot.report.line import Line, Style
from bot.report.log import ending
from bot.report.standing import long

STYLES: dict[RunState, Style] = {"running": "plain", "succeeded": "good", "failed": "error", "stopped": "warning"}


def run_list(runs: Sequence[Run]) -> Iterator[Line]:
    """A line for each run, one for each job of it that failed or cannot begin, and its address."""
    for run in runs:
        yield Line(f"  {run.name} {run.state}{_took(run)}", STYLES[run.state])
        for node in run.nodes:
            if node.reason and node.state in ("failed", "waiting"):
                yield Line(f"    {node.name} {node.reason}", "faint")
        if run.link:
            yield Line(f"    {run.link}")


def _took(run: Run) -> str:
    """When it began, and how long it took."""
    began, ended = times(run)
    if began is None:
        return ""
    took = f" in {long(ended - began)}" if ended is not None else ""
    return f"{took}, began {began.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def times(run: Run) -> tuple[datetime | None, datetime | None]:
    """When a run began and ended, by its jobs; None for what has not been."""
    began = min((node.started for node in run.nodes if node.started is not None), default=None)
    ended = max((node.finished for node in run.nodes if node.finished is not None), default=None)
    return began, ended if run.state != "running" else None


def log_lines(run: Run, node: Node, text: str) -> Iterator[Line]:
    """What a job has printed, below its name."""
    yield Line(f"{run.name}: {node.name} {node.state}", "head")
    yield from map(Line, ending(text))


def stopped_lines(run: Run, *, was_running: bool, again: str) -> Iterator[Line]:
    """What became of a run that a person has stopped; `again` is the command that resumes it."""
    if was_running:
        yield Line(f"{run.name} is being stopped: what was shown is still shown", "good")
        yield Line(f"  `{again}` goes on with it")
    else:
        yield Line(f"{run.name} was not running: it is {run.state}")
