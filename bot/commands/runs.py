"""The runs of an experiment: which there are, what they print, and how one is stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from bot.commands.called import name_of
from bot.commands.tools import require
from bot.errors import UsageError
from bot.ports import Node, Run, date_of
from bot.workspace import Workspace

RECENT = 14  # runs that are listed
LOOK = 1.0  # seconds between two looks at a log that goes on


def recent(workspace: Workspace, word: str) -> Sequence[Run]:
    """The runs of the newest dates, whoever started them, as far as the engine still has them."""
    return require(workspace).engine.newest(name_of(workspace, word), RECENT)


def run_of(workspace: Workspace, word: str, day: date | None) -> Run:
    """The newest run, or that of a date with its newest attempt; raises UsageError where there is none."""
    name = name_of(workspace, word)
    runs = require(workspace).engine.newest(name, 400 if day else 1)
    found = next((run for run in runs if day is None or date_of(run.name) == day), None)
    if found is None:
        of_day = f" for {day}" if day else ""
        raise UsageError(f"the engine has no run of {name}{of_day}; `sameday runs list {name}` shows what it has")
    return found


def stop(workspace: Workspace, word: str, day: date | None) -> tuple[Run, bool]:
    """Ask the run to stop; says whether it was running."""
    run = run_of(workspace, word, day)
    return run, workspace.engine.stop(run.name)


def chosen(run: Run, job: str | None) -> Node:
    """The job or task of this name; else one that failed, is running, or began last. Raises UsageError for others."""
    if job is not None:
        found = next((node for node in run.nodes if node.name == job), None)
        if found is None:
            names = ", ".join(node.name for node in run.nodes) or "none that has begun"
            raise UsageError(f"{run.name} has no job '{job}'; it has {names}")
        return found
    begun = [node for node in run.nodes if node.started is not None]
    if not begun:
        raise UsageError(f"no job of {run.name} has begun: there is no log yet")
    of_state = [node for state in ("failed", "running") for node in begun if node.state == state]
    return of_state[0] if of_state else begun[-1]


def log(workspace: Workspace, run: Run, job: str) -> str:
    """The end of what a job of a run has printed so far; raises UsageError where nothing of it is there."""
    text = workspace.engine.log(run.name, job)
    if text is None:
        raise UsageError(f"of {job} in {run.name} no log is there")
    return text


def follow(workspace: Workspace, run: Run, job: str, sleep: Callable[[float], None]) -> Iterator[str]:
    """What a job prints, as it does, until it is over. What is more than the engine shows at once may be cut off."""
    seen: list[str] = []
    while True:
        now = workspace.engine.find(run.name)
        lines = (workspace.engine.log(run.name, job) or "").splitlines()
        yield from lines[overlap(seen, lines) :]
        seen = lines or seen
        node = next((node for node in now.nodes if node.name == job), None) if now is not None else None
        if now is None or now.state != "running" or (node is not None and node.finished is not None):
            return
        sleep(LOOK)


def overlap(seen: Sequence[str], lines: Sequence[str]) -> int:
    """How many lines at the beginning are those that were seen last."""
    return next((n for n in range(min(len(seen), len(lines)), 0, -1) if seen[-n:] == lines[:n]), 0)
