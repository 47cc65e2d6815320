"""A warehouse of Parquet files in a folder, queried by DuckDB. A table is one file, replaced as a whole."""

from __future__ import annotations

import difflib
import fcntl
import os
import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from bot.errors import Refused
from bot.experiment.model import Output
from bot.ports import Absent, Batches, Dataset, Denied, Profile, Table
from bot.settings import FolderWarehouse

STAGED = re.compile(r"__[0-9a-f]{8}_[0-9]{8}(_[0-9]+)?\.parquet\Z")
BATCH_ROWS = 65_536


class Folder:
    """The tables below one folder."""

    def __init__(self, settings: FolderWarehouse) -> None:
        self.settings = settings
        self.root = Path(settings.path)

    def describe(self, tables: Collection[str]) -> Mapping[str, Table | Absent | Denied]:
        """What is known of each table, from the files' footers."""
        return {table: self._describe(table) for table in tables}

    def profile(self, table: str, output: Output, day: date) -> Profile:
        """Counts over the whole table."""
        nulls = [f"count(*) - count({_quoted(column)})" for column in output.columns]
        column = _quoted(output.partition.column) if output.partition else None
        other = f"count(*) FILTER ({column} IS DISTINCT FROM ?)" if column else "0"
        values = [day] if column else []
        rows, others, *counts = self._query(f"SELECT count(*), {other}, {', '.join(nulls)} FROM source", table, values)
        duplicates = 0
        if output.key:
            key = ", ".join(_quoted(name) for name in output.key)
            sql = f"SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM source GROUP BY {key})"
            (duplicates,) = self._query(sql, table, [])
        return Profile(rows, int(duplicates), dict(zip(output.columns, counts, strict=True)), others)

    def holds(self, table: str, column: str, day: date) -> bool:
        """Whether the table has rows of that day."""
        sql = f"SELECT count(*) FROM (SELECT 1 FROM source WHERE {_quoted(column)} = ? LIMIT 1)"
        return bool(self._query(sql, table, [day])[0])

    def read(self, table: str, limit: int | None = None) -> Batches:
        """The rows, a batch at a time."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        place = self._existing(table)
        try:
            file = pq.ParquetFile(place)
        except (OSError, pa.ArrowInvalid) as error:
            raise Refused(_unreadable(place, error)) from None
        batches = file.iter_batches(batch_size=min(BATCH_ROWS, limit or BATCH_ROWS))

        def limited() -> Iterator[Any]:
            left = limit
            for batch in batches:
                yield batch if left is None else batch.slice(0, left)
                left = None if left is None else left - batch.num_rows
                if left is not None and left <= 0:
                    return

        reader: Batches = pa.RecordBatchReader.from_batches(file.schema_arrow, limited())
        return reader

    def promote(self, staged: str, output: Output, day: date) -> None:
        """Replace the declared table, or its day's rows, in one rename; doing so again changes nothing."""
        source, place = self._existing(staged), self._place(output.table)
        beside = place.with_name(f".{place.name}.{os.getpid()}")
        with self._locked(output.table):
            try:
                if output.partition is None or not place.exists():
                    shutil.copyfile(source, beside)
                else:
                    self._splice(source, place, beside, output, day)
                beside.replace(place)
            finally:
                beside.unlink(missing_ok=True)

    def allowed(self, reads: Collection[str], writes: Mapping[str, Output]) -> Mapping[str, str] | None:
        """Runs act as whoever runs us, who finds out by looking."""
        return {}

    def sweep(self, tables: Collection[str], before: datetime) -> Collection[str]:
        """Remove runs' own tables that nothing has written since `before`."""
        swept = [
            path
            for path in (self.root.glob("*.parquet") if self.root.is_dir() else ())
            if STAGED.search(path.name) and datetime.fromtimestamp(path.stat().st_mtime, UTC) < before
        ]
        for path in swept:
            path.unlink(missing_ok=True)
        return [path.name.removesuffix(".parquet") for path in swept]

    def _splice(self, source: Path, place: Path, target: Path, output: Output, day: date) -> None:
        assert output.partition is not None
        columns = ", ".join(_quoted(column) for column in output.columns)
        column = _quoted(output.partition.column)
        sql = (
            f"COPY (SELECT {columns} FROM read_parquet(?) WHERE {column} IS DISTINCT FROM ? "
            f"UNION ALL SELECT {columns} FROM read_parquet(?)) "
            f"TO {_text(str(target))} (FORMAT parquet, COMPRESSION zstd)"
        )
        with self._refusing(output.table), _duckdb() as connection:
            connection.execute(sql, [str(place), day, str(source)])

    def _describe(self, table: str) -> Table | Absent | Denied:
        import pyarrow as pa
        import pyarrow.parquet as pq

        place = self._place(table)
        if not place.is_file():
            names = [path.name.removesuffix(".parquet") for path in self.root.glob("*.parquet")]
            known = sorted(name for name in names if not STAGED.search(f"{name}.parquet"))
            return Absent(
                tuple(difflib.get_close_matches(self.settings.table(table), known, n=3, cutoff=0.6)), Dataset()
            )
        try:
            footer = pq.read_metadata(place)
            columns = {column.name: bigquery_type(column.type) for column in footer.schema.to_arrow_schema()}
            return Table(columns, footer.num_rows, datetime.fromtimestamp(place.stat().st_mtime, UTC))
        except (OSError, pa.ArrowInvalid) as error:
            return Denied(_unreadable(place, error))

    def _place(self, table: str) -> Path:
        return Path(self.settings.address(table))

    def _existing(self, table: str) -> Path:
        place = self._place(table)
        if not place.is_file():
            raise Refused(f"the table {self.settings.table(table)} is not there")
        return place

    def _query(self, sql: str, table: str, values: list[Any]) -> tuple[Any, ...]:
        with self._refusing(table), _duckdb() as connection:
            connection.execute(f"CREATE TEMP VIEW source AS FROM read_parquet({_text(str(self._existing(table)))})")
            return connection.execute(sql, values).fetchone() or ()

    @contextmanager
    def _refusing(self, table: str) -> Iterator[None]:
        import duckdb

        try:
            yield
        except duckdb.Error as error:
            raise Refused(f"{self.settings.table(table)}: {str(error).splitlines()[0]}") from None

    @contextmanager
    def _locked(self, table: str) -> Iterator[None]:
        with (self.root / f".{self.settings.table(table)}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def bigquery_type(kind: Any) -> str:
    """The standard name of the BigQuery type that an Arrow type is read as."""
    import pyarrow as pa

    t = pa.types
    if t.is_dictionary(kind):
        return bigquery_type(kind.value_type)
    if t.is_list(kind) or t.is_large_list(kind):
        return f"ARRAY<{bigquery_type(kind.value_type)}>"
    if t.is_struct(kind):
        return "STRUCT<" + ", ".join(f"{field.name} {bigquery_type(field.type)}" for field in kind) + ">"
    if t.is_timestamp(kind):
        return "TIMESTAMP" if kind.tz else "DATETIME"
    if t.is_decimal(kind):
        return "NUMERIC" if kind.precision <= 38 and kind.scale <= 9 else "BIGNUMERIC"
    simple = (
        (t.is_boolean, "BOOL"), (t.is_integer, "INT64"), (t.is_floating, "FLOAT64"), (t.is_date, "DATE"),
        (t.is_time, "TIME"), (t.is_string, "STRING"), (t.is_large_string, "STRING"), (t.is_string_view, "STRING"),
        (t.is_binary, "BYTES"), (t.is_large_binary, "BYTES"),
    )  # fmt: skip
    return next((name for matches, name in simple if matches(kind)), str(kind))


def _unreadable(place: Path, error: Exception) -> str:
    return f"{place.name} cannot be read as Parquet: {str(error).splitlines()[0]}"


@cache
def _database() -> Any:
    import duckdb

    return duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})


def _duckdb() -> Any:
    """A connection of its own to the one database of this process, which takes long to open."""
    return _database().cursor()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
