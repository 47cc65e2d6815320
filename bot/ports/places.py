"""The ports' common part: versions, the places that show them, and the declared names on top.

A warehouse and a store say the same of an output. A run makes a *version* of it. A *place* is the table of one spec's
output, into which only runs of that spec put versions. A *declared name* is what an experiment's file says; it shows
one place, and only a release or a rollback points it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, Protocol, Self

from bot.ports.engine import run_name
from bot.ports.watched import Watched

_Day = date  # which a field of the same name hides
ASIDE = "__before_sameday"  # and the name before it: where a table goes whose name was adopted


@dataclass(frozen=True, slots=True)
class Version:
    """What one run made for one output, as the catalogue beside it says.

    `begun` and `whole` are when the run began and when its rows were proven; without `whole` it is being made, or never
    was. `digest` is a fingerprint of the rows with the name of its function, in words of the backend that keeps them.
    `watched` is what was counted of it, which only a warehouse's own catalogue keeps; with something `held` it is not
    whole.
    """

    experiment: str
    spec: str
    date: date
    begun: datetime
    attempt: int = 1
    whole: datetime | None = None
    rows: int = 0
    digest: str = ""
    watched: Watched | None = field(default=None, compare=False)

    @property
    def run(self) -> str:
        """The name of the run that made it."""
        return run_name(self.experiment, self.spec, self.date, self.attempt)

    @property
    def order(self) -> tuple[_Day, int]:
        """Of two versions of one place the one with more is newer."""
        return self.date, self.attempt


@dataclass(frozen=True, slots=True)
class Place:
    """The table of one spec's output: whose it is, its columns in BigQuery's types, what makes a row unique.

    `table` is the declared name and `spec` the spec key. `partition` is the DATE column whose days it holds; without
    one, a version is the whole table. `days` is how many of the newest days it shows, 0 for all. `adopt` says whether
    a table that has the declared name already may be taken over. `heir_of` is the experiment whose names it may take:
    the same one under its earlier name, or ''. `form` is how a backend that has both shows it: as a view of the place
    or as a table that repeats it; '' is as it is, for a name that is adopted a table, and else a view.
    """

    experiment: str
    table: str
    spec: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...] = ()
    partition: str | None = None
    days: int = 1
    adopt: bool = False
    heir_of: str = ""
    form: Literal["", "view", "table"] = ""

    @property
    def owners(self) -> tuple[str, ...]:
        """The experiments whose place the declared name may show now, if it is to show this one."""
        return (self.experiment, self.heir_of) if self.heir_of else (self.experiment,)

    @property
    def name(self) -> str:
        """The table's own name, which flags name."""
        return place_name(self.table, self.spec)

    def own(self, version: Version) -> str:
        """The table that the version's run writes in a warehouse."""
        suffix = f"_{version.attempt}" if version.attempt > 1 else ""
        return f"{self.name}_{version.date:%Y%m%d}{suffix}"

    @property
    def daily(self) -> bool:
        """Whether it shows several days at once, each by itself; else it shows the newest version and no other."""
        return self.partition is not None and self.days != 1


def place_name(table: str, spec: str) -> str:
    """The name of the place that a spec has for a declared name."""
    return f"{table}__{spec}"


class Places(Protocol):
    """Versions, places and names. Every method raises Unreachable if it cannot be asked, Refused if it says no."""

    def glance(self) -> Self:
        """The same for one who looks at much: what `inside`, `shown`, `owner` and `prune` go by is of one moment."""
        ...

    def begin(self, place: Place, version: Version) -> None:
        """Record that the version is being made, or with what was `watched` that it is held.

        What is recorded of it as whole stays.
        """
        ...

    def versions(self, place: Place) -> Sequence[Version]:
        """The catalogue of the place, newest first: what is being made, and what is whole."""
        ...

    def put(self, place: Place, version: Version) -> bool:
        """Show a whole version in its place, atomically; whether it is shown now.

        In a daily place it replaces its day, elsewhere all that is there. Never backwards: where the place shows a
        newer version of the day, or has `days` newer days, or (if it is not daily) shows any newer version, nothing
        changes. That condition holds in the transaction that puts it. Raises Refused for a version that is not whole.
        """
        ...

    def inside(self, place: Place) -> tuple[Version, ...]:
        """The versions that the place shows, newest first: one of each day, or one, or none."""
        ...

    def take_out(self, place: Place, day: date) -> tuple[Version, ...]:
        """Show the day no longer: in a daily place it is gone, elsewhere the newest version of another day is back.

        The day's versions so far are not put again (`put` says False), a later attempt is. Returns what is inside now.
        Raises Refused, and changes nothing, where nothing would be left to show.
        """
        ...

    def carry(self, place: Place, earlier: Place) -> tuple[Version, ...]:
        """Copy into a daily place the days of an earlier one that it lacks; they stay versions of their own spec.

        Only where every column of the place is one of the earlier one, with the same type: else Refused. Returns what
        was copied. A version of the place's own spec is newer than any that was carried.
        """
        ...

    def shown(self, table: str) -> str | None:
        """What a declared name shows, by the name itself: the name of a place.

        None if nothing has the name; the name itself if it is a table, or shows something that is no place of ours.
        """
        ...

    def owner(self, table: str) -> str | None:
        """The experiment whose place a declared name shows, or None."""
        ...

    def point(self, places: Collection[Place]) -> None:
        """Make the declared name of each place show it, all at once where the backend can. May be repeated.

        What readers had a right to read, they may read. A table that has the name goes aside, whole, if the place is
        to `adopt` it; else, and where the name shows the place of none of its `owners`, Refused is raised, and
        nothing is done.
        """
        ...

    def unname(self, tables: Collection[str]) -> None:
        """Take declared names away; where one was adopted, what it was before is back. May be repeated."""
        ...

    def prune(self, experiment: str, table: str, keep: Collection[str], before: datetime) -> Collection[str]:
        """Remove the experiment's places for a declared name but those of the spec keys `keep`, with their versions.

        Of places that stay, versions begun earlier than `before` are removed that are neither shown nor, in a place
        that is not daily, the whole one before that. What a declared name shows is never removed, nor anything of
        another experiment or of nobody, whatever its name. Returns the names of the places that are gone. What is read
        just now stays for the next time; raises Refused, when all else is removed, for what somebody's view reads.
        """
        ...
