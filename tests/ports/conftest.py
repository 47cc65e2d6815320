"""Every implementation of every port, each as a case: to put an adapter through its suite, add a parameter here.

What a suite needs beyond the port (a table that is there already, another process) the case knows how to do.
"""

from __future__ import annotations

import os
import pickle
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bot.engines.argo import Argo
from bot.engines.argo.rights import RELEASE
from bot.engines.local.engine import Local
from bot.experiment.model import Output
from bot.flags.configmap import ConfigMap
from bot.flags.folder import FlagdFile
from bot.flags.openfeature import OpenFeature
from bot.ledgers.configmap import ConfigMaps
from bot.ledgers.sqlite import LedgerFile
from bot.ports import Engine, Evaluator, Flags, Ledger, Place, Places, Store, Version, Warehouse
from bot.settings import Manifests
from bot.settings.kinds import (
    ConfigMapFlags,
    FolderFlags,
    FolderWarehouse,
    LocalEngine,
    PostgresqlStore,
    SqliteLedger,
    SqliteStore,
)
from bot.stores.postgresql import Postgresql
from bot.stores.sqlite import SqliteTables
from bot.warehouses.bigquery import BigQuery
from bot.warehouses.folder import ParquetFolder
from tests.far import cluster, kind
from tests.far.argo.real import Real
from tests.far.argo.stack import Stack
from tests.far.controller import Controller
from tests.far.emulator import Emulator, put
from tests.far.emulator.proxy import Proxy
from tests.far.postgresql import Server

LEASE = 2  # seconds that the right to release outlives its holder
SERVED = {  # those that take a server
    name: pytest.param(name, marks=pytest.mark.slow)
    for name in ("apart", "argo", "bigquery", "configmap", "kind", "postgresql", "real", "tables")
}
OPEN = "import pickle, sys; opener = pickle.loads(bytes.fromhex(sys.argv[1])); port = opener()\n"


@pytest.fixture
def elsewhere() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Run a program that finds `port` open, in a process of its own; all are gone at the end."""
    processes: list[subprocess.Popen[str]] = []

    def start(program: str, opener: Callable[[], object], *words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", OPEN + program, pickle.dumps(opener).hex(), *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )  # fmt: skip
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        if process.stdin is not None and process.stdin.closed:
            process.stdin = None  # communicate() would flush it
        process.communicate()


@dataclass(frozen=True)
class EngineCase:
    """Jobs that an engine can run: one that is done, one that fails, and one that waits for `release`."""

    port: Engine
    works: tuple[str, ...]
    fails: tuple[str, ...]
    waits: tuple[str, ...]
    release: Callable[[], None]


@contextmanager
def argo(server: cluster.Server, folder: Path) -> Iterator[Engine]:
    """A namespace of its own, with a controller that does what Argo's does."""
    namespace = server.namespace()
    server.grant(namespace, "bot", *RELEASE)
    controller = Controller(server, namespace, folder, folder / "pods")
    options = Manifests(namespace=namespace, image="registry/sameday")
    yield Argo(server.cluster(namespace, "bot"), options, partial(datetime.now, UTC), time.sleep)
    controller.close()


@contextmanager
def real(stack: Stack, folder: Path) -> Iterator[Engine]:
    """A namespace of its own, with Argo's own controller."""
    argo = Real.begin(stack, folder)
    with closing(argo):
        yield Argo(argo.server.cluster(argo.namespace, "bot"), argo.options(), partial(datetime.now, UTC), time.sleep)


@contextmanager
def on_kind() -> Iterator[EngineCase]:
    """Real Argo, whose pods wait for an address of this machine."""
    with kind.gate() as (address, release), kind.engine() as port:
        waits = ("sh", "-c", f"until wget -q -O /dev/null {address}; do sleep 0.2; done")
        yield EngineCase(port, ("true",), ("sh", "-c", "echo what went wrong; exit 1"), waits, release)
        release()


@pytest.fixture(params=["local", SERVED["argo"], SERVED["real"], *([SERVED["kind"]] if kind.HOST else [])])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EngineCase]:
    """What runs jobs. `fails` prints "what went wrong" before it does."""
    gate = tmp_path / "gate"
    waiting = f"while [ ! -e '{gate}' ]; do sleep 0.02; done"
    with ExitStack() as stack:
        if request.param == "kind":
            yield stack.enter_context(on_kind())
            return
        port: Engine = Local(LocalEngine(path=str(tmp_path / "engine")), tmp_path, (), {"PATH": os.environ["PATH"]})
        if request.param == "argo":
            port = stack.enter_context(argo(request.getfixturevalue("apiserver"), tmp_path))
        if request.param == "real":
            port = stack.enter_context(real(request.getfixturevalue("real_argo"), tmp_path))
        yield EngineCase(
            port, ("true",), ("sh", "-c", "echo what went wrong; exit 1"), ("sh", "-c", waiting), gate.touch
        )
        gate.touch()


