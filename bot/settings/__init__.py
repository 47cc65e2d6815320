"""The platform team's side, `sameday.yaml`: where experiments live, what runs them, what blocks."""

from bot.settings.accounts import NOBODYS, TOKEN
from bot.settings.backends import (
    ArgoEngine,
    BigQueryWarehouse,
    ConfigMapFlags,
    ConfigMapLedger,
    FolderFlags,
    FolderWarehouse,
    InCluster,
    LocalEngine,
    PostgresqlStore,
    SqliteLedger,
    SqliteStore,
    Store,
    Warehouse,
)
from bot.settings.load import FILE, Fault, Loaded, load, merge, rooted
from bot.settings.manifests import Manifests, Retry
from bot.settings.model import DEFAULT_REPO, EMBEDDED, UNKNOWN, GitHub, Limits, Repo, Reports, Settings

__all__ = [
    "DEFAULT_REPO", "EMBEDDED", "FILE", "NOBODYS", "TOKEN", "UNKNOWN", "ArgoEngine", "BigQueryWarehouse",
    "ConfigMapFlags", "ConfigMapLedger", "Fault", "FolderFlags", "FolderWarehouse", "GitHub", "InCluster", "Limits",
    "Loaded", "LocalEngine", "Manifests", "PostgresqlStore", "Repo", "Reports", "Retry", "Settings", "SqliteLedger",
    "SqliteStore",
    "Store", "Warehouse", "load", "merge", "rooted",
]  # fmt: skip
