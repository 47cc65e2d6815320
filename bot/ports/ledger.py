"""The port to what is released, and the values that cross it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Protocol

StepName = Literal["apply", "generate", "activate", "announce"]
Change = Literal["new", "changed", "retired"]
EntryState = Literal["started", "done", "skipped", "waiting", "failed"]
STEPS: tuple[StepName, ...] = ("apply", "generate", "activate", "announce")


@dataclass(frozen=True, slots=True)
class Item:
    """What a release does for one experiment; a step is due when its digest is not the ledger's last done one.

    `run` is the first run, for `date`. `serves` names the run whose data serving reads now, and after.
    """

    experiment: str
    change: Change
    run: str
    key: str
    date: date
    attempt: int
    digests: Mapping[StepName, str]
    serves: tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class Entry:
    """One ledger record, append-only; `version` counts an experiment's entries from 1."""

    version: int
    item: Item
    commit: str
    step: StepName | Literal["rollback", "baseline"]
    state: EntryState
    reason: str
    at: datetime


class Ledger(Protocol):
    """What is released, outside of any process. Every method raises Unreachable if it cannot be asked."""

    def entries(self) -> Mapping[str, Sequence[Entry]]:
        """All entries by experiment, oldest first."""
        ...

    def append(self, entry: Entry) -> None:
        """Write an entry; raises Conflict unless its version is the next one."""
        ...

    def baseline(self) -> str | None:
        """The commit that the first release here found, or None before it."""
        ...

    def begin(self, commit: str) -> None:
        """Record the baseline; raises Conflict if there is one."""
        ...

    def lease(self, holder: str) -> AbstractContextManager[Any]:
        """The right to release, for one process at a time; raises Conflict naming who has it."""
        ...
