"""What every name, flag and schedule shows after a history, said as plainly as it can be.

An experiment's file is a number, which its rows hold; 0 stands for one whose job fails. A spec is that number, too.
A day is a number from 0 on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FAILS = 0
DAYS = 3  # that a daily output shows in a store


@dataclass
class Life:
    """One experiment. `daily`: its output has days; else each version is the whole table."""

    daily: bool
    head: int | None = None
    stack: list[int | None] = field(default_factory=list)
    """What went live and was not rolled back, the live one last; None is a retirement."""
    attempted: int | None = None
    """The file that a release last worked on."""
    held: bool = False
    """Whether that is not to be tried again: it failed, or was rolled back."""
    made: dict[int, dict[int, int]] = field(default_factory=dict)
    """Of each spec the days in its place, with the number in the rows of each."""
    ever: bool = False
    """Whether it was ever live or retired."""
    retiring: bool = False
    """Whether that was to retire it."""
    rolled: bool = False
    """Whether a rollback was the last thing that happened to it."""
    named: dict[str, int | None] = field(default_factory=lambda: {"store": None, "warehouse": None})
    """The spec whose place the declared name in each shows."""

    @property
    def live(self) -> int | None:
        """The spec that serves."""
        return self.stack[-1] if self.stack else None

    def release(self, today: int) -> None:
        """A merge, or the next pass of the same release."""
        if self.head is None:
            self.retire()
            return
        if self.head == self.live or (self.held and not self.retiring and self.attempted == self.head):
            return
        self.attempted, self.held, self.rolled, self.retiring = self.head, self.head == FAILS, False, False
        if self.held:
            return
        self.make(self.head, today)
        if self.daily and self.live is not None:
            for day, number in self.made[self.live].items():
                self.made[self.head].setdefault(day, number)
        self.stack.append(self.head)
        self.ever = True
        self.name(self.head)

    def retire(self) -> None:
        """The file is gone: what serves is taken out of service, or what never went live is given up."""
        if self.attempted is None or (self.stack and self.live is None):
            return
        if not self.stack and self.ever:  # rolled back to nothing
            self.held, self.retiring = self.rolled, self.retiring or not self.rolled
            return
        if self.live is not None and self.held and self.retiring and self.attempted == self.live:
            return
        self.ever = True
        self.attempted = self.live if self.live is not None else self.attempted
        self.held, self.rolled, self.retiring = False, False, True
        self.stack.append(None)

    def roll_back(self) -> bool:
        """Whether there is something to roll back; it is not tried again by itself."""
        if not self.stack or self.rolled:
            return False
        now = self.stack.pop()
        self.held = self.rolled = True
        if self.live is not None or now is not None:
            self.name(self.live)
        return True

    def name(self, spec: int | None) -> None:
        """Make the declared names show the spec's place."""
        self.named = dict.fromkeys(self.named, spec)

    def lose(self, what: str) -> None:
        """Something of the world was gone before a release: that has put back what is live, and nothing else."""
        if self.live is None and what in self.named:
            self.named[what] = None

    def run(self, day: int) -> bool:
        """Whether a run of that day is of something live; it fills its place."""
        if self.live is None:
            return False
        self.make(self.live, day)
        return True

    def make(self, spec: int, day: int) -> None:
        """A run of the spec for the day."""
        self.made.setdefault(spec, {})[day] = spec

    def place(self, spec: int | None, *, store: bool) -> Mapping[int, int] | None:
        """What a reader of a spec's place gets: the number in the rows of each day; None for no place."""
        if spec is None:
            return None
        days = self.made[spec]
        newest = sorted(days, reverse=True)[: DAYS if store and self.daily else None]
        return {day: days[day] for day in (newest if self.daily else newest[:1])}

    @property
    def seen(self) -> Mapping[str, Any]:
        """What users and operators see."""
        return {
            "flag": self.place(self.live, store=True),
            "store": self.place(self.named["store"], store=True),
            "warehouse": self.place(self.named["warehouse"], store=False),
            "schedule": self.live,
        }
