"""A warehouse in a folder: one Parquet file a table, queried by DuckDB."""

from bot.warehouses.folder.types import bigquery_type
from bot.warehouses.folder.warehouse import Folder

__all__ = ["Folder", "bigquery_type"]
