"""Killed anywhere: what was served is still served, and running again ends where an undisturbed run does."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from bot.errors import SamedayError, Unreachable
from bot.ports import Place, Version
from bot.settings.kinds import PostgresqlStore
from bot.stores.postgresql import Postgresql
from tests.far.postgresql import FAST, Server, running
from tests.far.wire import Wire

pytestmark = pytest.mark.slow

OLD, NEW = date(2026, 11, 23), date(2026, 11, 24)
BEGUN = datetime(2026, 11, 24, 4, tzinfo=UTC)
SPECS = {OLD: "0badcafe", NEW: "feedbeef"}
COLUMNS = (("user_id", "STRING"), ("rank", "INT64"), ("dt", "DATE"))
SCORES = Place("demo", "scores", "", COLUMNS, ("user_id", "dt"))
ITEMS = replace(SCORES, table="items", partition="dt", days=3)
TABLES = ("scores", "items")
ROWS = 2_000
WHOLE = {day: [(ROWS, day.day, day.day)] * len(TABLES) for day in (OLD, NEW)}


class Bench:
    """Two days of two tables, each day made by a spec of its own, and a database to release them to."""

    def __init__(self, server: Server, like: str = "") -> None:
        self.server, self.dsn = server, server.database(like)

    def release(self, day: date, dsn: str = "", rows: Mapping[str, int] | None = None) -> list[Version]:
        """What the run of a spec and the switch to it do: a place that is a view, and one of days."""
        store = Postgresql(PostgresqlStore(kind="postgresql"), dsn or self.dsn, held=2)
        places = [replace(place, spec=SPECS[day]) for place in (SCORES, ITEMS)]
        made = []
        for place in places:
            version, count = Version("demo", place.spec, day, BEGUN), (rows or {}).get(place.table, ROWS)
            users = pa.array([f"u{i}" for i in range(count)])
            values = pa.table({"user_id": users, "rank": [day.day] * count, "dt": pa.array([day] * count)})
            store.begin(place, version)
            made.append(store.keep(place, version, values.to_reader()))
            assert store.put(place, made[-1])
        store.point(places)
        return made

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
        """All that the store left in the database, but for the numbers of its tables and the times."""
        versions = self.sql("SELECT place, date, attempt, row_count, digest FROM sameday.versions ORDER BY 1, 2")
        inside = self.sql("SELECT place, date, attempt, digest FROM sameday.inside ORDER BY 1, 2")
        tables = self.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'sameday' AND tablename LIKE 'v%'")
        rest = self.sql("SELECT (SELECT count(*) FROM sameday.leases), (SELECT count(*) FROM sameday.rubbish)")
        return versions, inside, tables, rest, self.served()

    def again(self) -> tuple[Any, ...]:
        """Release again when the lease of whoever was killed has run out; what there is then."""
        self.sql("UPDATE sameday.leases SET until = now() - interval '1 s'")
        self.release(NEW)
        return self.kept()


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    """A server that may be killed."""
    with running(FAST) as server:
        yield server


@pytest.fixture(scope="module")
def first(own_server: Server) -> Bench:
    """The first day is shown."""
    bench = Bench(own_server)
    bench.release(OLD)
    return bench


def another(bench: Bench) -> Bench:
    """The same in a database of its own."""
    return Bench(bench.server, bench.dsn)


@pytest.fixture(scope="module")
def calm(first: Bench) -> tuple[int, tuple[Any, ...]]:
    """How many packets an undisturbed release of the second day sends, and what it leaves."""
    bench = another(first)
    with Wire(bench.server.port) as wire:
        bench.release(NEW, wire.through(bench.dsn))
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
                bench.release(NEW, wire.through(bench.dsn))
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
            bench.release(NEW, wire.through(bench.dsn))
        bench.server.start()
        assert bench.served() in WHOLE.values(), number
        assert bench.again() == expected, number


def test_the_disk_is_full(first: Bench) -> None:
    """No file of the server may grow beyond a few megabytes: to it that is a disk with no room."""
    bench, many = another(first), {"items": 400_000}
    bench.server.stop()
    bench.server.start(largest=17 * 2**20)  # its log's own files have 16 MiB
    with pytest.raises(SamedayError, match=r"items: PostgreSQL does not take the rows: .*File too large"):
        bench.release(NEW, rows=many)
    assert bench.served() == WHOLE[OLD]
    bench.server.stop()
    bench.server.start()
    bench.sql("UPDATE sameday.leases SET until = now() - interval '1 s'")
    bench.release(NEW, rows=many)
    assert bench.served() == [WHOLE[NEW][0], (400_000, NEW.day, NEW.day)]


def test_a_lock_is_held_longer_than_a_switch_waits(first: Bench, calm: tuple[int, tuple[Any, ...]]) -> None:
    bench = another(first)
    with psycopg.connect(bench.dsn) as reader:
        reader.execute("SELECT * FROM items LIMIT 1")
        with pytest.raises(Unreachable, match="a reader keeps scores, items in a transaction for too long"):
            bench.release(NEW)
        assert bench.served() == WHOLE[OLD]
    assert bench.again() == calm[1]


def test_two_runs_of_one_version_at_once(first: Bench, calm: tuple[int, tuple[Any, ...]]) -> None:
    bench = another(first)
    said: list[list[Version]] = []
    threads = [threading.Thread(target=lambda: said.append(bench.release(NEW))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said[0] == said[1]
    assert bench.kept() == calm[1]