@dataclass(frozen=True)
class WarehouseCase:
    """A warehouse, and how others write its tables."""

    open: Callable[[], Warehouse]
    put: Callable[[str, pa.Table], None]
    spoil: Callable[[str], object]
    """Makes a table one that may not be looked at."""
    lacks: tuple[str, ...] = ()
    """Types of BigQuery's that the one behind this case has no place for."""

    @property
    def port(self) -> Warehouse:
        """The warehouse, opened anew."""
        return self.open()

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table."""
        found: list[dict[str, Any]] = pa.RecordBatchReader.from_stream(self.port.read(table)).read_all().to_pylist()
        return found


@pytest.fixture(params=["folder", SERVED["bigquery"]])
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WarehouseCase]:
    """Where tables live."""
    if request.param == "bigquery":
        emulator = request.getfixturevalue("emulator")
        with Proxy(emulator.url) as proxy:
            yield in_bigquery(emulator, proxy)
    else:
        yield in_folder(tmp_path)


def in_folder(tmp_path: Path) -> WarehouseCase:
    """A folder of its own."""
    settings = FolderWarehouse(path=str(tmp_path / "warehouse"))
    Path(settings.path).mkdir()

    def put(table: str, rows: pa.Table) -> None:
        pq.write_table(rows, settings.address(table))

    return WarehouseCase(
        partial(ParquetFolder, settings),
        put,
        lambda table: Path(settings.address(table)).write_text("no Parquet"),
    )


def in_bigquery(emulator: Emulator, proxy: Proxy, kind: type[BigQuery] = BigQuery, **more: Any) -> WarehouseCase:
    """A project of its own. Its emulator knows no rights, so a proxy before it does."""
    settings = emulator.settings(proxy.url, **more)
    client = emulator.client(settings.project)
    return WarehouseCase(
        partial(kind, settings),
        lambda table, rows: put(client, settings.table(table), rows),
        lambda table: proxy.denied.add(settings.table(table)),
        ("BIGNUMERIC",),
    )


@dataclass(frozen=True)
class StoreCase:
    """A store, and how an application reads it: over a connection in Python's usual form (PEP 249, in short)."""

    open: Callable[[], Store]
    connect: Callable[[], Any]
    begin: str
    """Begins a transaction that sees one state of the store until its end."""
    left: Callable[[], list[str]]
    """What there is of sandboxes."""
    age: Callable[[], None]
    """Makes that look two hours old."""
    taken: tuple[str, ...]
    """Names that no table may have."""

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """What a reader gets."""
        with closing(self.connect()) as connection:
            rows: list[tuple[Any, ...]] = connection.execute(sql).fetchall()
            return rows

    def do(self, *statements: str) -> None:
        """What somebody else does in the store."""
        with closing(self.connect()) as connection:
            for sql in statements:
                connection.execute(sql)


def in_postgresql(server: Server) -> StoreCase:
    """A database of its own."""
    dsn = server.database()
    connect = partial(psycopg.connect, dsn, autocommit=True)

    def ask(sql: str) -> list[str]:
        with connect() as connection:
            return [row[0] for row in connection.execute(sql).fetchall()]

    def left() -> list[str]:
        return ask("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, 'sameday_sandbox_') ORDER BY 1")

    def age() -> None:
        with connect() as connection:
            for name in left():
                connection.execute(f"COMMENT ON SCHEMA {name} IS '{int(time.time()) - 7_200}'")

    begin = "BEGIN ISOLATION LEVEL REPEATABLE READ"
    opener = partial(Postgresql, PostgresqlStore(kind="postgresql"), dsn)
    return StoreCase(opener, connect, begin, left, age, ("sameday_versions", "pg_class"))


@pytest.fixture(params=["sqlite", SERVED["postgresql"]])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> StoreCase:
    """Where serving reads."""
    if request.param == "postgresql":
        return in_postgresql(request.getfixturevalue("server"))
    return in_sqlite(tmp_path)


def in_sqlite(tmp_path: Path) -> StoreCase:
    """A file of its own."""
    path = str(tmp_path / "store" / "serving [1].sqlite")
    Path(path).parent.mkdir()
    connect = partial(sqlite3.connect, path, isolation_level=None, timeout=30)

    def left() -> list[str]:
        return sorted(str(entry) for entry in Path(path).parent.iterdir() if "sandbox" in entry.name)

    def age() -> None:
        for entry in left():
            os.utime(entry, (time.time() - 7_200,) * 2)

    taken = ("sameday_versions", "sqlite_master", "sqlite_scores")
    return StoreCase(partial(SqliteTables, SqliteStore(path=path)), connect, "BEGIN", left, age, taken)


@dataclass(frozen=True)
class PlacesCase:
    """A warehouse or a store as one that has places; `put` writes a stranger's table, `rows` reads as a stranger."""

    open: Callable[[], Places]
    keep: Callable[[Place, Version, pa.Table], Version]
    table: Callable[[str, pa.Table], None]
    rows: Callable[[str], list[dict[str, Any]]]

    @property
    def port(self) -> Places:
        """Opened anew."""
        return self.open()


