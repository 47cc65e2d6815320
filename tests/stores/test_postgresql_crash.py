"""Killed anywhere: what was served is still served, and running again ends where an undisturbed run does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bot.errors import SamedayError, Unreachable
from bot.experiment.model import Output
from bot.ports import Work
from bot.settings.kinds import FolderWarehouse, PostgresqlStore
from bot.stores.postgresql import Postgresql
from bot.tasks.sync import sync
from bot.warehouses.folder import ParquetFolder
from tests.far.postgresql import FAST, Server, running
from tests.far.wire import Wire

pytestmark = pytest.mark.slow

OLD, NEW = date(2026, 11, 23), date(2026, 11, 24)
COLUMNS = {"user_id": "STRING", "rank": "INT64", "dt": "DATE"}
TABLES = ("scores", "items")
ROWS = 2_000
WHOLE = {day: [(ROWS, day.day, day.day)] * len(TABLES) for day in (OLD, NEW)}


class Bench:
    """A warehouse with two days of two tables, and a database to sync them to."""

    def __init__(self, root: Path, server: Server, like: str = "") -> None:
        self.settings = FolderWarehouse(path=str(root / "warehouse"))
        self.warehouse = ParquetFolder(self.settings)
        self.server, self.dsn = server, server.database(like)

    def write(self, table: str, day: date, rows: int = ROWS) -> None:
        """What the job of an output would have written."""
        users = pa.array([f"u{i}" for i in range(rows)])
        values = pa.table({"user_id": users, "rank": [day.day] * rows, "dt": [day] * rows})
        pq.write_table(values, self.settings.address(f"reco.{table}__0badcafe_{day:%Y%m%d}"))

    def sync(self, day: date, dsn: str = "") -> list[str]:
        """The task of a day's run."""
        outputs = {
            name: Output.model_validate(
                {"table": f"reco.{name}", "job": "j", "columns": COLUMNS, "key": ["user_id"],
                 "partition": {"column": "dt"}, "sync": {"store": "serving", "table": name}}
            )
            for name in TABLES
        }  # fmt: skip
        work = Work(experiment="demo", key="0badcafe", date=day, steps=(), outputs=outputs)
        store = Postgresql(PostgresqlStore(kind="postgresql"), dsn or self.dsn, held=2)
        return sync(work, self.warehouse, {"serving": store})

    def sql(self, text: str) -> list[tuple[Any, ...]]:
        """What somebody else asks the database."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.execute(text)
            return cursor.fetchall() if cursor.description else []

    def served(self) -> list[tuple[Any, ...] | None]:
        """Rows, lowest and highest day of each table, as one reader sees both."""
        with psycopg.connect(self.dsn) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            return [connection.execute(f"SELECT count(*), min(rank), max(rank) FROM {t}").fetchone() for t in TABLES]

    def kept(self) -> tuple[Any, ...]:
        """All that the store left in the database, but for the numbers of its attempts."""
        versions = self.sql("SELECT target, version, active, digest FROM sameday.versions ORDER BY 1, 2")
        tables = self.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'sameday' AND tablename LIKE 'v%'")
        return versions, tables, self.sql("SELECT count(*) FROM sameday.leases"), self.served()

    def again(self) -> tuple[Any, ...]:
        """Run again when the lease of whoever was killed has run out; what there is then."""
        self.sql("UPDATE sameday.leases SET until = now() - interval '1 s'")
        self.sync(NEW)
        return self.kept()


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    """A server that may be killed."""
    with running(FAST) as server:
        yield server


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, own_server: Server) -> Bench:
    """The first day is shown."""
    root = tmp_path_factory.mktemp("first")
    (root / "warehouse").mkdir()
    bench = Bench(root, own_server)
    for table in TABLES:
        bench.write(table, OLD)
        bench.write(table, NEW)
    bench.sync(OLD)
    return bench


def another(bench: Bench) -> Bench:
    """The same in a database of its own."""
    return Bench(Path(bench.settings.path).parent, bench.server, bench.dsn)


@pytest.fixture(scope="module")
def calm(first: Bench) -> tuple[int, tuple[Any, ...]]:
    """How many packets an undisturbed sync of the second day sends, and what it leaves."""
    bench = another(first)
    with Wire(bench.server.port) as wire:
        bench.sync(NEW, wire.through(bench.dsn))
    assert bench.served() == WHOLE[NEW]
    return wire.packets, bench.kept()


PARTS, STEP = 8, 3  # a statement takes two or four packets, so that every third one meets all of them


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", range(PARTS))
def test_cut_off_before_any_packet(first: Bench, calm: tuple[int, tuple[Any, ...]], part: int) -> None:
    """To the database a client that was killed and one that lost its connection look the same."""
    packets, expected = calm
    cut = 0
    for number in range(part * STEP, packets, PARTS * STEP):
        bench = another(first)
        try:
            with Wire(bench.server.port, cut=number) as wire:
                bench.sync(NEW, wire.through(bench.dsn))
        except Unreachable:
            cut += 1
        assert bench.served() in WHOLE.values(), number
        assert bench.again() == expected, number
    assert cut >= packets // PARTS // STEP - 2, "at the very end nothing is left to lose"


def test_the_database_is_killed(first: Bench, calm: tuple[int, tuple[Any, ...]]) -> None:
    packets, expected = calm
    for number in range(packets // 12, packets, packets // 6):
        bench = another(first)
        with Wire(bench.server.port, number, bench.server.kill) as wire, pytest.raises(Unreachable):
            bench.sync(NEW, wire.through(bench.dsn))
        bench.server.start()
        assert bench.served() in WHOLE.values(), number
        assert bench.again() == expected, number


def test_the_disk_is_full(first: Bench) -> None:
    """No file of the server may grow beyond a few megabytes: to it that is a disk with no room."""
    bench, rows = another(first), 400_000
    bench.write("items", NEW, rows)
    bench.server.stop()
    bench.server.start(largest=17 * 2**20)  # its log's own files have 16 MiB
    with pytest.raises(SamedayError, match=r"items: PostgreSQL does not take the rows: .*File too large"):
        bench.sync(NEW)
    assert bench.served() == WHOLE[OLD]
    bench.server.stop()
    bench.server.start()
    bench.again()
    assert bench.served() == [WHOLE[NEW][0], (rows, NEW.day, NEW.day)]
    bench.write("items", NEW)


def test_a_lock_is_held_longer_than_a_swap_waits(first: Bench, calm: tuple[int, tuple[Any, ...]]) -> None:
    bench = another(first)
    with psycopg.connect(bench.dsn) as reader:
        reader.execute("SELECT * FROM items LIMIT 1")
        with pytest.raises(Unreachable, match="a reader keeps scores, items in a transaction for too long"):
            bench.sync(NEW)
        assert bench.served() == WHOLE[OLD]
    assert bench.again() == calm[1]


def test_two_syncs_of_one_run_at_once(first: Bench, calm: tuple[int, tuple[Any, ...]]) -> None:
    bench = another(first)
    said: list[list[str]] = []
    threads = [threading.Thread(target=lambda: said.append(bench.sync(NEW))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said[0] == said[1]
    assert bench.kept() == calm[1]
