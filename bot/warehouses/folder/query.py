"""DuckDB over files that are open: their folders' names mean nothing, and a name is no pattern."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import IO, Any

from bot.errors import Refused
from bot.ports import Repeated
from bot.watch.dialect import Dialect

CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_file_cache": "false",  # it knows a file by its name and time, which a writer can give to another
    "memory_limit": "4GB",  # more goes to disk; a small file may claim any size
}


def ask(sql: str, table: str, values: list[Any], file: IO[bytes]) -> tuple[Any, ...]:
    """The first row of a query of `source`, which is the file; raises Refused if it cannot be answered."""
    with refusing(table), _duckdb() as connection:
        connection.execute(f"CREATE TEMP VIEW source AS FROM {rows_of(file)}")
        return connection.execute(sql, values).fetchone() or ()


def answer(sql: str, table: str, files: Mapping[str, IO[bytes]]) -> Mapping[str, Any]:
    """The first row of a query of these files by their names; raises Refused if it cannot be answered."""
    with refusing(table), _duckdb() as connection:
        for name, file in files.items():
            connection.execute(f"CREATE TEMP VIEW {name} AS FROM {rows_of(file)}")
        found = connection.execute(sql)
        row = found.fetchone() or ()
        return dict(zip((column[0] for column in found.description), row, strict=True))


def repeated_keys(table: str, key: Sequence[str], limit: int, file: IO[bytes]) -> list[Repeated]:
    """The keys that most rows of the file repeat; raises Refused if they cannot be read."""
    names = ", ".join(f"CAST(source.{quoted(name)} AS VARCHAR)" for name in key)
    group = ", ".join(f"source.{quoted(name)}" for name in key)
    order = f"{len(key) + 1} DESC, {', '.join(str(i + 1) for i in range(len(key)))}"
    sql = f"SELECT {names}, count(*) FROM source GROUP BY {group} HAVING count(*) > 1 ORDER BY {order} LIMIT {limit}"
    with refusing(table), _duckdb() as connection:
        connection.execute(f"CREATE TEMP VIEW source AS FROM {rows_of(file)}")
        return list(map(Repeated.of, connection.execute(sql).fetchall()))


def splice(
    table: str,
    columns: Sequence[str],
    column: str,
    parts: Sequence[tuple[IO[bytes], Collection[date] | None]],
    target: Path,
) -> None:
    """Write these columns of all parts into one file: of each part its rows of some days by `column`, or all.

    Raises Refused if they cannot be put together.
    """
    words = ", ".join(map(quoted, columns))
    selects = []
    for file, days in parts:
        only = ", ".join(f"DATE '{day}'" for day in sorted(days or ()))
        where = "" if days is None else f" WHERE {quoted(column)} IN ({only})"
        selects.append(f"SELECT {words} FROM {rows_of(file)}{where}")
    form = "FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false"
    sql = f"COPY ({' UNION ALL '.join(selects)}) TO {_text(str(target))} ({form})"
    with refusing(table), _duckdb() as connection:
        connection.execute(sql)


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def _fingerprint(words: Sequence[str]) -> str:
    return f"hash({', '.join(words)})"


DIALECT = Dialect(quoted, _fingerprint, "stddev_samp")


def within(column: str, kind: str, day: date) -> str:
    """The condition that a quoted column is of a day, UTC's for a TIMESTAMP."""
    if kind not in ("DATETIME", "TIMESTAMP"):
        return f"{column} = DATE '{day}'"
    form = "TIMESTAMPTZ '{} 00:00:00+00'" if kind == "TIMESTAMP" else "TIMESTAMP '{} 00:00:00'"
    return f"{column} >= {form.format(day)} AND {column} < {form.format(day + timedelta(days=1))}"


def rows_of(file: IO[bytes]) -> str:
    """The rows of an open file, as a query names them."""
    return f"read_parquet('/dev/fd/{file.fileno()}', hive_partitioning = false)"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


@contextmanager
def refusing(table: str) -> Iterator[None]:
    """Raises Refused for whatever DuckDB says of the table."""
    import duckdb

    try:
        yield
    except (duckdb.Error, ArithmeticError, MemoryError, RuntimeError, ValueError) as error:
        raise Refused(f"{table}: {_said(error)}") from None


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
