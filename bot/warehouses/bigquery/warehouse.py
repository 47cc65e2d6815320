"""The port over BigQuery's datasets: what is known of tables, what their rows are, and how they take their place."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from bot.errors import Refused
from bot.experiment.model import Output
from bot.experiment.staged import made_for_any
from bot.ports import Absent, Batches, Denied, Profile, Table
from bot.settings.kinds import BigQueryWarehouse
from bot.warehouses.bigquery import rights, schema, sql, stream
from bot.warehouses.bigquery.connect import PATIENCE, Connection
from bot.warehouses.bigquery.content import TableState, at, state
from bot.warehouses.bigquery.faults import told
from bot.warehouses.bigquery.jobs import Jobs
from bot.warehouses.bigquery.look import PAGE, describe, parent, resource


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
        self.pinned: dict[str, datetime] = {}
        self.pinning = threading.Lock()

    def describe(self, tables: Collection[str]) -> Mapping[str, Table | Absent | Denied]:
        """What is known of each table."""
        found = describe(self.connection, self.jobs, [self.settings.table(table) for table in tables])
        return {table: found[self.settings.table(table)] for table in tables}

    def profile(self, table: str, output: Output, day: date) -> Profile:
        """Counts over the whole table, by one query that reads it once."""
        name, found = self._existing(table)
        job = self.jobs.query(sql.profile(name, output), name, "verify", day, state(found))
        (row,) = self.jobs.rows(job, name)
        fixed = TableState.of(found, job.started or self._now(name))
        self._existing(table, str(fixed))  # as before the query, so that any moment of it tells what it read
        nulls = {column: int(row[f"c{i}"]) for i, column in enumerate(output.columns)}
        return Profile(
            int(row["n"]), int(row["repeated"]), nulls, int(row["others"]), job.total_bytes_billed or 0,
            schema.table(found).columns, str(fixed),
        )  # fmt: skip

    def holds(self, table: str, column: str, day: date) -> bool:
        """Whether the table has rows of that day; on a table partitioned by the column this reads that day alone."""
        name, _ = self._existing(table)
        return bool(self.jobs.rows(self.jobs.query(sql.holds(name, column), name, "wait", day), name))

    def read(self, table: str, limit: int | None = None, content: str = "") -> Batches:
        """The rows as they were when they were verified, or this table was first read here."""
        name, _ = self._existing(table, content)
        if content:
            return stream.read(self.connection, name, TableState.parse(content).at, limit)
        with self.pinning:
            if name not in self.pinned:
                self.pinned[name] = self._now(name)
        return stream.read(self.connection, name, self.pinned[name], limit)

    def allowed(self, reads: Collection[str], writes: Mapping[str, Output]) -> Mapping[str, str] | None:
        """What the service account of the runs may not do, if the settings name it."""
        if self.settings.run_as is None:
            return None
        return rights.refused(self.runs, Jobs(self.runs, self.jobs.labels), reads, writes)

    def promote(self, staged: str, output: Output, day: date, content: str = "") -> None:
        """A copy job for a whole table, one statement for a day of it; doing so again changes nothing."""
        source, made = self._existing(staged, content)
        then = TableState.parse(content).at if content else None
        target = self.settings.table(output.table)
        there = resource(self.connection, target)
        if output.partition is None:
            self._copy(source if then is None else at(source, then), target, made, there)
            return
        if there is None:
            there = self._make(target, made, output)
        statement = sql.put_day(source, output.model_copy(update={"table": target}), then)
        self.jobs.query(statement, source, "promote", day, state(made) + state(there))

    def sweep(
        self, tables: Collection[str], keys: Collection[str], before: datetime, but: Collection[str] = ()
    ) -> Collection[str]:
        """Remove what runs of these spec keys made for any of `tables` and nothing has written since `before`."""
        named = [self.settings.table(table) for table in tables]
        made, kept = made_for_any(named, keys), {self.settings.table(table) for table in but}
        old: list[str] = []
        for place in sorted({parent(name) for name in named}):
            with suppress(Refused):  # who may write tables need not be allowed to list them
                old += [name for name in self._older(place, before) if made.fullmatch(name) and name not in kept]
        return [name.removeprefix(f"{self.settings.project}.") for name in old if self._removed(name, before)]

    def _existing(self, table: str, content: str = "") -> tuple[str, Mapping[str, Any]]:
        """The table's full name and resource; raises Refused if it is not there, or other than when it was verified."""
        name = self.settings.table(table)
        found = resource(self.connection, name)
        if found is None:
            raise Refused(f"the table {name} is not there")
        if content and not TableState.parse(content).is_of(found):
            raise Refused(f"the table {name} was changed after it was verified: run it again as a new attempt")
        return name, found

    def _now(self, table: str) -> datetime:
        (row,) = self.jobs.rows(self.jobs.query(sql.now(), table, "read"), table)
        now: datetime = row["now"]
        return now

    def _copy(self, source: str, target: str, made: Mapping[str, Any], there: Mapping[str, Any] | None) -> None:
        self.jobs.copy(source, target, state(made) + state(there))
        if there is None and resource(self.connection, target) is None:  # removed since an earlier try made it
            self.jobs.copy(source, target, uuid.uuid4().hex)

    def _make(self, target: str, made: Mapping[str, Any], output: Output) -> Mapping[str, Any]:
        """The declared table, empty and partitioned by day, with the columns of the run's own."""
        from google.cloud import bigquery

        assert output.partition is not None
        project, dataset, name = target.split(".")
        fields = {field["name"]: field for field in made["schema"]["fields"]}
        wanted = {
            "tableReference": {"projectId": project, "datasetId": dataset, "tableId": name},
            "schema": {"fields": [fields[column] for column in output.columns if column in fields]},
            "timePartitioning": {"type": "DAY", "field": output.partition.column},
        }
        with told(target):
            table = bigquery.Table.from_api_repr(wanted)
            found: Mapping[str, Any] = self.connection.client.create_table(
                table, exists_ok=True, **self.connection.waits
            ).to_api_repr()
            return found

    def _older(self, place: str, before: datetime) -> list[str]:
        with told(place):
            listed = self.connection.client.list_tables(place, page_size=PAGE, **self.connection.waits)
            return [f"{place}.{item.table_id}" for item in listed if item.created and item.created < before]

    def _removed(self, name: str, before: datetime) -> bool:
        """Whether an old table of a run was removed; one that was written since, or may not be removed, stays."""
        try:
            found = resource(self.connection, name)
            if found is None or schema.table(found).modified >= before:
                return False
            with told(name):
                self.connection.client.delete_table(name, not_found_ok=True, **self.connection.waits)
        except Refused:
            return False
        return True
