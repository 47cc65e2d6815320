"""Readers during fifty switches and rollbacks: what a flag names, and what a name shows, is always one whole release.

They have an application's rights, not the owner's, and begin no transaction before they ask, but one of them.
"""

from __future__ import annotations

import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psycopg
import pytest

from tests.far.postgresql import Server
from tests.fuzz import count
from tests.life.served import InPostgresql, Served
from tests.life.world import World

pytestmark = pytest.mark.slow

Ask = Callable[[str], Sequence[tuple[Any, ...]]]
"""Runs a query on a connection of its own."""


def ask_sqlite(path: Path) -> Ask:
    """The store's file, opened for reading only."""

    def ask(sql: str) -> Sequence[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return connection.execute(sql).fetchall()

    return ask


def ask_postgresql(dsn: str, world: World) -> Ask:
    """The database, as a role that may read what was served after the first release."""
    tables = ", ".join(("ann", "bob", *(str(named(world, name)) for name in ("ann", "bob"))))
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("DO $$ BEGIN CREATE ROLE life_reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        owner.execute(f"GRANT SELECT ON {tables} TO life_reader".encode())

    def ask(sql: str) -> Sequence[tuple[Any, ...]]:
        with psycopg.connect(dsn.replace("user=postgres", "user=life_reader"), autocommit=True) as connection:
            return connection.execute(sql.encode()).fetchall()

    return ask


def named(world: World, name: str) -> str | None:
    """The place that the flag names."""
    flag = world.flags.published(name)
    return flag["variants"]["new"]["table"] if flag else None


@contextmanager
def reading(*readers: Callable[[], None]) -> Iterator[None]:
    """Each reads again and again meanwhile; what one of them met is raised at the end."""
    over, faults = Event(), []

    def loop(read: Callable[[], None]) -> None:
        try:
            while not over.is_set():
                read()
        except BaseException as fault:
            faults.append(fault)

    threads = [Thread(target=loop, args=(reader,)) for reader in readers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
    if faults:
        raise faults[0]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_readers_see_one_whole_release(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    server: Server | None = request.getfixturevalue("server") if kind == "postgresql" else None
    served: Served | None = InPostgresql(server.database()) if server is not None else None
    world = World(tmp_path / "stack", {"ann": False, "bob": True}, served)
    for name in world.daily:
        world.edit(name, 1)
    world.release()
    ask = ask_sqlite(world.root / "serving.sqlite")
    if isinstance(served, InPostgresql):
        ask = ask_postgresql(served.dsn, world)
    numbers: defaultdict[str, set[int]] = defaultdict(set)
    looked: list[tuple[float, bool]] = []

    def by_flag() -> None:
        place = named(world, "ann")
        rows = ask(f"SELECT id, number FROM {place}")
        assert len(rows) == 2
        numbers[str(place)] |= {number for _, number in rows}

    def by_name() -> None:
        rows = ask("SELECT id, number FROM ann")
        assert (len(rows), len({number for _, number in rows})) == (2, 1)

    def twice() -> None:
        rows = ask("SELECT a.number, b.number FROM ann a JOIN ann b ON a.id = b.id")
        assert len({number for row in rows for number in row}) == 1

    def days() -> None:
        of_day = defaultdict(set)
        for day, number in ask("SELECT day, number FROM bob"):
            of_day[day].add(number)
        assert of_day
        assert all(len(one) == 1 for one in of_day.values())

    def gap() -> None:
        place = named(world, "ann")
        rows = ask("SELECT number FROM ann")
        looked.append((time.monotonic(), numbers[str(place)] <= {number for (number,) in rows}))

    with reading(by_flag, by_name, twice, days, gap):
        for turn in range(count(12, most=50)):
            for name in world.daily:
                world.edit(name, turn + 2)
            world.release()
            if turn % 3 == 2:
                world.roll_back("ann")
    assert max(len(one) for one in numbers.values()) == 1, "a place is of one release"
    assert len(numbers) > 1
    print(f"{kind}: a name was behind its flag for at most {longest(looked) * 1000:.0f} ms")


def longest(looked: Sequence[tuple[float, bool]]) -> float:
    """The longest time between two looks of which all in between differed, in seconds."""
    most, since = 0.0, looked[0][0]
    for at, same in looked:
        if same:
            since = at
        most = max(most, at - since)
    return most


def test_a_transaction_that_has_read_a_name_reads_the_same_again(server: Server, tmp_path: Path) -> None:
    """The name waits for it, and is due again; the flag has gone on."""
    served = InPostgresql(server.database())
    world = World(tmp_path / "stack", {"ann": False}, served)
    world.edit("ann", 1)
    world.release()
    with psycopg.connect(served.dsn) as reader:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        assert reader.execute("SELECT DISTINCT number FROM ann").fetchall() == [(1,)]
        world.edit("ann", 2)
        first = named(world, "ann")
        world.release()
        assert named(world, "ann") != first
        assert reader.execute("SELECT DISTINCT number FROM ann").fetchall() == [(1,)]
    world.release()
    assert {row["number"] for row in served.rows("ann")} == {2}
