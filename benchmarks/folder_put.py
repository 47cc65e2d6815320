"""A day put into places of a folder that show 1, 30 and 365 days, beside DuckDB's plain copy of as many rows.

    python benchmarks/folder_put.py [ROWS-A-DAY] [DAYS ...]

A place is one file, so that each day that is put rewrites all of them: 365 days of 5 million rows are 20 GB, twice.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).parents[1]))

from bot.experiment.model import Output
from bot.ports import Place, Version
from bot.settings.kinds import FolderWarehouse
from bot.warehouses.folder import ParquetFolder
from bot.warehouses.folder.catalogue import Catalogue
from bot.warehouses.folder.sidecar import write

ROWS, DAYS = 5_000_000, (1, 30, 365)
LIMIT = 1.5  # times the plain copy, where there is more than one day
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


def prepared(folder: Path, rows: int, days: int) -> tuple[ParquetFolder, Place, Version]:
    """A place that shows the days before today, and today's version, whole."""
    warehouse = ParquetFolder(FolderWarehouse(path=str(folder)))
    place = Place("bench", "scores", "0badcafe", COLUMNS, ("user_id", "item_id", "dt"), "dt", days)
    before = [TODAY - timedelta(days=back) for back in range(1, days + 1)]
    made(warehouse.settings.address(place.name), rows, days, before[0])
    shown = tuple(version(day) for day in before)
    write(warehouse.layout, place.name, Catalogue("bench", "main.scores", "0badcafe", place.daily, shown, shown))
    today = version(TODAY)
    made(warehouse.settings.address(place.own(today)), rows, 1, TODAY)
    output = Output.model_validate(
        {"table": "scores", "job": "j", "columns": dict(COLUMNS), "partition": {"column": "dt"}}
    )
    whole = replace(today, rows=rows, digest=warehouse.profile(place.own(today), output, TODAY).content)
    warehouse.keep(place, whole)
    return warehouse, place, whole


def seconds(do: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


def main(rows: int, counts: tuple[int, ...]) -> None:
    """Print what a day costs in each place."""
    for days in counts:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            warehouse, place, whole = prepared(folder, rows, days)
            path, copy = warehouse.settings.address(place.name), folder / "copy"
            plain = seconds(lambda: duckdb.execute(f"COPY (FROM '{path}') TO '{copy}' {FORM}"))  # noqa: B023
            copy.unlink()
            ours = seconds(lambda: warehouse.put(place, whole))  # noqa: B023
            size, peak = Path(path).stat().st_size / 1e6, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            limit = f"; at most {LIMIT}x" if days > 1 else ""
            print(
                f"{rows:,} rows into {days} days: {ours:.2f} s against {plain:.2f} s, {ours / plain:.2f}x{limit}; "
                f"a file of {size:,.0f} MB, at most {peak:,} MB of memory so far"
            )


if __name__ == "__main__":
    words = [int(word) for word in sys.argv[1:]]
    main(words[0] if words else ROWS, tuple(words[1:]) or DAYS)
