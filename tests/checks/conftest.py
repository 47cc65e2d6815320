"""A small world for the checks: settings, a warehouse with a few tables, a store, files in memory."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bot.check import Context
from bot.check.runner import run
from bot.compile.metric import key
from bot.experiment.load import Experiment
from bot.experiment.load import load as load_experiment
from bot.experiment.model import Output
from bot.experiment.repository import Repository
from bot.finding import Report
from bot.ports import Baseline, Measurement, Place, Version
from bot.settings import Settings, load
from bot.settings.kinds import FolderWarehouse, SqliteStore
from bot.stores.sqlite import SqliteTables
from bot.warehouses.folder import ParquetFolder
from checks import CHECKS

SETTINGS = """\
engine: {kind: local}
warehouse: {kind: folder}
stores: {serving: {kind: sqlite}, archive: {kind: sqlite, path: archive.sqlite}}
options: {repo: [examples, payments, reco-batch, reco-stream, repo]}
repos: {payments: {experiments: ["payments/**"]}}
ignorable: [flags.small-arm, tables.stale-table]
layers: {home: {salt: 2026h2, surfaces: [start]}, mail: {surfaces: [mail]}}
freezes: {new-year: {start: 2026-12-28, end: 2027-01-04}}
events: {apply: {table: logs.applications, unit: user_id, item: job_id, at: applied_at}}
metrics:
  applications: {query: "SELECT user_id AS unit, DATE '2026-11-30' AS day, 1 AS value FROM logs.applications",
    unit: user_id, type: proportion}
  clicks: {query: "SELECT user_id AS unit, DATE '2026-11-30' AS day, 1 AS value FROM logs.applications",
    unit: user_id, type: mean}
  devices: {query: "SELECT user_id AS unit, day, 1 AS value FROM logs.aplications", unit: device_id, type: mean}
  late: {query: "SELECT user_id AS unit, 'today' AS day FROM logs.applications", unit: user_id, type: mean}
