"""Where tables are in a history: a folder of Parquet files, or a project of BigQuery's emulator."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from bot.ports import Warehouse
from bot.settings.kinds import FolderWarehouse
from bot.warehouses.bigquery import BigQuery
from bot.warehouses.folder import ParquetFolder
from tests.far.emulator import Emulator, put


class Made(Protocol):
    """Where tables are."""

    port: Warehouse

    @property
    def settings(self) -> dict[str, Any]:
        """As `sameday.yaml` says it."""
        ...

    def write(self, table: str, rows: pa.Table) -> None:
        """What a job does."""
        ...

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table, or of what a name shows."""
        ...

    def lose(self, names: Collection[str]) -> None:
        """Remove declared names."""
        ...


class InFolder:
    """A folder."""

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True)
        self.folder = FolderWarehouse(path=str(path))
        self.port: Warehouse = ParquetFolder(self.folder)

    @property
    def settings(self) -> dict[str, Any]:
        """Its path."""
        return {"path": self.folder.path}

    def write(self, table: str, rows: pa.Table) -> None:
        """Write a file."""
        pq.write_table(rows, self.folder.address(table))

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a file."""
        return list(pq.ParquetFile(self.folder.address(table)).read().to_pylist())

    def lose(self, names: Collection[str]) -> None:
        """Remove the links."""
        for name in names:
            Path(self.folder.address(name)).unlink(missing_ok=True)


class InBigQuery:
    """A project of its own."""

    def __init__(self, emulator: Emulator) -> None:
        self.bigquery = emulator.settings()
        self.client = emulator.client(self.bigquery.project)
        self.port: Warehouse = BigQuery(self.bigquery)

    @property
    def settings(self) -> dict[str, Any]:
        """The project."""
        return self.bigquery.model_dump(exclude_none=True)

    def write(self, table: str, rows: pa.Table) -> None:
        """Load it."""
        put(self.client, self.bigquery.table(table), rows)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows, by a query: what has a name may be a view."""
        found = self.client.query(f"SELECT * FROM `{self.bigquery.table(table)}`").result()
        return [dict(row) for row in found]

    def lose(self, names: Collection[str]) -> None:
        """Drop what has them, a view or a table; the emulator's API drops tables only."""
        kinds = {item.table_id: item.table_type for item in self.client.list_tables(f"{self.bigquery.project}.main")}
        for name in (name.removeprefix("main.") for name in names):
            if name in kinds:
                self.client.query(f"DROP {kinds[name]} `{self.bigquery.table(name)}`").result()
