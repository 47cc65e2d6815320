"""Readers of PostgreSQL while their name is pointed from place to place: what they saw, and how long they waited.

    python benchmarks/readers.py [ROWS]

Full scans, point reads and transactions of half a second, each in a process of its own, during 50 swaps with the
data's own load in between, and for as long without any. Needs PostgreSQL (apt-get install postgresql).
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).parents[1]))

from bot.ports import Place, Version
from bot.settings.kinds import PostgresqlStore
from bot.stores.postgresql import Postgresql
from tests.far.postgresql import running

ROWS, SWAPS = 200_000, 50
COLUMNS = (("id", "INT64"), ("version", "INT64"))
TUNED = ("shared_buffers=1GB", "max_wal_size=8GB")
READER = """
import json, random, sys, threading, time
import psycopg
dsn, kind, rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
WHOLE = "SELECT count(*), min(version), max(version) FROM scores"
over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
reads = wrong = 0
worst = 0.0
with psycopg.connect(dsn, autocommit=True) as connection:
    print("reading", flush=True)
    while not over.is_set():
        start = time.perf_counter()
        if kind == "point":
            sql = "SELECT count(*), min(version), max(version) FROM scores WHERE id = %s"
            seen = [connection.execute(sql, [random.randrange(rows)]).fetchone()]
        elif kind == "scan":
            seen = [connection.execute(WHOLE).fetchone()]
        else:
            with connection.transaction():
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                seen = [connection.execute(WHOLE).fetchone()]
                time.sleep(0.5)
                seen += [connection.execute(WHOLE).fetchone() for _ in range(2)]
        worst = max(worst, time.perf_counter() - start)
        reads += len(seen)
        expected = 1 if kind == "point" else rows
        wrong += sum(one[0] != expected or one[1] != one[2] for one in seen)
        wrong += len(set(seen)) != 1
print(json.dumps([reads, wrong, worst]), flush=True)
"""
KINDS = ("scan", "point", "point", "transaction")


def begin(dsn: str, rows: int) -> list[subprocess.Popen[str]]:
    """Readers that read already."""
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, dsn, kind, str(rows)], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for kind in KINDS
    ]  # fmt: skip
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "reading\n"
    return readers


def end(readers: list[subprocess.Popen[str]]) -> dict[str, list[tuple[int, int, float]]]:
    """What each kind of reader saw: reads, wrong ones, the longest in seconds."""
    found: dict[str, list[tuple[int, int, float]]] = {}
    for kind, reader in zip(KINDS, readers, strict=True):
        said, _ = reader.communicate("")
        found.setdefault(kind, []).append(tuple(json.loads(said)))
    return found


def told(title: str, found: dict[str, list[tuple[int, int, float]]]) -> float:
    """Print it; the longest point read in seconds."""
    for kind, seen in found.items():
        reads, wrong = sum(one[0] for one in seen), sum(one[1] for one in seen)
        worst = max(one[2] for one in seen)
        print(f"  {title}: {kind:11} {reads:7,} reads, {wrong} wrong, the longest {worst * 1000:.0f} ms")
    return max(one[2] for one in found["point"])


def main(rows: int) -> None:
    """Print what readers saw."""
    with running(*TUNED) as server:
        dsn = server.database()
        store = Postgresql(PostgresqlStore(kind="postgresql"), dsn)

        def load(number: int) -> Place:
            sql = f"SELECT range::BIGINT AS id, {number}::BIGINT AS version FROM range({rows})"
            place = Place("bench", "scores", f"{number:08x}", COLUMNS, ("id",))
            version = Version("bench", place.spec, date(2026, 11, 1), datetime.now(UTC))
            store.put(place, store.keep(place, version, duckdb.sql(sql).to_arrow_reader(65_536)))
            return place

        before_last = load(0)
        store.point([before_last])
        readers, swaps, start = begin(dsn, rows), [], time.perf_counter()
        for number in range(1, SWAPS + 1):
            place = load(number)
            before = time.perf_counter()
            store.point([place])
            swaps.append(time.perf_counter() - before)
            store.prune("bench", "scores", [place.spec, before_last.spec], datetime.now(UTC))
            before_last = place if number < SWAPS else before_last
        took = time.perf_counter() - start
        with_swaps = told(f"{SWAPS} swaps", end(readers))
        swaps.sort()
        print(f"  a swap took {swaps[len(swaps) // 2] * 1000:.0f} ms, the longest {swaps[-1] * 1000:.0f} ms")
        before = time.perf_counter()
        store.point([before_last])
        print(f"  back to the version before, nobody reading: {(time.perf_counter() - before) * 1000:.0f} ms")
        readers = begin(dsn, rows)
        time.sleep(took)
        without = told("no swaps", end(readers))
        print(f"the longest point read: {with_swaps / without:.1f}x of the longest without swaps")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else ROWS)
