"""What a release did, as values: reports make text of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.finding import Finding, Verdict
from bot.ports import Entry, Item, Node, Run, StepName

Standing = Literal["live", "repaired", "retired", "failed", "running", "held", "blocked", "unreachable"]


@dataclass(frozen=True, slots=True)
class ReleaseOutcome:
    """Where an experiment's release stands. `failures` are the failed nodes of its run, with the end of their logs."""

    item: Item
    state: Standing
    step: StepName | None = None
    reason: str = ""
    entries: tuple[Entry, ...] = ()
    failures: tuple[Node, ...] = ()
    run: Run | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """The way of a pull request: when its first commit was written, it was opened, and it was merged."""

    first: datetime
    opened: datetime
    merged: datetime


@dataclass(frozen=True, slots=True)
class ReleaseSummary:
    """What a release did; `baseline` names the experiments a first release found and took as live.

    `faults` are what check refuses: the experiments that have them stayed as they were.
    """

    outcomes: tuple[ReleaseOutcome, ...]
    commit: str
    baseline: tuple[str, ...] = ()
    faults: tuple[Finding, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether a step failed, a reader could not be released for it, or check refuses an experiment."""
        return bool(self.faults) or any(outcome.state in ("failed", "blocked") for outcome in self.outcomes)

    @property
    def verdict(self) -> Verdict:
        """The same in a report's word."""
        return "failed" if self.failed else "unknown" if self.unreachable else "passed"

    @property
    def unreachable(self) -> bool:
        """Whether a backend was away, so that something is left for the next release."""
        return any(outcome.state == "unreachable" for outcome in self.outcomes)
