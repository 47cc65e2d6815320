"""What a backfill of several dates runs, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.ports import Work

Standing = Literal["made", "failed", "missing", "running"]


@dataclass(frozen=True, slots=True)
class Day:
    """One date: the work that makes it, and what there is of it."""

    work: Work
    standing: Standing
    runs: bool
    """Whether the backfill runs it."""


@dataclass(frozen=True, slots=True)
class Backfill:
    """All dates, oldest first. With `in_order` each reads what the one before has made."""

    name: str
    days: tuple[Day, ...]
    in_order: bool
    lanes: int
    """How many runs the engine takes at once."""
    daily: bool
    """Whether each date is shown beside the others; else only the newest one is."""

    @property
    def at_once(self) -> int:
        """How many dates run at the same time."""
        return 1 if self.in_order else self.lanes

    @property
    def wanted(self) -> tuple[Work, ...]:
        """What runs."""
        return tuple(day.work for day in self.days if day.runs)
