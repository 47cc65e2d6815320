"""Wiring: settings to adapters. The only place that reads the environment and the clock."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.check import Context
from bot.cli.place import Place
from bot.document.faults import shown
from bot.document.nearest import nearest
from bot.errors import UsageError
from bot.experiment.repository import Repository
from bot.ports import Built, Engine, Entry, Evaluator, Flags, Ledger, Store, Warehouse
from bot.settings import (
    DEFAULT_REPO,
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
from bot.state import in_force

if TYPE_CHECKING:
    from bot.cluster import Cluster
    from bot.engines.local import Local

# Of our environment; nothing else reaches a job. A Python that GitHub's runner brings finds itself by the library path.
JOBS_SEE = ("HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "TMPDIR", "TZ")
TASKS_NEED_NOT = ("GITHUB_TOKEN",)  # a run's own tasks have the rest of it, which may hold secrets
IMAGE = re.compile(r"[a-z0-9][a-zA-Z0-9._:/-]*@sha256:[0-9a-f]{64}")


def clock() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


def context(place: Place, repository: Repository, offline: bool, history: bool, why: str = "") -> Context:
    """What the checks may use; `why` says in a few words why they are offline."""
    settings, now = place.settings, clock()
    bare = Context(settings, repository, now, now + settings.limits.check, offline=why, history=history)
    if offline:
        return bare
    ready = replace(
        bare, engine=engine(place) if settings.engine else None, warehouse=warehouse(settings), stores=stores(settings),
        evaluator=evaluator(),
    )  # fmt: skip
    _import_clients(settings)
    return ready


def _import_clients(settings: Settings) -> None:
    """Import large clients before checks do so at the same time: threads would find what they share half made."""
    names = ["google.cloud.bigquery", "google.cloud.bigquery_storage_v1"]
    wanted = names if isinstance(settings.warehouse, BigQueryWarehouse) else []
    wanted = [*wanted, *(["kubernetes.config"] if isinstance(settings.engine, ArgoEngine) else [])]
    for name in wanted:
        importlib.import_module(name)


def engine(place: Place) -> Engine:
    """What runs jobs."""
    settings = place.settings
    if not isinstance(settings.engine, ArgoEngine):
        return local_engine(place)
    connected = cluster(settings.engine.context, settings.manifests.namespace, "engine.context")
    from bot.engines.argo import Argo

    return Argo(connected, settings.manifests, clock, time.sleep, settings.engine.version)


def local_engine(place: Place) -> Local:
    """The local engine, which also knows how to do what a cron would do."""
    from bot.engines.local import Local

    if place.settings.engine is None:
        raise UsageError(f"{FILE} names no engine; add `engine: {{kind: local}}`")
    if not isinstance(place.settings.engine, LocalEngine):
        raise UsageError(f"the engine of {FILE} is not of this machine; this needs `engine: {{kind: local}}`")
    inherited = {name: os.environ[name] for name in JOBS_SEE if name in os.environ}
    # Jobs find the Python that sameday runs in, whether or not its environment is activated.
    inherited["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), inherited.get("PATH", os.defpath)])
    own = {name: value for name, value in os.environ.items() if name not in TASKS_NEED_NOT}
    return Local(
        place.settings.engine, place.root, (sys.executable, "-I", "-m", "bot.cli.told", "task"), inherited, own
    )


def warehouse(settings: Settings, labels: Mapping[str, str] | None = None) -> Warehouse | None:
    """Where tables live; `labels` say on whose behalf it is asked, where that is billed."""
    if settings.warehouse is None:
        return None
    if isinstance(settings.warehouse, BigQueryWarehouse):
        _need("google.cloud.bigquery", "google.cloud.bigquery_storage", what="BigQuery", extra="bigquery")
        from bot.warehouses.bigquery import BigQuery

        # Outside of Google's machines a search for their credentials may ask the network, and wait for it.
        os.environ.setdefault("GCE_METADATA_TIMEOUT", "3" if "KUBERNETES_SERVICE_HOST" in os.environ else "1")
        return BigQuery(settings.warehouse, labels)
    _need("duckdb", "pyarrow", what="a warehouse in a folder")
    from bot.warehouses.folder import Folder as FolderWarehouse

    return FolderWarehouse(settings.warehouse)


def stores(settings: Settings) -> dict[str, Store]:
    """Where serving reads."""
    if not settings.stores:
        return {}
    _need("duckdb", "pyarrow", what="a store")
    return {name: _store(store) for name, store in settings.stores.items()}


def _store(settings: SqliteStore | PostgresqlStore) -> Store:
    if isinstance(settings, SqliteStore):
        from bot.stores.sqlite import Sqlite

        return Sqlite(settings)
    _need("adbc_driver_postgresql", "psycopg", what="a store in PostgreSQL", extra="postgresql")
    from bot.stores.postgresql import Postgresql

    dsn = os.environ.get(settings.dsn)
    if not dsn:
        raise UsageError(f"{settings.dsn} is not set: it holds the connection string of a store of the settings")
    return Postgresql(settings, dsn)


def flags(settings: Settings) -> Flags | None:
    """Where flags are published."""
    if isinstance(settings.flags, ConfigMapFlags):
        from bot.flags.configmap import ConfigMap

        return ConfigMap(kept(settings, settings.flags, "flags"), settings.flags)
    from bot.flags.folder import Folder as FolderFlags

    return FolderFlags(settings.flags) if settings.flags else None


def evaluator() -> Evaluator | None:
    """The flag client, if it is installed."""
    if importlib.util.find_spec("openfeature") is None:
        return None
    from bot.flags.openfeature import OpenFeature

    return OpenFeature()


def ledger(settings: Settings) -> Ledger | None:
    """What is released."""
    if isinstance(settings.ledger, ConfigMapLedger):
        from bot.ledgers.configmap import ConfigMaps

        return ConfigMaps(kept(settings, settings.ledger, "ledger"), settings.ledger.name, clock)
    from bot.ledgers.sqlite import Sqlite

    return Sqlite(settings.ledger) if settings.ledger else None


def kept(settings: Settings, part: InCluster, name: str) -> Cluster:
    """Where a part of the settings, of this name, is kept: beside the engine unless it says something else."""
    context, setting = part.context, f"{name}.context"
    if context is None and isinstance(settings.engine, ArgoEngine):
        context, setting = settings.engine.context, "engine.context"
    return cluster(context, part.namespace or settings.manifests.namespace, setting)


def cluster(context: str | None, namespace: str, setting: str) -> Cluster:
    """A namespace of a cluster, which is not asked yet; `setting` is where the settings name its context."""
    _need("kubernetes", what="a cluster", extra="argo")
    from bot.cluster import Access, Cluster

    return Cluster(Access(context, os.environ.get("KUBECONFIG") or None, setting), namespace)


def entries(settings: Settings) -> Mapping[str, Sequence[Entry]]:
    """All that was released, or nothing where there is no ledger yet."""
    found = _begun(settings)
    return found.entries() if found else {}


def is_first(settings: Settings) -> bool:
    """Whether the next release is the first one of this ledger."""
    found = _begun(settings)
    return settings.ledger is not None and (found is None or found.baseline() is None)


def _begun(settings: Settings) -> Ledger | None:
    """The ledger, unless it is a file that is not there: looking at it makes none."""
    if isinstance(settings.ledger, SqliteLedger) and not Path(settings.ledger.path).exists():
        return None
    return ledger(settings)


def _need(*packages: str, what: str, extra: str = "embedded") -> None:
    missing = [name for name in packages if not _there(name)]
    if missing:
        raise UsageError(f"{what} needs {' and '.join(missing)}: pip install 'sameday[{extra}]'")


def _there(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:  # not even what it is a part of
        return False


def built(settings: Settings) -> Sequence[Built]:
    """The images that builds handed over so far."""
    found = _begun(settings)
    return found.built() if found else ()


def handed(settings: Settings, new: Sequence[Built] = ()) -> Settings:
    """The settings with the images that builds handed over, now and before."""
    newest = {one.repo: one for one in (*built(settings), *new)}
    return in_force(settings, tuple(newest.values()))


def images(settings: Settings, given: Iterable[str], repository: Repository) -> tuple[Built, ...]:
    """Images that were just built; a digest alone takes its name from the image that the settings name."""
    used = {job.option.get("repo") or DEFAULT_REPO for e in repository.by_name.values() for job in e.spec.jobs}
    found = []
    for word in given:
        repo, _, image = word.partition("=")
        image = image.strip()
        if image.startswith("sha256:"):
            image = f"{(settings.repo(repo).image or '').partition('@')[0]}@{image}"
        if not IMAGE.fullmatch(image):
            raise UsageError(f"--images {word}: write REPO=DIGEST, as in reco-batch=registry/reco@sha256:… (64 digits)")
        if repo not in used | settings.repos.keys():
            close = nearest(repo, used | settings.repos.keys())
            hint = f"; did you mean '{close}'?" if close else ""
            raise UsageError(
                f"--images {word}: no job has `option: {{repo: {shown(repo)}}}`, nor do the settings{hint}"
            )
        found.append(Built(repo, image, settings.repo(repo).image))
    return tuple(found)
