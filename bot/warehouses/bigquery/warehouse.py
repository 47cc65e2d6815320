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
from bot.ports import Absent, Batches, Denied, Profile, Table
from bot.settings import BigQueryWarehouse
from bot.warehouses.bigquery import rights, schema, sql, stream
from bot.warehouses.bigquery.connect import PATIENCE, Connection
from bot.warehouses.bigquery.faults import told
from bot.warehouses.bigquery.jobs import Jobs
from bot.warehouses.bigquery.look import PAGE, STAGED, describe, parent, resource


class BigQuery:
    """The tables of a project, and of others that are named in full."""

    def __init__(
        self, settings: BigQueryWarehouse, labels: Mapping[str, str] | None = None, patience: float = PATIENCE
    ) -> None:
        """`labels` go onto every job; after `patience` seconds without an answer BigQuery counts as away."""
        self.settings = settings
        self.connection = Connection(settings, patience)
        self.runs = Connection(settings, patience, settings.run_as)
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
        job = self.jobs.query(sql.profile(name, output), name, "verify", day, _state(found))
        (row,) = self.jobs.rows(job, name)
        nulls = {column: int(row[f"c{i}"]) for i, column in enumerate(output.columns)}
        return Profile(int(row["n"]), int(row["repeated"]), nulls, int(row["others"]), job.total_bytes_billed or 0)

    def holds(self, table: str, column: str, day: date) -> bool:
        """Whether the table has rows of that day; on a table partitioned by the column this reads that day alone."""
        name, _ = self._existing(table)
        return bool(self.jobs.rows(self.jobs.query(sql.holds(name, column), name, "wait", day), name))

    def read(self, table: str, limit: int | None = None) -> Batches:
        """The rows as they were when this table was first read here."""
        name, _ = self._existing(table)
        with self.pinning:
            if name not in self.pinned:
                (row,) = self.jobs.rows(self.jobs.query(sql.now(), name, "read"), name)
                self.pinned[name] = row["now"]
        return stream.read(self.connection, name, self.pinned[name], limit)

    def allowed(self, reads: Collection[str], writes: Mapping[str, Output]) -> Mapping[str, str] | None:
        """What the service account of the runs may not do, if the settings name it."""
        if self.settings.run_as is None:
            return None
        return rights.refused(self.runs, Jobs(self.runs, self.jobs.labels), reads, writes)

    def promote(self, staged: str, output: Output, day: date) -> None:
        """A copy job for a whole table, one statement for a day of it; doing so again changes nothing."""
        source, made = self._existing(staged)
        target = self.settings.table(output.table)
        there = resource(self.connection, target)
        if output.partition is None:
            self.jobs.copy(source, target, _state(made) + _state(there))
            if there is None and resource(self.connection, target) is None:  # removed since an earlier try made it
                self.jobs.copy(source, target, uuid.uuid4().hex)
            return
        if there is None:
            there = self._make(target, made, output)
        statement = sql.put_day(source, output.model_copy(update={"table": target}))
        self.jobs.query(statement, source, "promote", day, _state(made) + _state(there))

    def sweep(self, tables: Collection[str], before: datetime) -> Collection[str]:
        """Remove runs' own tables that nothing has written since `before`."""
        places = sorted({parent(self.settings.table(table)) for table in tables})
        old: list[str] = []
        for place in places:
            with suppress(Refused):  # who may write tables need not be allowed to list them
                old += self._staged(place, before)
        return [name.removeprefix(f"{self.settings.project}.") for name in old if self._removed(name, before)]

    def _existing(self, table: str) -> tuple[str, Mapping[str, Any]]:
        name = self.settings.table(table)
        found = resource(self.connection, name)
        if found is None:
            raise Refused(f"the table {name} is not there")
        return name, found

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

    def _staged(self, place: str, before: datetime) -> list[str]:
        with told(place):
            listed = self.connection.client.list_tables(place, page_size=PAGE, **self.connection.waits)
            return [
                f"{place}.{item.table_id}"
                for item in listed
                if STAGED.search(item.table_id) and item.created and item.created < before
            ]

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


def _state(found: Mapping[str, Any] | None) -> str:
    """What changes when a table does: a rerun shares a job only if nothing has changed since it was started."""
    return f"{found.get('etag')} {found.get('lastModifiedTime')}; " if found else "none; "
