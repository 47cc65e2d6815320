"""The port to where tables live, and the values that cross it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal, Protocol, Self

from bot.experiment.model import Output
from bot.ports.places import Place, Places, Version


class Batches(Protocol):
    """Arrow record batches, without importing Arrow."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The stream, as a PyCapsule; it can be taken once."""
        ...


@dataclass(frozen=True, slots=True)
class Table:
    """A table that exists; column types in BigQuery's standard names.

    `partition` is the column by whose days it is partitioned, '' without one, None where that means nothing. `keeps`
    is how long it keeps a day, `expires` is when all of it goes. `broken` says why a view cannot be resolved, `doubt`
    what could not be found out.
    """

    columns: Mapping[str, str]
    rows: int
    modified: datetime
    kind: Literal["table", "view", "external", "snapshot"] = "table"
    location: str = ""
    partition: str | None = None
    keeps: timedelta | None = None
    expires: datetime | None = None
    broken: str = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Where a table would be made; `keeps` and `keeps_days` are how long it keeps new tables, and days of them."""

    location: str = ""
    keeps: timedelta | None = None
    keeps_days: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Denied:
    """A table that may not be looked at; `reason` says who may not and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Absent:
    """A table that does not exist; `similar` are the names nearest to it, `dataset` is where it would be made."""

    similar: tuple[str, ...] = ()
    dataset: Dataset | Denied | None = None


KEYS_SHOWN = 3  # of those that rows repeat


@dataclass(frozen=True, slots=True)
class Repeated:
    """A key that several rows have: its values as text, in the key's order, and how many rows have it."""

    key: tuple[str, ...]
    rows: int

    @classmethod
    def of(cls, row: Sequence[Any]) -> Self:
        """One from a row of a query: the values of the key, then the number."""
        *key, rows = row
        return cls(tuple("NULL" if value is None else str(value) for value in key), rows)


@dataclass(frozen=True, slots=True)
class Profile:
    """What one pass over a table tells: row count, rows that repeat the key of another one, NULL counts by column.

    `other_days` are rows whose partition column is not the date asked for; `billed` are the bytes it was charged for.
    `columns` are those of the rows that were counted. `content` is the warehouse's word for these rows and no others.
    `repeated` are a few of the keys that rows repeat, those that most rows have first.
    """

    rows: int
    duplicates: int = 0
    nulls: Mapping[str, int] = field(default_factory=dict)
    other_days: int = 0
    billed: int = 0
    columns: Mapping[str, str] = field(default_factory=dict)
    content: str = ""
    repeated: tuple[Repeated, ...] = ()


@dataclass(frozen=True, slots=True)
class Beside:
    """What a count compares a table with: a place, its `day` if it has days.

    One in `one_in` of those whom its rows are for is looked at, chosen by a hash.
    """

    table: str
    day: date | None
    one_in: int


@dataclass(frozen=True, slots=True)
class TableCounts:
    """What one more pass over a table tells: `bot.watch.query` says under which names.

    `content` is a fingerprint of the rows whatever their order and date; `billed` are the bytes it was charged for.
    """

    values: Mapping[str, float]
    content: str
    billed: int = 0


@dataclass(frozen=True, slots=True)
class Naming:
    """How a declared name would show a place: as a view, or as a table that repeats it.

    `refused` are the reasons why it cannot, `loses` what readers of what has the name now would lose by it. `repeats`
    are the bytes that are read to repeat the place, as far as the table that is there tells.
    """

    form: Literal["view", "table"]
    refused: tuple[str, ...] = ()
    loses: tuple[str, ...] = ()
    repeats: int = 0


class Warehouse(Places, Protocol):
    """Where tables live. Every method raises Unreachable if it cannot be asked.

    A version is what a run's job wrote into the run's own table. `put` raises Refused if that table has changed since
    it was kept, or is gone.
    """

    def describe(self, tables: Collection[str]) -> Mapping[str, Table | Absent | Denied]:
        """What is known of each table, in one round for all."""
        ...

    def profile(self, table: str, output: Output, day: date) -> Profile:
        """Counts over the whole table, for the columns, key and partition that `output` declares.

        Raises Refused if the table changes meanwhile.
        """
        ...

    def count(self, table: str, output: Output, beside: Beside | None) -> TableCounts:
        """What is watched of a table that was proven, by one query; of nothing `beside` it if that is None."""
        ...

    def holds(self, table: str, column: str, day: date) -> bool:
        """Whether the table has rows of that day."""
        ...

    def read(self, table: str, limit: int | None = None, content: str = "") -> Batches:
        """The rows as Arrow, in bounded memory; with a profile's `content` those that it counted.

        Raises Refused if they are no longer what the table holds.
        """
        ...

    def quoted(self, table: str) -> str:
        """The table as a query of this warehouse names it."""
        ...

    def columns(self, query: str, gigabytes: int | None = None) -> Mapping[str, str] | Denied:
        """The columns of a SELECT with BigQuery's names of their types, found out without running it.

        Raises Refused if it is another statement, or would not be answered, as one that would read more `gigabytes`
        than these, or than the settings allow.
        """
        ...

    def select(self, query: str, gigabytes: int | None = None) -> Iterator[Mapping[str, Any]]:
        """The rows of a SELECT, in bounded memory; raises Refused as `columns` does, and where one may not read."""
        ...

    def allowed(self, reads: Collection[str], writes: Mapping[str, Output]) -> Mapping[str, str] | None:
        """Why the runs' identity may not read or make a table, by table; None where it is not known who that is."""
        ...

    def naming(self, place: Place) -> Naming:
        """How the declared name of the place would show it, by what is there now; changes nothing."""
        ...

    def keep(self, place: Place, version: Version) -> None:
        """Record the version as whole, with its rows and digest: the run's own table holds it (`Place.own`).

        Its `digest` is the `content` of the profile that proved it: what the table holds later is not the version.
        """
        ...

    def day(self, place: Place, day: date) -> Batches:
        """The rows that the place shows of a day, or all of them if it has no days; to load a lost store anew."""
        ...