def of_warehouse(case: WarehouseCase) -> PlacesCase:
    """A version is what a job wrote."""

    def keep(place: Place, version: Version, rows: pa.Table) -> Version:
        own = place.own(version)
        case.put(own, rows)
        partition = {"column": place.partition} if place.partition else None
        declared = {"table": place.table, "job": "j", "columns": dict(place.columns), "key": place.key}
        output = Output.model_validate({**declared, "partition": partition})
        profile = case.port.profile(own, output, version.date)
        whole = replace(version, whole=version.begun, rows=profile.rows, digest=profile.content)
        case.port.keep(place, whole)
        return whole

    return PlacesCase(case.open, keep, case.put, case.rows)


def selected(case: WarehouseCase, table: str) -> list[dict[str, Any]]:
    """All rows of a table of BigQuery's or of a view, which only queries read."""
    port = case.port
    assert isinstance(port, BigQuery)
    return port.jobs.rows(port.jobs.query(f"SELECT * FROM `{port.settings.table(table)}`", table, "read"), table)


def of_store(case: StoreCase) -> PlacesCase:
    """A version is what was loaded."""

    def keep(place: Place, version: Version, rows: pa.Table) -> Version:
        return case.open().keep(place, version, rows.to_reader(max_chunksize=100))

    def table(name: str, rows: pa.Table) -> None:
        kinds = {"string": "text", "double": "double precision", "date32[day]": "date"}
        columns = ", ".join(f"{field.name} {kinds[str(field.type)]}" for field in rows.schema)
        values = [", ".join(repr(value) for value in row.values()) for row in rows.to_pylist()]
        case.do(f"CREATE TABLE {name} ({columns})", *(f"INSERT INTO {name} VALUES ({one})" for one in values))

    def read(name: str) -> list[dict[str, Any]]:
        with closing(case.connect()) as connection:
            cursor = connection.execute(f"SELECT * FROM {name}")
            return [dict(zip([column[0] for column in cursor.description], row, strict=True)) for row in cursor]

    return PlacesCase(case.open, keep, table, read)


class AsTables(BigQuery):
    """BigQuery, as for outputs that say `as: table`: each name is a table that repeats its place."""

    def point(self, places: Collection[Place]) -> None:
        """The same, with tables."""
        super().point([replace(place, form="table") for place in places])


@pytest.fixture(
    params=["folder", "sqlite", SERVED["bigquery"], SERVED["tables"], SERVED["apart"], SERVED["postgresql"]]
)
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PlacesCase]:
    """What has places: a warehouse, or a store."""
    if request.param == "folder":
        yield of_warehouse(in_folder(tmp_path))
    elif request.param in ("bigquery", "tables", "apart"):
        emulator = request.getfixturevalue("emulator")
        with Proxy(emulator.url) as proxy:
            more = {"places": "reco"} if request.param == "apart" else {}  # a dataset of the emulator's project
            case = in_bigquery(emulator, proxy, AsTables if request.param == "tables" else BigQuery, **more)
            yield replace(of_warehouse(case), rows=partial(selected, case))
    elif request.param == "postgresql":
        yield of_store(in_postgresql(request.getfixturevalue("server")))
    else:
        yield of_store(in_sqlite(tmp_path))


@pytest.fixture(params=["folder", SERVED["configmap"]])
def open_flags(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Flags]:
    """Opens the place where flags are published."""
    if request.param == "configmap":
        server = request.getfixturevalue("apiserver")
        namespace = server.namespace()
        server.grant(namespace, "bot", ("get create update", "", "configmaps"))
        settings = ConfigMapFlags(kind="configmap")
        return partial(cluster.opened, ConfigMap, server.kubeconfig("bot"), namespace, settings)
    return partial(FlagdFile, FolderFlags(path=str(tmp_path / "flags")))


def in_cluster(server: cluster.Server) -> Callable[[], Ledger]:
    """A namespace of its own, with the rights that a ledger needs and no others."""
    namespace = server.namespace()
    rules = ("get list create update", "", "configmaps"), ("get create update", "coordination.k8s.io", "leases")
    server.grant(namespace, "bot", *rules)
    clock = partial(datetime.now, UTC)
    return partial(cluster.opened, ConfigMaps, server.kubeconfig("bot"), namespace, "sameday", clock, LEASE)


@pytest.fixture(params=["sqlite", SERVED["configmap"]])
def open_ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Ledger]:
    """Opens what is released."""
    if request.param == "configmap":
        return in_cluster(request.getfixturevalue("apiserver"))
    return partial(LedgerFile, SqliteLedger(path=str(tmp_path / "ledger" / "ledger.sqlite")))


@pytest.fixture(params=["openfeature"])
def evaluator(request: pytest.FixtureRequest) -> Evaluator:
    """The client that applications read flags with."""
    pytest.importorskip("openfeature.contrib.provider.flagd")
    return OpenFeature()


@pytest.fixture
def rows() -> Callable[..., pa.RecordBatchReader]:
    """Rows as a stream, in batches of 100."""

    def made(**columns: Sequence[object]) -> pa.RecordBatchReader:
        table = pa.table(dict(columns))
        return pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=100))

    return made
