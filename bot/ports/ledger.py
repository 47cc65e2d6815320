"""The port to what is released, and the values that cross it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, Protocol

from bot.ports.measurement import Measurement

StepName = Literal["apply", "generate", "switch", "settle", "announce"]
Change = Literal["new", "changed", "repaired", "retired"]
EntryState = Literal["started", "done", "skipped", "waiting", "failed"]
PATIENCE = 60.0  # seconds: a switch takes a few, unless it loads a store anew
STEPS: tuple[StepName, ...] = ("apply", "generate", "switch", "settle", "announce")


@dataclass(frozen=True, slots=True)
class Trial:
    """How a test splits users, and when: who was in it must not be in a later one by the same split.

    `salt` is a digest of the salt, which is free text.
    """

    phase: int
    salt: str
    layer: str
    slots: tuple[int, int]
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Item:
    """What a release does for one experiment; a step is due when its digest is not the ledger's last done one.

    `run` is the first run, for `date`. `serves` names the run whose data serving reads now, and after. `tables` are
    the names that its outputs declare, by the store that has them, '' for the warehouse. `file` is a digest of what the
    experiment itself says, its file and sources, whatever the settings are. `trial` is None where nobody is split.
    While it is `off`, its flag shows the control to everyone, or nothing; the rest is as released.
    """

    experiment: str
    change: Change
    run: str
    key: str
    date: date
    attempt: int
    digests: Mapping[StepName, str]
    serves: tuple[str | None, str | None]
    tables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    file: str = ""
    trial: Trial | None = None
    off: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One ledger record, append-only; `version` counts an experiment's entries from 1."""

    version: int
    item: Item
    commit: str
    step: StepName | Literal["rollback", "baseline", "off", "on"]
    state: EntryState
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Built:
    """An image that a build handed to a release. It holds in the place of `over`, which the settings named then."""

    repo: str
    image: str
    over: str | None


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

    def built(self) -> Sequence[Built]:
        """The newest image of each `option.repo` that a build handed over."""
        ...

    def remember(self, built: Sequence[Built]) -> None:
        """Keep these images, each in the place of an earlier one of its repo."""
        ...

    def measurements(self) -> Mapping[str, Measurement]:
        """The newest measurement of each metric, by its name."""
        ...

    def note(self, measurement: Measurement) -> None:
        """Keep it in the place of an earlier one of its metric."""
        ...

    def lease(self, holder: str) -> AbstractContextManager[Any]:
        """The right to release, for one process at a time; raises Conflict naming who has it."""
        ...

    def turn(self, holder: str) -> AbstractContextManager[Any]:
        """The right to decide and to change what is live, for one process at a time.

        A release has it but while it watches runs; a rollback needs nothing else. It is waited for, for PATIENCE
        seconds; then raises Conflict naming who has it.
        """
        ...
