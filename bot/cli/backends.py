"""Settings to adapters: the only reader of the environment and the clock."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.known import of_settings
from bot.cli.looking import looking
from bot.errors import UsageError
from bot.ports import Engine, Evaluator, Flags, Ledger, Store, Warehouse
from bot.report import mask
from bot.settings import (
    FILE,
    ArgoEngine,
    BigQueryWarehouse,
    ConfigMapFlags,
    ConfigMapLedger,
    InCluster,
    LocalEngine,
    PostgresqlStore,
    Settings,
    SqliteLedger,
    SqliteStore,
)

if TYPE_CHECKING:
    from bot.cluster import Cluster
    from bot.engines.local.engine import Local

# Of our environment; nothing else reaches a job. A Python that GitHub's runner brings finds itself by the library path.
JOBS_SEE = ("HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "TMPDIR", "TZ")
TASKS_NEED_NOT = ("GITHUB_TOKEN",)  # a run's own tasks have the rest of it, which may hold secrets


class Adapters:
    """The backends of this machine and of those that it reaches, for an environment (see `bot.ports.backends`)."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment

    def now(self) -> datetime:
        """The present moment."""
        return datetime.now(UTC)

    def learn(self, settings: Settings) -> None:
        """Say no secret that the settings name from now on."""
        mask.learn(of_settings(settings, self.environment))

    def looking(self, settings: Settings) -> Settings:
        """The settings of whoever only looks."""
        return looking(settings, self.environment)

    def engine(self, settings: Settings, root: Path) -> Engine:
        """What runs jobs."""
        if not isinstance(settings.engine, ArgoEngine):
            return self.cron(settings, root)
        connected = self._cluster(settings.engine.context, settings.manifests.namespace, "engine.context")
        from bot.engines.argo import Argo

        return Argo(connected, settings.manifests, self.now, time.sleep, settings.engine.version)

    def cron(self, settings: Settings, root: Path) -> Local:
        """The local engine, which also does what a cron would do."""
        from bot.engines.local.engine import Local

        if settings.engine is None:
            raise UsageError(f"{FILE} names no engine; add `engine: {{kind: local}}`")
        if not isinstance(settings.engine, LocalEngine):
            raise UsageError(f"the engine of {FILE} is not of this machine; this needs `engine: {{kind: local}}`")
        inherited = {name: self.environment[name] for name in JOBS_SEE if name in self.environment}
        # Jobs find the Python that sameday runs in, whether or not its environment is activated.
        inherited["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), inherited.get("PATH", os.defpath)])
        own = {name: value for name, value in self.environment.items() if name not in TASKS_NEED_NOT}
        return Local(settings.engine, root, (sys.executable, "-I", "-m", "bot.cli.told", "task"), inherited, own)

    def warehouse(self, settings: Settings, labels: Mapping[str, str] | None = None) -> Warehouse | None:
        """Where tables live."""
        if settings.warehouse is None:
            return None
        if isinstance(settings.warehouse, BigQueryWarehouse):
            _need("google.cloud.bigquery", "google.cloud.bigquery_storage", what="BigQuery", extra="bigquery")
            from bot.warehouses.bigquery import BigQuery

            # Outside of Google's machines a search for their credentials may ask the network, and wait for it. Google's
            # library reads this from the process alone.
            os.environ.setdefault("GCE_METADATA_TIMEOUT", "3" if "KUBERNETES_SERVICE_HOST" in self.environment else "1")
            return BigQuery(settings.warehouse, labels)
        _need("duckdb", "pyarrow", what="a warehouse in a folder")
        from bot.warehouses.folder import Folder as FolderWarehouse

        return FolderWarehouse(settings.warehouse)

    def stores(self, settings: Settings) -> Mapping[str, Store]:
        """Where serving reads."""
        if not settings.stores:
            return {}
        _need("duckdb", "pyarrow", what="a store")
        return {name: self._store(store) for name, store in settings.stores.items()}

    def _store(self, settings: SqliteStore | PostgresqlStore) -> Store:
        if isinstance(settings, SqliteStore):
            from bot.stores.sqlite import Sqlite

            return Sqlite(settings)
        _need("adbc_driver_postgresql", "psycopg", what="a store in PostgreSQL", extra="postgresql")
        from bot.stores.postgresql import Postgresql

        dsn = self.environment.get(settings.dsn)
        if not dsn:
            raise UsageError(f"{settings.dsn} is not set: it holds the connection string of a store of the settings")
        return Postgresql(settings, dsn)

    def flags(self, settings: Settings) -> Flags | None:
        """Where flags are published."""
        if isinstance(settings.flags, ConfigMapFlags):
            from bot.flags.configmap import ConfigMap

            return ConfigMap(self._beside(settings, settings.flags, "flags"), settings.flags)
        from bot.flags.folder import Folder as FolderFlags

        return FolderFlags(settings.flags) if settings.flags else None

    def evaluator(self) -> Evaluator | None:
        """The flag client, if it is installed."""
        if importlib.util.find_spec("openfeature") is None:
            return None
        from bot.flags.openfeature import OpenFeature

        return OpenFeature()

    def ledger(self, settings: Settings) -> Ledger | None:
        """What is released."""
        if isinstance(settings.ledger, ConfigMapLedger):
            from bot.ledgers.configmap import ConfigMaps

            return ConfigMaps(self._beside(settings, settings.ledger, "ledger"), settings.ledger.name, self.now)
        from bot.ledgers.sqlite import Sqlite

        return Sqlite(settings.ledger) if settings.ledger else None

    def begun(self, settings: Settings) -> Ledger | None:
        """The ledger, unless it is a file that is not there yet."""
        if isinstance(settings.ledger, SqliteLedger) and not Path(settings.ledger.path).exists():
            return None
        return self.ledger(settings)

    def prepare(self, settings: Settings) -> None:
        """Import large clients ahead: threads that do so at the same time find what they share half made."""
        names = ["google.cloud.bigquery", "google.cloud.bigquery_storage_v1"]
        wanted = names if isinstance(settings.warehouse, BigQueryWarehouse) else []
        wanted = [*wanted, *(["kubernetes.config"] if isinstance(settings.engine, ArgoEngine) else [])]
        for name in wanted:
            importlib.import_module(name)

    def _beside(self, settings: Settings, part: InCluster, name: str) -> Cluster:
        """Where a part of the settings, of this name, is kept: beside the engine unless it says something else."""
        context, setting = part.context, f"{name}.context"
        if context is None and isinstance(settings.engine, ArgoEngine):
            context, setting = settings.engine.context, "engine.context"
        return self._cluster(context, part.namespace or settings.manifests.namespace, setting)

    def _cluster(self, context: str | None, namespace: str, setting: str) -> Cluster:
        """A namespace of a cluster, which is not asked yet; `setting` is where the settings name its context."""
        _need("kubernetes", what="a cluster", extra="argo")
        from bot.cluster import Access, Cluster

        return Cluster(Access(context, self.environment.get("KUBECONFIG") or None, setting), namespace)


def _need(*packages: str, what: str, extra: str = "embedded") -> None:
    missing = [name for name in packages if not _there(name)]
    if missing:
        raise UsageError(f"{what} needs {' and '.join(missing)}: pip install 'sameday[{extra}]'")


def _there(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:  # not even what it is a part of
        return False
