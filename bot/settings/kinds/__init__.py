"""The kinds of backend: each is a row in a module of this folder, and stands in one of the unions below."""

from __future__ import annotations

from typing import Annotated

from bot.document.fields import by_kind, tag
from bot.settings.kinds.argo_engine import ArgoEngine
from bot.settings.kinds.backend import Backend, ClusterContext, Needs, Openable
from bot.settings.kinds.bigquery_warehouse import BigQueryWarehouse
from bot.settings.kinds.cluster import InCluster
from bot.settings.kinds.configmap_flags import ConfigMapFlags
from bot.settings.kinds.configmap_ledger import ConfigMapLedger
from bot.settings.kinds.folder_flags import FolderFlags
from bot.settings.kinds.folder_warehouse import FolderWarehouse
from bot.settings.kinds.local_engine import LocalEngine
from bot.settings.kinds.postgresql_store import PostgresqlStore
from bot.settings.kinds.sqlite_ledger import SqliteLedger
from bot.settings.kinds.sqlite_store import SqliteStore

Engine = Annotated[Annotated[LocalEngine, tag("local")] | Annotated[ArgoEngine, tag("argo")], by_kind("local")]
Warehouse = Annotated[
    Annotated[FolderWarehouse, tag("folder")] | Annotated[BigQueryWarehouse, tag("bigquery")], by_kind("folder")
]
Store = Annotated[
    Annotated[SqliteStore, tag("sqlite")] | Annotated[PostgresqlStore, tag("postgresql")], by_kind("sqlite")
]
Flags = Annotated[
    Annotated[FolderFlags, tag("folder")] | Annotated[ConfigMapFlags, tag("configmap")], by_kind("folder")
]
Ledger = Annotated[
    Annotated[SqliteLedger, tag("sqlite")] | Annotated[ConfigMapLedger, tag("configmap")], by_kind("sqlite")
]

Row = Engine | Warehouse | Store | Flags | Ledger

__all__ = [
    "ArgoEngine", "Backend", "BigQueryWarehouse", "ClusterContext", "ConfigMapFlags", "ConfigMapLedger", "Engine",
    "Flags", "FolderFlags", "FolderWarehouse", "InCluster", "Ledger", "LocalEngine", "Needs", "Openable",
    "PostgresqlStore", "Row", "SqliteLedger", "SqliteStore", "Store", "Warehouse",
]  # fmt: skip
