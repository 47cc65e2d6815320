"""The port to where tables live, and the values that cross it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from bot.experiment.model import Output


class Batches(Protocol):
    """Arrow record batches, without importing Arrow."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The stream, as a PyCapsule; it can be taken once."""
        ...


@dataclass(frozen=True, slots=True)
class Table:
    """A table that exists; column types in BigQuery's standard names."""

    columns: Mapping[str, str]
    rows: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class Absent:
    """A table that does not exist; `similar` are the names nearest to it."""

    similar: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Denied:
    """A table that may not be looked at; `reason` says who may not and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What one pass over a table tells: row count, rows that repeat the key of another one, NULL counts by column.

    `other_days` are rows whose partition column is not the date asked for.
    """

    rows: int
    duplicates: int = 0
    nulls: Mapping[str, int] = field(default_factory=dict)
    other_days: int = 0


class Warehouse(Protocol):
    """Where tables live. Every method raises Unreachable if it cannot be asked."""

    def describe(self, tables: Collection[str]) -> Mapping[str, Table | Absent | Denied]:
        """What is known of each table, in one round for all."""
        ...

    def profile(self, table: str, output: Output, day: date) -> Profile:
        """Counts over the whole table, for the columns, key and partition that `output` declares."""
        ...

    def holds(self, table: str, column: str, day: date) -> bool:
        """Whether the table has rows of that day."""
        ...

    def read(self, table: str, limit: int | None = None) -> Batches:
        """The rows as Arrow, in bounded memory."""
        ...

    def promote(self, staged: str, output: Output, day: date) -> None:
        """Put a run's own table in the declared place (its day's partition, if it has any), atomically."""
        ...

    def sweep(self, before: datetime) -> Collection[str]:
        """Remove runs' own tables older than `before`; returns their names."""
        ...
