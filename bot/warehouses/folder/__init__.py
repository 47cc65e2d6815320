"""A warehouse in a folder: one Parquet file a table, queried by DuckDB."""

from bot.ports import Warehouse
from bot.ports.opening import Opening
from bot.settings.kinds import FolderWarehouse
from bot.warehouses.folder.types import bigquery_type
from bot.warehouses.folder.warehouse import ParquetFolder

__all__ = ["ParquetFolder", "bigquery_type", "open_warehouse"]


def open_warehouse(settings: FolderWarehouse, opening: Opening) -> Warehouse:
    """The warehouse; its folder need not be there."""
    return ParquetFolder(settings)
