"""What is watched of an output, with a pass that counts its rows and keys: DuckDB, a folder, 5 million rows.

    python benchmarks/watch.py [ROWS]

At most 2.5x, with what the place shows of the date before beside it. Below it each part alone.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.common import compare
from bot.experiment.model import Output
from bot.ports import Beside
from bot.settings.kinds import FolderWarehouse
from bot.warehouses.folder import ParquetFolder
from bot.warehouses.folder.query import answer

ROWS, LENGTH, CHOSEN = 5_000_000, 20, 20_000
TODAY, BEFORE = date(2026, 11, 27), date(2026, 11, 26)
LISTS = """
    SELECT 'user-' || (i // {length}) AS user_id, 'item-' || (hash(i, {night}) % 50000 * 20 + i % {length}) AS item_id,
        (hash(i + 1) % 1000003) / 1000003.0::DOUBLE AS score, DATE '{day}' AS dt
    FROM range({rows}) AS t(i)
"""
KEYS = """
    SELECT count(*) AS rows, (SELECT sum(n - 1) FROM (SELECT count(*) AS n FROM source GROUP BY user_id, item_id)) AS n
    FROM source
"""
KEYED: dict[str, Any] = {
    "table": "today", "job": "j", "partition": {"column": "dt"},
    "columns": {"user_id": "STRING", "item_id": "STRING", "score": "FLOAT64", "dt": "DATE"},
}  # fmt: skip
LISTED = Output.model_validate({**KEYED, "key": ["user_id", "item_id", "dt"]})
WITH_MEANS = Output.model_validate({**KEYED, "key": ["user_id", "item_id", "dt"], "expect": {"shifted": "warn"}})
OF_ROWS = Output.model_validate({**KEYED, "key": []})


def made(path: str, rows: int, day: date, night: int) -> None:
    """Write a day's lists."""
    sql = LISTS.format(length=LENGTH, night=night, day=day, rows=rows)
    duckdb.execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")


def timed(do: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


def keys(warehouse: ParquetFolder) -> None:
    """The pass that it is compared with."""
    with warehouse.layout.data("today").open("rb") as file:
        answer(KEYS, "today", {"source": file})


def main(rows: int) -> None:
    """Print the ratio, then the seconds of each part."""
    with tempfile.TemporaryDirectory() as folder:
        warehouse = ParquetFolder(FolderWarehouse(path=folder))
        made(warehouse.settings.address("today"), rows, TODAY, 1)
        made(warehouse.settings.address("place"), rows, BEFORE, 2)
        beside = Beside("place", BEFORE, max(1, rows // LENGTH // CHOSEN))
        counting = partial(timed, partial(keys, warehouse))
        parts = {
            "all, beside the date before": partial(warehouse.count, "today", LISTED, beside),
            "without the date before": partial(warehouse.count, "today", LISTED, None),
            "with means, without the date before": partial(warehouse.count, "today", WITH_MEANS, None),
            "fingerprint of the rows only": partial(warehouse.count, "today", OF_ROWS, None),
        }
        for name, count in parts.items():
            compare(f"{rows:,} rows, {name}", partial(timed, count), counting, 2.5, runs=5)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
