"""Filling PostgreSQL beside psql's own binary COPY, in turn; then the whole sync, its memory, and dlt's time.

    python benchmarks/sync.py [ROWS] [PYTHON-WITH-DLT]

Needs PostgreSQL (apt-get install postgresql); the second Python is one that has dlt[postgres] and pyarrow.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import psycopg
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parents[1]))

from bot.ports import Place, Version
from bot.settings.kinds import PostgresqlStore
from bot.stores.postgresql import Postgresql
from bot.stores.postgresql.version import Versions
from tests.far.postgresql import Server, running

ROWS, BATCH, TURNS = 5_000_000, 65_536, 5
LEAST = 0.85  # of psql's rows per second, in the load phase
COLUMNS = (("user_id", "INT64"), ("item_id", "INT64"), ("score", "FLOAT64"), ("generated_at", "TIMESTAMP"))
PLACE = Place("bench", "scores", "0badcafe", COLUMNS, ("user_id", "item_id"))
ASIDE = 1_000_000  # the number of the table that the load phase alone fills: none that the catalogue gives
TUNED = ("shared_buffers=1GB", "max_wal_size=8GB", "maintenance_work_mem=512MB")
SOURCE = """
    SELECT (hash(i) % 1000000)::BIGINT AS user_id, i AS item_id, (hash(i + 1) % 1000003) / 1000003.0::DOUBLE AS score,
           make_timestamptz((1795406706000000 + hash(i + 2) % 1000000007)::BIGINT) AS generated_at
    FROM range({rows}) AS t(i) ORDER BY hash(i + 3)
"""
OURS = """
import sys
from pathlib import Path
import pyarrow as pa
from benchmarks.sync import PLACE, stream, version
from bot.settings.kinds import PostgresqlStore
from bot.stores.postgresql import Postgresql
Postgresql(PostgresqlStore(kind="postgresql"), sys.argv[1]).keep(PLACE, version(1), stream(Path(sys.argv[2])))
(peak,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
print(int(peak.split()[1]) // 1024)
"""
THEIRS = """
import os, sys, time
import dlt, pyarrow as pa
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
batches = lambda: pa.ipc.open_stream(sys.argv[2])
start = time.perf_counter()
pipeline = dlt.pipeline("bench", dataset_name="dlt", destination=dlt.destinations.postgres(sys.argv[1]),
                        pipelines_dir=sys.argv[3])
pipeline.run(dlt.resource(batches, name="scores"), write_disposition="replace")
print(time.perf_counter() - start)
"""


def write(folder: Path, rows: int) -> Path:
    """Shuffled rows as an Arrow stream."""
    place = folder / f"{rows}.arrows"
    found = duckdb.sql(SOURCE.format(rows=rows)).to_arrow_reader(BATCH)
    with pa.OSFile(str(place), "wb") as file, pa.ipc.new_stream(file, found.schema) as sink:
        for batch in found:
            sink.write_batch(batch)
    return place


def stream(place: Path) -> pa.RecordBatchReader:
    """The rows, a batch at a time."""
    return pa.ipc.open_stream(pa.OSFile(str(place)))


def version(attempt: int) -> Version:
    """A version of the benchmark's place."""
    now = datetime(2026, 11, 26, 4, tzinfo=UTC)
    return Version("bench", "0badcafe", date(2026, 11, 26), now, attempt, now)


def psql(server: Server, dsn: str, binary: Path) -> float:
    """Seconds of psql's COPY into an empty table."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS limit_")
        connection.execute("CREATE TABLE limit_ (user_id bigint, item_id bigint, score double precision, "
                           "generated_at timestamptz)")  # fmt: skip
    copy = f"\\copy limit_ FROM '{binary}' WITH (FORMAT binary)"
    return timed(lambda: subprocess.run([str(server.bin / "psql"), "-q", dsn, "-c", copy], check=True))


def phase(dsn: str, source: Path) -> float:
    """Seconds of our load phase into an empty table: from the first batch read to the commit."""
    parts = Versions(dsn, "sameday")
    parts.create(PLACE, ASIDE)
    return timed(lambda: parts.copy(PLACE, ASIDE, stream(source)))


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def whole(store: Postgresql, source: Path, turn: int) -> float:
    """Seconds of a whole sync: load, key, statistics, proof, put into its place."""

    def sync() -> None:
        store.keep(PLACE, version(turn), stream(source))
        assert store.put(PLACE, version(turn))

    return timed(sync)


def memory(dsn: str, source: Path) -> int:
    """The most that a process which loads had in memory, in MB."""
    done = subprocess.run([sys.executable, "-c", OURS, dsn, str(source)], check=True, text=True, capture_output=True,
                          cwd=Path(__file__).parents[1])  # fmt: skip
    return int(done.stdout.split()[-1])  # DuckDB shows its progress to a program that comes from -c


def main(rows: int, dlt: str | None) -> None:
    """Print the ratios."""
    with tempfile.TemporaryDirectory() as name, running(*TUNED) as server:
        folder, dsn = Path(name), server.database()
        source, small = write(folder, rows), write(folder, rows // 10)
        store = Postgresql(PostgresqlStore(kind="postgresql"), dsn)
        binary = folder / "rows.bin"
        store.keep(PLACE, version(1), stream(source))
        out = f"\\copy sameday.v1 TO '{binary}' WITH (FORMAT binary)"
        subprocess.run([str(server.bin / "psql"), "-q", dsn, "-c", out], check=True)
        pairs = [(phase(dsn, source), psql(server, dsn, binary)) for _ in range(TURNS)]
        ratios = sorted(theirs / ours for ours, theirs in pairs)
        ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
        spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
        print(f"load phase, {rows:,} rows: {ours:.2f} s against psql's {theirs:.2f} s, "
              f"{statistics.median(ratios):.2f} of its rate ({spread}; at least {LEAST})")  # fmt: skip
        times = [whole(store, source, turn) for turn in range(2, 5)]
        print(f"whole sync: {statistics.median(times):.2f} s ({min(times):.2f} to {max(times):.2f}), "
              f"{statistics.median(times) / theirs:.1f}x psql's COPY alone")  # fmt: skip
        print(f"memory: {memory(server.database(), source)} MB for {rows:,} rows, "
              f"{memory(server.database(), small)} MB for {rows // 10:,}")  # fmt: skip
        if dlt:
            url = dsn_url(server, server.database())
            done = subprocess.run([dlt, "-c", THEIRS, url, str(source), str(folder / "dlt")], check=True, text=True,
                                  capture_output=True)  # fmt: skip
            print(f"dlt, replace: {float(done.stdout.splitlines()[-1]):.2f} s")


def dsn_url(server: Server, dsn: str) -> str:
    """The same database in the form that dlt takes."""
    return f"postgresql://postgres:x@127.0.0.1:{server.port}/{dsn.rpartition('=')[2]}"


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else ROWS, sys.argv[2] if sys.argv[2:] else None)
