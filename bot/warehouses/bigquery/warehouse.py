"""The port over BigQuery's datasets: what is known of tables, what their rows are, and their places."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Self

from bot.errors import Refused
from bot.experiment.model import Output
from bot.ports import (
    KEYS_SHOWN,
    Absent,
    Batches,
    Beside,
    Denied,
    Naming,
    Place,
    Profile,
    Repeated,
    Table,
    TableCounts,
    Version,
)
from bot.settings.kinds import BigQueryWarehouse
from bot.warehouses.bigquery import rights, schema, select, sql, stream
from bot.warehouses.bigquery.catalogue import DatasetCatalogue
from bot.warehouses.bigquery.connect import PATIENCE, Connection
from bot.warehouses.bigquery.content import TableState, existing, rows_of, state
from bot.warehouses.bigquery.copies import Copies
from bot.warehouses.bigquery.jobs import Jobs
from bot.warehouses.bigquery.look import describe
from bot.warehouses.bigquery.names import Names
from bot.warehouses.bigquery.pruning import Pruning
from bot.warehouses.bigquery.putting import Putting
from bot.warehouses.bigquery.sight import Glance, Sight
from bot.watch.query import counted, query


class BigQuery:
    """The tables of a project, and of others that are named in full."""

    def __init__(
        self, settings: BigQueryWarehouse, labels: Mapping[str, str] | None = None, patience: float = PATIENCE,
        search: float | None = None,
    ) -> None:  # fmt: skip
        """`labels` go onto every job; after `patience` seconds without an answer BigQuery counts as away.

        `search` is how many seconds each try to find Google's metadata server takes.
        """
        self.settings = settings
        self.connection = Connection(settings, patience, search=search)
        self.runs = Connection(settings, patience, settings.run_as, search)
        self.jobs = Jobs(self.connection, labels or {})
        self.catalogue = DatasetCatalogue(self.jobs)
        self._look_by(Sight(self.catalogue))
        self.pinned: dict[str, datetime] = {}
        self.pinning = threading.Lock()

    def _look_by(self, sight: Sight) -> None:
        copies = Copies(self.catalogue)
        self.putting, self.names = Putting(sight, copies), Names(sight, copies)

    def glance(self) -> Self:
        """The same, which looks at each dataset once."""
        same = copy(self)
        same._look_by(Glance(self.catalogue))
        return same

    def describe(self, tables: Collection[str]) -> Mapping[str, Table | Absent | Denied]:
        """What is known of each table."""
        found = describe(self.connection, self.jobs, [self.settings.table(table) for table in tables])
        return {table: found[self.settings.table(table)] for table in tables}

    def profile(self, table: str, output: Output, day: date) -> Profile:
        """Counts over the whole table, by one query that reads it once."""
        name, found = rows_of(self.jobs, self.settings.table(table))
        job = self.jobs.query(sql.profile(name, output), name, "verify", {"day": day}, state(found))
        (row,) = self.jobs.rows(job, name)
        fixed = TableState.of(found, job.started or self.jobs.now(name))
        existing(self.connection, name, str(fixed))  # as before the query, so that any moment of it tells what it read
        nulls = {column: int(row[f"c{i}"]) for i, column in enumerate(output.columns)}
        keys = self._repeated(name, output, state(found)) if row["repeated"] else ()
        return Profile(
            int(row["n"]), int(row["repeated"]), nulls, int(row["others"]), job.total_bytes_billed or 0,
            schema.table(found).columns, str(fixed), keys,
        )  # fmt: skip

    def count(self, table: str, output: Output, beside: Beside | None) -> TableCounts:
        """What is watched, by one query over the table and the day that it is compared with."""
        name, found = rows_of(self.jobs, self.settings.table(table))
        place = self.settings.table(beside.table) if beside is not None else ""
        job = self.jobs.query(query(output, sql.DIALECT, name, place, beside), name, "watch", seen=state(found))
        (row,) = self.jobs.rows(job, name)
        return counted(row, output, job.total_bytes_billed or 0)

    def _repeated(self, name: str, output: Output, state: str) -> tuple[Repeated, ...]:
        job = self.jobs.query(sql.repeated(name, output.key, KEYS_SHOWN), name, "verify", {}, state)
        return tuple(Repeated.of(list(row.values())) for row in self.jobs.rows(job, name))

    def holds(self, table: str, column: str, day: date) -> bool:
        """Whether the table has rows of that day; on a table partitioned by the column this reads that day alone."""
        name, found = rows_of(self.jobs, self.settings.table(table))
        kind = {"_PARTITIONTIME": "TIMESTAMP", **schema.table(found).columns}.get(column, "DATE")
        return bool(self.jobs.rows(self.jobs.query(sql.holds(name, column, kind), name, "wait", {"day": day}), name))

    def read(self, table: str, limit: int | None = None, content: str = "") -> Batches:
        """The rows as they were when they were verified, or this table was first read here."""
        name, _ = rows_of(self.jobs, self.settings.table(table), content)
        if content:
            return stream.read(self.connection, name, TableState.parse(content).at, limit)
        with self.pinning:
            if name not in self.pinned:
                self.pinned[name] = self.jobs.now(name)
        return stream.read(self.connection, name, self.pinned[name], limit)

    def quoted(self, table: str) -> str:
        """The table as a query names it."""
        return sql.quoted(self.settings.table(table))

    def columns(self, query: str, gigabytes: int | None = None) -> Mapping[str, str] | Denied:
        """The columns that a query would give."""
        return select.columns(self.jobs, query, gigabytes)

    def select(self, query: str, gigabytes: int | None = None) -> Iterator[Mapping[str, Any]]:
        """The rows of a query."""
        return select.select(self.jobs, query, gigabytes)

    def allowed(self, reads: Collection[str], writes: Mapping[str, Output]) -> Mapping[str, str] | None:
        """What the service account of the runs may not do, if the settings name it."""
        if self.settings.run_as is None:
            return None
        return rights.refused(self.runs, Jobs(self.runs, self.jobs.labels), reads, writes)

    def naming(self, place: Place) -> Naming:
        """As a view, or as a table."""
        return self.names.naming(place)

    def begin(self, place: Place, version: Version) -> None:
        """Record that the version is being made, or is held."""
        self.catalogue.record(place, replace(version, whole=None))

    def keep(self, place: Place, version: Version) -> None:
        """Record the version as whole."""
        self.catalogue.record(place, version)

    def versions(self, place: Place) -> Sequence[Version]:
        """What the place's spec has made, newest first."""
        return self.putting.sight.rows(self.settings.table(place.table)).versions(self.settings.table(place.name))

    def inside(self, place: Place) -> tuple[Version, ...]:
        """What the place shows; nothing if its table is gone."""
        return self.putting.look(place)[0].inside

    def put(self, place: Place, version: Version) -> bool:
        """Show a version, in one transaction with the row of the catalogue that says so."""
        return self.putting.put(place, version)

    def take_out(self, place: Place, day: date) -> tuple[Version, ...]:
        """Show a day no longer."""
        return self.putting.take_out(place, day)

    def carry(self, place: Place, earlier: Place) -> tuple[Version, ...]:
        """Copy the days that are lacking from an earlier place."""
        return self.putting.carry(place, earlier)

    def day(self, place: Place, day: date) -> Batches:
        """The rows that the place shows of a day, or all of them."""
        name = self.settings.table(place.name)
        if not any(place.partition is None or one.date == day for one in self.inside(place)):
            raise Refused(f"the place {place.name} shows no rows of {day}")
        where = f"{sql.quoted(place.partition)} = DATE '{day}'" if place.partition else ""
        return stream.read(self.connection, name, self.jobs.now(name), where=where, columns=[*dict(place.columns)])

    def shown(self, table: str) -> str | None:
        """What the declared name shows."""
        return self.names.shown(table)

    def owner(self, table: str) -> str | None:
        """Whose place the declared name shows."""
        return self.names.owner(table)

    def point(self, places: Collection[Place]) -> None:
        """Make declared names show places, one after the other."""
        self.names.point(places)

    def unname(self, tables: Collection[str]) -> None:
        """Take declared names away."""
        self.names.unname(tables)

    def prune(self, experiment: str, table: str, keep: Collection[str], before: datetime) -> Collection[str]:
        """Remove what nothing refers to."""
        return Pruning(self.names).prune(experiment, table, keep, before)
