"""Whoever reads while versions are swapped sees one whole version: never none, never two, never a part."""

from __future__ import annotations

import subprocess
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pyarrow as pa
import pytest

from bot.ports import Target
from tests.ports.conftest import StoreCase
from tests.some import some

pytestmark = pytest.mark.slow

COLUMNS = (("id", "INT64"), ("version", "INT64"))
SCORES, ITEMS = Target("scores", COLUMNS, ("id",)), Target("items", COLUMNS, ("id",))
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


def versions(rows: Callable[..., pa.RecordBatchReader], number: int) -> pa.RecordBatchReader:
    """A table of which every row says the same number."""
    return rows(id=range(ROWS), version=[number] * ROWS)


def test_no_reader_sees_anything_but_one_version(
    store: StoreCase, rows: Callable[..., pa.RecordBatchReader], elsewhere: Callable[..., subprocess.Popen[str]]
) -> None:
    names = [f"demo-0badcafe-{20260000 + number}" for number in range(SWAPS + 1)]
    live = store.open()
    for target in (SCORES, ITEMS):
        live.load(target, names[0], versions(rows, 0))
    live.activate(dict.fromkeys((SCORES, ITEMS), names[:1]))
    process = elsewhere(SCAN, store.connect)
    assert some(process.stdout).readline() == "reading\n"
    with Readers(store) as readers:
        for number, name in enumerate(names[1:], start=1):
            for target in (SCORES, ITEMS):
                live.load(target, name, versions(rows, number))
            live.activate({target: [name] for target in (SCORES, ITEMS)[:: number % 2 * 2 - 1]})  # in either order
            live.prune(SCORES, names[number - 1 :])
            live.prune(ITEMS, names[number - 1 :])
        last = ""
        while last != f"{ROWS} {ROWS} {SWAPS} {SWAPS}\n":
            rows_seen, ids, low, high = (last := some(process.stdout).readline()).split()
            assert (rows_seen, ids, low) == (str(ROWS), str(ROWS), high)
    assert readers.faults == []
    assert all(readers.saw[look.__name__] >= SWAPS for look in (scan, transaction, point)), readers.saw
    assert list(live.versions(SCORES)) == [names[SWAPS], names[SWAPS - 1]]