"""
MONTH = Baseline(28_000, 0.05, 0.2179)  # of four weeks: a twentieth of all users applied
NOW = dt.datetime.now(dt.UTC)  # of this world, whatever the clock says by the end of the tests
DAY = NOW.date()
BEFORE = DAY - dt.timedelta(days=1)
TABLES = {
    "logs.applications": {"user_id": ["u1", "u1", "u2"], "job_id": ["j1", "j2", "j1"]},
    "logs.old": {"user_id": ["u1"]},
    "logs.scored": {"user_id": ["u1"], "dt": [BEFORE]},
    f"logs.daily_{DAY:%Y%m%d}": {"user_id": ["u1"]},
    f"logs.late_{BEFORE:%Y%m%d}": {"user_id": ["u1"]},
    "reco.als_v3": {"user_id": ["u1", "u2"], "score": [0.5, 0.25], "dt": [DAY, DAY]},
    "reco.days": {"user_id": ["u1", "u1"], "score": [0.5, 0.25], "dt": [BEFORE, DAY]},
    "reco.v3": {"user_id": ["u1"]},
    "reco.v4": {"user_id": ["u1"]},
}


@dataclass(frozen=True)
class Memory:
    """A tree of files that are nowhere else."""

    files: Mapping[str, bytes]

    def paths(self) -> Sequence[str]:
        """Every file."""
        return sorted(self.files)

    def read(self, path: str, limit: int) -> bytes:
        """At most `limit` bytes of one file."""
        return self.files[path][:limit]


@pytest.fixture(scope="session")
def backends(tmp_path_factory: pytest.TempPathFactory) -> Context:
    """A warehouse with a few tables and a store with one, in a context without experiments."""
    root = tmp_path_factory.mktemp("backends")
    loaded = load(SETTINGS.encode(), "check", str(root)).settings
    assert loaded is not None
    assert isinstance(loaded.warehouse, FolderWarehouse)
    _fill(loaded.warehouse)
    with sqlite3.connect(root / "archive.sqlite") as connection:
        connection.execute("CREATE TABLE taken (a)")
        connection.execute("CREATE TABLE grown (user_id TEXT)")
    connection.close()
    stores = {name: SqliteTables(store) for name, store in loaded.stores.items() if isinstance(store, SqliteStore)}
    warehouse = ParquetFolder(loaded.warehouse)
    _release(warehouse, stores["archive"], Path(loaded.warehouse.path))
    empty = Repository((), Memory({}))
    measured = Measurement(
        "applications", key(loaded.metrics["applications"]), NOW, DAY - dt.timedelta(28), (MONTH,) * 4, (1_000,) * 28
    )
    return Context(loaded, empty, NOW, NOW, warehouse=warehouse, stores=stores, measurements={"applications": measured})


def _fill(settings: FolderWarehouse) -> None:
    root = Path(settings.path)
    root.mkdir(parents=True)
    for name, columns in TABLES.items():
        pq.write_table(pa.table(columns), root / f"{name}.parquet")
    (root / "logs.torn.parquet").write_bytes(b"PAR1 and no more")
    long_ago = dt.datetime.now().timestamp() - 10 * 86_400
    os.utime(root / "logs.old.parquet", (long_ago, long_ago))


def _release(warehouse: ParquetFolder, store: SqliteTables, root: Path) -> None:
    """Make `another` live with reco.others and, in the store, with others."""
    rows, columns = pa.table({"user_id": ["u1"]}), {"user_id": "STRING"}
    place = Place("another", "reco.others", "0badcafe", tuple(columns.items()))
    version = Version("another", place.spec, DAY, NOW)
    pq.write_table(rows, root / f"{place.own(version)}.parquet")
    output = Output(table=place.table, job="a", columns=columns)
    digest = warehouse.profile(place.own(version), output, DAY).content
    warehouse.keep(place, replace(version, whole=version.begun, rows=1, digest=digest))
    warehouse.put(place, version)
    warehouse.point([place])
    there = replace(place, table="others")
    store.put(there, store.keep(there, version, rows.to_reader()))
    store.point([there])


Examine = Callable[..., Report]


@pytest.fixture
def examine(backends: Context) -> Examine:
    """Run checks over the first of some files, with the others as the rest of its repository."""

    def examined(files: Mapping[str, bytes], only: str = "", offline: bool = False, **more: object) -> Report:
        repository = Repository.load(Memory(files), ["**/*.yaml"])
        chosen = [e for e in repository.experiments if e.path == next(iter(files))]
        known: dict[str, Any] = {"warehouse": None, "stores": {}} if offline else {}
        base = more.get("base")
        bases = {chosen[0].name: base} if isinstance(base, Experiment) else {}
        values = {**vars(backends), "repository": repository, **known, **more}
        return run(CHECKS, chosen, Context(**values), bases, frozenset([only] if only else []))

    return examined


@pytest.fixture
def settings(backends: Context) -> Settings:
    """The settings of that world."""
    return backends.settings


SOUND = b"name: a\njobs:\n- {name: j, command: x}\nignore: {a.fault: it is known, a.other: so what}\n"


@pytest.fixture
def make() -> Callable[..., Any]:
    """A check made by hand: `said` is what it yields, or what it does."""

    def made(name: str = "a", said: Any = (), requires: tuple[str, ...] = (), needs: Iterable[str] = ()) -> Any:
        does = said if callable(said) else lambda experiment, context: iter(said)
        rules = {"fault": "error", "other": "warning"}
        ports = {"NEEDS": frozenset(needs), "WANTS": frozenset[str]()}
        return SimpleNamespace(ID=name, RULES=rules, REQUIRES=requires, check=does, **ports)

    return made


@pytest.fixture
def report(backends: Context) -> Callable[..., Report]:
    """Run checks made by hand over sound files, one if nothing else is said."""

    def reported(*checks: Any, only: Iterable[str] = (), files: int = 1, **more: Any) -> Report:
        settings = {**backends.settings.model_dump(mode="json", exclude_unset=True), **more.pop("settings", {})}
        context = Context(**{**vars(backends), "settings": Settings.model_validate(settings), **more})
        experiments = [load_experiment(f"{i}.yaml", SOUND) for i in range(files)]
        return run({check.ID: check for check in checks}, experiments, context, only=frozenset(only))

    return reported
