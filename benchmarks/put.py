"""A day put into places that show 1, 30 and 365 days, in a folder, in SQLite and in PostgreSQL.

    python benchmarks/put.py [ROWS-A-DAY] [DAYS ...]

Beside it is what making the day takes anyway: a store's load of its rows, or for a folder, whose place is one file
that each put rewrites, DuckDB's plain copy of that file. 365 days of 5 million rows need 60 GB of disk.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parents[1]))

from bot.experiment.model import Output
from bot.ports import Place, Store, Version
from bot.settings.kinds import FolderWarehouse, PostgresqlStore, SqliteStore
from bot.stores.postgresql import Postgresql
from bot.stores.sqlite import SqliteTables
from bot.warehouses.folder import ParquetFolder
from bot.warehouses.folder.catalogue import Catalogue
from bot.warehouses.folder.sidecar import write
from tests.far.postgresql import binaries, running

ROWS, DAYS, BATCH = 5_000, (1, 30, 365), 65_536
TODAY, NOW = date(2026, 11, 26), datetime(2026, 11, 26, 4, tzinfo=UTC)
COLUMNS = (("user_id", "INT64"), ("item_id", "INT64"), ("score", "FLOAT64"), ("dt", "DATE"))
SOURCE = """
    SELECT (hash(i) % 1000000)::BIGINT AS user_id, i AS item_id, (hash(i + 1) % 1000003) / 1000003.0::DOUBLE AS score,
           DATE '{last}' - (i // {rows})::INTEGER AS dt
    FROM range({rows} * {days}) AS t(i)
"""
FORM = "(FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)"


def made(path: str, rows: int, days: int, last: date) -> None:
    """Write so many days, the last one first."""
    duckdb.execute(f"COPY ({SOURCE.format(rows=rows, days=days, last=last)}) TO '{path}' {FORM}")


def version(day: date) -> Version:
    """A version of the benchmark's place."""
    return Version("bench", "0badcafe", day, NOW, whole=NOW)


def place(days: int) -> Place:
    """A place that shows so many days."""
    return Place("bench", "scores", "0badcafe", COLUMNS, ("user_id", "item_id", "dt"), "dt", days)


def prepared(folder: Path, rows: int, days: int) -> tuple[ParquetFolder, Version]:
    """A folder whose place shows the days before today, and today's version, whole."""
    warehouse, into = ParquetFolder(FolderWarehouse(path=str(folder))), place(days)
    before = [TODAY - timedelta(days=back) for back in range(1, days + 1)]
    made(warehouse.settings.address(into.name), rows, days, before[0])
    shown = tuple(version(day) for day in before)
    write(warehouse.layout, into.name, Catalogue("bench", "main.scores", "0badcafe", into.daily, shown, shown))
    today = version(TODAY)
    made(warehouse.settings.address(into.own(today)), rows, 1, TODAY)
    output = Output.model_validate(
        {"table": "scores", "job": "j", "columns": dict(COLUMNS), "partition": {"column": "dt"}}
    )
    whole = replace(today, rows=rows, digest=warehouse.profile(into.own(today), output, TODAY).content)
    warehouse.keep(into, whole)
    return warehouse, whole


def seconds(do: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


def folder_put(rows: int, days: int) -> tuple[float, float]:
    """Seconds of the put, and of DuckDB's copy of the place's file."""
    with tempfile.TemporaryDirectory() as name:
        warehouse, whole = prepared(Path(name), rows, days)
        path, copy = warehouse.settings.address(place(days).name), Path(name) / "copy"
        plain = seconds(lambda: duckdb.execute(f"COPY (FROM '{path}') TO '{copy}' {FORM}"))
        copy.unlink()
        return seconds(lambda: warehouse.put(place(days), whole)), plain


def store_put(store: Store, rows: int, days: int) -> tuple[float, float]:
    """Seconds of the put, and of loading the day before it."""
    into = place(days)
    for back in range(days, 0, -1):
        load(store, into, rows, TODAY - timedelta(days=back))
        store.put(into, version(TODAY - timedelta(days=back)))
    loading = seconds(lambda: load(store, into, rows, TODAY))
    return seconds(lambda: store.put(into, version(TODAY))), loading


def load(store: Store, into: Place, rows: int, day: date) -> None:
    """Give the store a day's rows as a version that nobody reads."""
    source: pa.RecordBatchReader = duckdb.sql(SOURCE.format(rows=rows, days=1, last=day)).to_arrow_reader(BATCH)
    store.keep(into, version(day), source)


def told(backend: str, rows: int, days: int, took: tuple[float, float], beside: str) -> None:
    """Print one line."""
    put, other = took
    print(f"{backend:10} {rows:,} rows into {days:3} days: {put:.3f} s; {beside} {other:.3f} s", flush=True)


def main(rows: int, counts: tuple[int, ...]) -> None:
    """Print what a day costs in each place of each backend."""
    for days in counts:
        told("folder", rows, days, folder_put(rows, days), "DuckDB's copy of the file")
    for days in counts:
        with tempfile.TemporaryDirectory() as name:
            store = SqliteTables(SqliteStore(kind="sqlite", path=f"{name}/store.db"))
            told("sqlite", rows, days, store_put(store, rows, days), "its load")
    if binaries() is None:
        print("postgresql is not installed")
        return
    with running() as server:
        for days in counts:
            postgresql = Postgresql(PostgresqlStore(kind="postgresql"), server.database())
            told("postgresql", rows, days, store_put(postgresql, rows, days), "its load")


if __name__ == "__main__":
    words = [int(word) for word in sys.argv[1:]]
    main(words[0] if words else ROWS, tuple(words[1:]) or DAYS)
