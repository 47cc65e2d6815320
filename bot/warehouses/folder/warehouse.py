"""A warehouse of Parquet files in a folder, queried by DuckDB. A table is one file, replaced as a whole."""

from __future__ import annotations

import difflib
import fcntl
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from bot.errors import Refused
from bot.experiment.model import Output
from bot.experiment.staged import STAGED, made_for_any
from bot.ports import Absent, Batches, Dataset, Denied, Profile, Table
from bot.settings.kinds import FolderWarehouse
from bot.warehouses.folder.copy import copied, copy
from bot.warehouses.folder.parquet import footer, opened, rows, sample

CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_file_cache": "false",  # it knows a file by its name and time, which a writer can give to another
    "memory_limit": "4GB",  # more goes to disk; a small file may claim any size
}


class ParquetFolder:
    """The tables below one folder."""

    def __init__(self, settings: FolderWarehouse) -> None:
        self.settings = settings
        self.root = Path(settings.path)

    def describe(self, tables: Collection[str]) -> Mapping[str, Table | Absent | Denied]:
        """What is known of each table, from the files' footers."""
        return {table: self._describe(table) for table in tables}

    def profile(self, table: str, output: Output, day: date) -> Profile:
        """Counts over the whole table."""
        column = _quoted(output.partition.column) if output.partition else None
        other = f"count(*) FILTER ({column} IS DISTINCT FROM ?)" if column else "0"
        nulls = [f"count(*) - count({_quoted(name)})" for name in output.columns]
        counting = f"SELECT count(*), {other}, {', '.join(nulls)} FROM source"
        key = ", ".join(_quoted(name) for name in output.key)
        repeating = f"SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM source GROUP BY {key})"
        with copied(self._existing(table), self.settings.table(table)) as own:
            rows, others, *counts = self._query(counting, table, [day] if column else [], own.path)
            (repeated,) = self._query(repeating, table, [], own.path) if key else (0,)
            columns, _ = footer(own.file, self.settings.table(table))
        found = dict(zip(output.columns, counts, strict=True))
        return Profile(rows, int(repeated), found, others, columns=columns, content=own.content)

    def holds(self, table: str, column: str, day: date) -> bool:
        """Whether the table has rows of that day."""
        sql = f"SELECT count(*) FROM (SELECT 1 FROM source WHERE {_quoted(column)} = ? LIMIT 1)"
        return bool(self._query(sql, table, [day], str(self._existing(table)))[0])

    def read(self, table: str, limit: int | None = None, content: str = "") -> Batches:
        """The rows, a batch at a time; with `content` from a copy of our own."""
        place, name = self._existing(table), self.settings.table(table)
        file = copy(place, name, content).file if content else opened(place, name)
        return rows(file, name) if limit is None else sample(file, name, limit)

    def promote(self, staged: str, output: Output, day: date, content: str = "") -> None:
        """Replace the declared table, or its day's rows, in one rename; doing so again changes nothing."""
        source, place = self._existing(staged), self._place(output.table)
        beside = place.with_name(f".{place.name}.{os.getpid()}")
        with copied(source, self.settings.table(staged), content) as own, self._locked(output.table):
            try:
                if output.partition is None or not place.exists():
                    with beside.open("wb") as target:
                        shutil.copyfileobj(own.file, target)
                else:
                    self._splice(own.path, place, beside, output, day)
                beside.replace(place)
            finally:
                beside.unlink(missing_ok=True)

    def allowed(self, reads: Collection[str], writes: Mapping[str, Output]) -> Mapping[str, str] | None:
        """Runs act as whoever runs us, who finds out by looking."""
        return {}

    def sweep(
        self, tables: Collection[str], keys: Collection[str], before: datetime, but: Collection[str] = ()
    ) -> Collection[str]:
        """Remove what runs of these spec keys made for any of `tables` and nothing has written since `before`."""
        made = made_for_any([self.settings.table(table) for table in tables], keys)
        kept = {self.settings.table(table) for table in but}
        swept = []
        for path in self.root.glob("*.parquet") if self.root.is_dir() else ():
            name = path.name.removesuffix(".parquet")
            if made.fullmatch(name) and name not in kept and _changed(path) < before:
                path.unlink(missing_ok=True)
                swept.append(name)
        return swept

    def _splice(self, source: str, place: Path, target: Path, output: Output, day: date) -> None:
        assert output.partition is not None
        columns = ", ".join(_quoted(column) for column in output.columns)
        column = _quoted(output.partition.column)
        sql = (
            f"COPY (SELECT {columns} FROM read_parquet(?) WHERE {column} IS DISTINCT FROM ? "
            f"UNION ALL SELECT {columns} FROM read_parquet(?)) "
            f"TO {_text(str(target))} (FORMAT parquet, COMPRESSION zstd)"
        )
        with self._refusing(output.table), _duckdb() as connection:
            connection.execute(sql, [str(place), day, source])

    def _describe(self, table: str) -> Table | Absent | Denied:
        place = self._place(table)
        if not place.is_file():
            names = [path.name.removesuffix(".parquet") for path in self.root.glob("*.parquet")]
            known = sorted(name for name in names if not STAGED.search(name))
            return Absent(
                tuple(difflib.get_close_matches(self.settings.table(table), known, n=3, cutoff=0.6)), Dataset()
            )
        try:
            with opened(place, self.settings.table(table)) as file:
                columns, rows = footer(file, self.settings.table(table))
            return Table(columns, rows, _changed(place))
        except Refused as error:
            return Denied(str(error))

    def _place(self, table: str) -> Path:
        return Path(self.settings.address(table))

    def _existing(self, table: str) -> Path:
        place = self._place(table)
        if not place.is_file():
            raise Refused(f"the table {self.settings.table(table)} is not there")
        return place

    def _query(self, sql: str, table: str, values: list[Any], path: str) -> tuple[Any, ...]:
        with self._refusing(table), _duckdb() as connection:
            connection.execute(f"CREATE TEMP VIEW source AS FROM read_parquet({_text(path)})")
            return connection.execute(sql, values).fetchone() or ()

    @contextmanager
    def _refusing(self, table: str) -> Iterator[None]:
        import duckdb

        try:
            yield
        except (duckdb.Error, ArithmeticError, MemoryError, RuntimeError, ValueError) as error:
            raise Refused(f"{self.settings.table(table)}: {_said(error)}") from None

    @contextmanager
    def _locked(self, table: str) -> Iterator[None]:
        with (self.root / f".{self.settings.table(table)}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _said(error: Exception) -> str:
    """What DuckDB says of columns; what it says of rows may quote them, and is left out."""
    import duckdb

    if isinstance(error, duckdb.BinderException):
        return str(error).splitlines()[0]
    if isinstance(error, duckdb.OutOfMemoryException):
        return f"its rows need more memory than {CONFIG['memory_limit']}"
    return f"its rows cannot be read ({type(error).__name__})"


@cache
def _database() -> Any:
    import duckdb

    return duckdb.connect(config=CONFIG)


def _duckdb() -> Any:
    """A connection of its own to the one database of this process, which takes long to open."""
    return _database().cursor()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
