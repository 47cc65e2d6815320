"""The warehouse of one machine."""

from __future__ import annotations

import os
from typing import ClassVar, Literal

from pydantic import Field

from bot.settings.kinds.backend import Needs, OnDisk
from bot.settings.kinds.bigquery_warehouse import DATASET


class FolderWarehouse(OnDisk):
    """A folder with one Parquet file per table."""

    opener: ClassVar[str] = "bot.warehouses.folder:open_warehouse"
    needs: ClassVar[Needs | None] = Needs("a warehouse in a folder", ("duckdb", "pyarrow"), "embedded")

    kind: Literal["folder"] = "folder"
    path: str = Field(".sameday/warehouse", description="The folder of the Parquet files, as in `warehouse`.")
    dataset: str = Field("main", pattern=DATASET, description="Used for table names without one, as in `reco`.")

    def table(self, name: str) -> str:
        """The full name of a table an experiment names."""
        return name if "." in name else f"{self.dataset}.{name}"

    def address(self, table: str) -> str:
        """What a job gets: where it reads or writes the table."""
        return os.path.join(self.path, f"{self.table(table)}.parquet")  # noqa: PTH118  a thousand experiments name many

    def refused(self, table: str) -> str:
        """Why no table can have this name, or ''."""
        return ""

    def outside(self, table: str) -> str:
        """A folder has no datasets to keep to."""
        return ""

    def apart(self, table: str) -> str | None:
        """All are in the folder."""
        return None
