"""The platform team's side, `sameday.yaml`: where experiments live, what runs them, what blocks."""

from bot.settings.backends import (
    BigQueryWarehouse,
    FolderFlags,
    FolderWarehouse,
    LocalEngine,
    PostgresqlStore,
    SqliteLedger,
    SqliteStore,
    Store,
    Warehouse,
)
from bot.settings.load import FILE, Fault, Loaded, load, merge, rooted
from bot.settings.model import DEFAULT_REPO, EMBEDDED, UNKNOWN, GitHub, Limits, Manifests, Repo, Settings

__all__ = [
    "DEFAULT_REPO", "EMBEDDED", "FILE", "UNKNOWN", "BigQueryWarehouse", "Fault", "FolderFlags", "FolderWarehouse",
    "GitHub", "Limits", "Loaded", "LocalEngine", "Manifests", "PostgresqlStore", "Repo", "Settings", "SqliteLedger",
    "SqliteStore", "Store", "Warehouse", "load", "merge", "rooted",
]  # fmt: skip
