"""Whoever reads while names are pointed and versions put sees one whole version: never none, never two, no part."""

from __future__ import annotations

import subprocess
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from bot.ports import Place, Version
from tests.ports.conftest import StoreCase
from tests.some import some

pytestmark = pytest.mark.slow

COLUMNS = (("id", "INT64"), ("version", "INT64"))
SCORES = Place("demo", "scores", "0badcafe", COLUMNS, ("id",))
DAYS = replace(SCORES, columns=(*COLUMNS, ("dt", "DATE")), key=("dt", "id"), partition="dt", days=2)
SPECS = "0badcafe", "feedbeef"
FIRST, BEGUN = date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)
ROWS, SWAPS = 500, 50
WHOLE = "SELECT count(*), count(DISTINCT id), min(version), max(version) FROM {}"

SCAN = """
connection = port
whole = "SELECT count(*), count(DISTINCT id), min(version), max(version) FROM scores"
print("reading", flush=True)
while True:
    rows, ids, low, high = connection.execute(whole).fetchone()
    print(rows, ids, low, high, flush=True)
"""


class Readers:
    """Threads that each read over and over on a connection of their own, and what they saw."""

    def __init__(self, store: StoreCase) -> None:
        self.store = store
        self.over = threading.Event()
        self.saw: Counter[str] = Counter()
        self.faults: list[str] = []
        self.threads = [threading.Thread(target=self.loop, args=(look,)) for look in (scan, scan, transaction, point)]

    def loop(self, look: Callable[[Any, str], list[str]]) -> None:
        """Read until it is over; an error is a fault too."""
        try:
            with closing(self.store.connect()) as connection:
                while not self.over.wait(0.001):  # a breath for the one who loads
                    self.faults += look(connection, self.store.begin)
                    self.saw[look.__name__] += 1
        except Exception as error:  # whatever it is, an application would have got it
            self.faults.append(repr(error))

    def __enter__(self) -> Readers:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()


def scan(connection: Any, begin: str) -> list[str]:
    """One read of everything."""
    rows, ids, low, high = connection.execute(WHOLE.format("scores")).fetchone()
    return [] if (rows, ids, low) == (ROWS, ROWS, high) else [f"scan {rows} {ids} {low} {high}"]


def transaction(connection: Any, begin: str) -> list[str]:
    """Both tables, several times within one long transaction: all of one version."""
    connection.execute(begin)
    seen = [connection.execute(WHOLE.format(table)).fetchone() for table in ("scores", "items") * 4]
    connection.execute("COMMIT")
    return [] if len(set(seen)) == 1 and seen[0][:2] == (ROWS, ROWS) else [f"transaction {seen}"]


def point(connection: Any, begin: str) -> list[str]:
    """One row by its key."""
    found = connection.execute("SELECT version FROM scores WHERE id = 321").fetchall()
    return [] if len(found) == 1 else [f"point {found}"]


def put(store: StoreCase, place: Place, number: int) -> None:
    """Put a version of which every row says the same number, for a day of its own."""
    day = FIRST + timedelta(days=number)
    columns: dict[str, Any] = {"id": range(ROWS), "version": [number] * ROWS}
    if place.partition:
        columns["dt"] = pa.array([day] * ROWS, pa.date32())
    live = store.open()
    kept = live.keep(place, Version("demo", place.spec, day, BEGUN), pa.table(columns).to_reader())
    assert live.put(place, kept)


@pytest.mark.timeout(300)
def test_no_reader_of_names_sees_anything_but_one_version(
    store: StoreCase, elsewhere: Callable[..., subprocess.Popen[str]]
) -> None:
    """Two names at once, from one spec's places to the other's and back."""
    live = store.open()
    places = [[replace(SCORES, table=table, spec=spec) for table in ("scores", "items")] for spec in SPECS]
    for place in places[0]:
        put(store, place, 0)
    live.point(places[0])
    process = elsewhere(SCAN, store.connect)
    assert some(process.stdout).readline() == "reading\n"
    with Readers(store) as readers:
        for number in range(1, SWAPS + 1):
            both = places[number % 2]
            for place in both:
                put(store, place, number)
            live.point(both if number % 4 < 2 else both[::-1])  # in either order
            for place in both if number % 10 == 0 else ():
                live.prune("demo", place.table, SPECS, BEGUN + timedelta(days=1))
        last = ""
        while last != f"{ROWS} {ROWS} {SWAPS} {SWAPS}\n":
            rows_seen, ids, low, high = (last := some(process.stdout).readline()).split()
            assert (rows_seen, ids, low) == (str(ROWS), str(ROWS), high)
    assert readers.faults == []
    assert all(readers.saw[look.__name__] >= SWAPS for look in (scan, transaction, point)), readers.saw
    assert [one.date for one in live.inside(places[0][0])] == [FIRST + timedelta(days=SWAPS)]


@pytest.mark.parametrize("place", [SCORES, DAYS], ids=["whole", "daily"])
def test_no_reader_sees_a_part_of_what_is_put(store: StoreCase, place: Place) -> None:
    """Runs go on putting versions into a place that is read, by its own name and by the declared one."""
    put(store, place, 0)
    put(store, place, 1)
    store.open().point([place])
    over, faults, saw = threading.Event(), [], Counter[str]()
    per_version = "SELECT count(*), count(DISTINCT id) FROM {} GROUP BY version"

    def read(name: str) -> None:
        with closing(store.connect()) as connection:
            while not over.wait(0.001):
                groups = connection.execute(per_version.format(name)).fetchall()
                saw[name] += 1
                if len(groups) != place.days or set(groups) != {(ROWS, ROWS)}:
                    faults.append(f"{name} {groups}")

    threads = [threading.Thread(target=read, args=(name,)) for name in ("scores", place.name, "scores")]
    for thread in threads:
        thread.start()
    for number in range(2, SWAPS):
        put(store, place, number)
        store.open().prune("demo", "scores", [place.spec], BEGUN + timedelta(days=1))
    over.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert all(saw[name] >= SWAPS for name in ("scores", place.name)), saw
