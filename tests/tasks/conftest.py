"""A warehouse in a folder and two stores, with the tables that a run's jobs would have written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bot.compile.work import version, warehouse_place
from bot.experiment.model import Output
from bot.ports import Read, Work
from bot.settings.kinds import FolderWarehouse, SqliteStore
from bot.stores.sqlite import SqliteTables
from bot.tasks.begin import begin
from bot.tasks.keep import keep
from bot.tasks.put import put
from bot.tasks.verify import verify
from bot.warehouses.folder import ParquetFolder

DAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
COLUMNS = {"user_id": "STRING", "score": "FLOAT64", "dt": "DATE"}
ARROW = pa.schema([("user_id", pa.string()), ("score", pa.float64()), ("dt", pa.date32())])


class Clock:
    """Time that passes only while somebody sleeps; `events` happen on the way."""

    def __init__(self, *events: tuple[float, Callable[[], None]]) -> None:
        self.passed = 0.0
        self.slept: list[float] = []
        self.said: list[str] = []
        self.events = list(events)

    def now(self) -> datetime:
        """The moment."""
        return NOW + timedelta(seconds=self.passed)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        assert seconds > 0
        self.slept.append(seconds)
        self.passed += seconds
        for event in [event for event in self.events if event[0] <= self.passed]:
            self.events.remove(event)
            event[1]()


@dataclass(frozen=True)
class Bench:
    """The backends of a run's own tasks."""

    root: Path
    stores: dict[str, SqliteTables] = field(default_factory=dict)

    @property
    def settings(self) -> FolderWarehouse:
        """Where tables live."""
        return FolderWarehouse(path=str(self.root / "warehouse"))

    @property
    def warehouse(self) -> ParquetFolder:
        """The warehouse."""
        return ParquetFolder(self.settings)

    def output(self, table: str = "reco.v4", **changes: Any) -> Output:
        """An output of users' scores by day, synced to the table's last name."""
        made = {"table": table, "job": "infer", "columns": COLUMNS, "key": ["user_id"], "partition": {"column": "dt"},
                "sync": {"store": "serving", "table": table.rpartition(".")[2]}, **changes}  # fmt: skip
        return Output.model_validate({key: value for key, value in made.items() if value is not None})

    def read(self, table: str = "logs.users", **more: Any) -> Read:
        """An input."""
        return Read(table=table, address=self.settings.address(table), **more)

    def work(self, day: date = DAY, key: str = "0badcafe", attempt: int = 1, **values: Any) -> Work:
        """The work of one run, by default with one output."""
        if not values:
            values = {"outputs": {"scores": self.output()}}
        stores = {name: {"kind": "sqlite", "path": str(store.path)} for name, store in self.stores.items()}
        backends = {"warehouse": self.settings.model_dump(mode="json"), "stores": stores}
        return Work(experiment="demo", key=key, date=day, attempt=attempt, steps=(), backends=backends, **values)

    def put(self, table: str, rows: pa.Table) -> None:
        """Write a table as a job does."""
        place = Path(self.settings.address(table))
        place.parent.mkdir(exist_ok=True)
        pq.write_table(rows, place)

    def rows(self, scores: dict[str, float | None], day: date | None = DAY) -> pa.Table:
        """A row per user."""
        values = [{"user_id": user, "score": score, "dt": day} for user, score in scores.items()]
        return pa.Table.from_pylist(values, schema=ARROW)

    def write(
        self,
        work: Work,
        name: str = "scores",
        rows: pa.Table | None = None,
        *,
        scores: Mapping[str, float | None] | None = None,
        **more: float | None,
    ) -> None:
        """Do what the job of an output would have done: rows as they are, or users with their scores."""
        users = {**(scores or {}), **more}
        place = warehouse_place(work.experiment, work.key, work.outputs[name])
        self.put(place.own(version(work, NOW)), self.rows(users, work.date) if rows is None else rows)

    def finish(self, work: Work, **scores: float | None) -> list[str]:
        """Do all of a run with one output; what its last task says."""
        clock = Clock()
        begin(work, self.warehouse, self.stores, clock.now, clock.sleep, clock.said.append)
        self.write(work, scores=scores)
        verify(work, self.warehouse, clock.now)
        keep(work, self.warehouse, self.stores)
        return put(work, self.warehouse, self.stores)

    def filled(self, table: str = "reco.v4__0badcafe") -> set[tuple[Any, ...]]:
        """What a table of the warehouse holds."""
        rows = pa.RecordBatchReader.from_stream(self.warehouse.read(table)).read_all()
        return {tuple(row.values()) for row in rows.to_pylist()}

    def served(self, table: str = "v4__0badcafe", store: str = "serving") -> dict[str, float]:
        """What an application reads of a place; nothing where there is no table."""
        with closing(sqlite3.connect(self.stores[store].path)) as connection:
            found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [table]).fetchone()
            return dict(connection.execute(f"SELECT user_id, score FROM {table}")) if found else {}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Empty backends."""
    (tmp_path / "stores").mkdir()
    stores = {
        name: SqliteTables(SqliteStore(path=str(tmp_path / "stores" / f"{name}.sqlite")))
        for name in ("serving", "push")
    }
    return Bench(tmp_path, stores)
