"""One version: a table filled row by row, its key built afterwards, read back as Arrow.

Values are kept in their canonical form, since SQLite knows four kinds only:

| declared | SQLite | note |
|---|---|---|
| BOOL, INT64 | INTEGER | |
| TIMESTAMP | INTEGER | microseconds since 1970 |
| FLOAT64 | REAL | infinities too; NaN is refused, since SQLite would make it NULL |
| BYTES | BLOB | |
| STRING, GEOGRAPHY, JSON | TEXT | NUL too |
| DATE, DATETIME, TIME, NUMERIC, BIGNUMERIC | TEXT | all their digits |
| ARRAY, STRUCT | TEXT | JSON; BYTES in them as base64; NaN and infinities in them are refused |

Of JSON, text is refused that is none: whoever reads it with SQLite's own functions, or any other, would stumble.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from bot.errors import Refused
from bot.ports import Batches, Digest, Place, Version
from bot.stores.sqlite.connect import names, quoted
from bot.sync.canonical import canonical_batch, form
from bot.sync.digest import Passing, digest_canonical, same

KINDS = {"int64": "INTEGER", "double": "REAL", "binary": "BLOB", "string": "TEXT"}
FETCHED = 65_536  # rows read back at a time


def fill(connection: sqlite3.Connection, place: Place, version: Version, number: int, rows: Batches) -> Digest:
    """Make the version's table, in the caller's transaction; raises Refused as `Store.keep` does."""
    table = quoted(part(number))
    connection.execute(f"DROP TABLE IF EXISTS {table}")
    connection.execute(f"CREATE TABLE {table} ({columns(place)})")
    marks = ", ".join("?" for _ in place.columns)
    passing = Passing(place.columns)
    for batch in passing.through(rows):
        plain = canonical_batch(batch, place.columns)
        _refuse_nan(plain, place)
        values = zip(*(column.to_pylist() for column in plain.columns), strict=True)
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", values)
    _prove_json(connection, place, table)
    if place.key:
        _prove_key(connection, place, number)
    if place.daily:
        _prove_day(connection, place, version, table)
    got = digest_canonical(_read_back(connection, place, table), place.columns)
    return same(place, passing.digest, got)


def part(number: int) -> str:
    """The table of the version that has this number."""
    return f"sameday_v{number}"


def columns(place: Place) -> str:
    """The columns of the place's tables, with SQLite's types."""
    return ", ".join(f"{quoted(column)} {KINDS[form(declared)]}" for column, declared in place.columns)


def held(declared: str) -> str:
    """In which form a value of a declared type is kept that SQLite does not know."""
    if declared == "TIMESTAMP":
        return "microseconds since 1970"
    return "JSON text" if declared.startswith(("ARRAY", "STRUCT")) else "text"


def _prove_json(connection: sqlite3.Connection, place: Place, table: str) -> None:
    for column, declared in place.columns:
        if declared == "JSON":
            word = quoted(column)
            wrong = f"{word} IS NOT NULL AND (NOT json_valid({word}) OR instr({word}, char(0)))"
            (count,) = connection.execute(f"SELECT count(*) FROM {table} WHERE {wrong}").fetchone()
            if count:
                raise Refused(f"{place.table}: the column {column} does not hold JSON: {count:,} values are none")


def _prove_key(connection: sqlite3.Connection, place: Place, number: int) -> None:
    table, index, key = quoted(part(number)), quoted(f"key of {part(number)}"), names(place.key)
    try:
        connection.execute(f"CREATE UNIQUE INDEX {index} ON {table} ({key})")
    except sqlite3.IntegrityError:
        sql = f"SELECT count(*) FROM (SELECT 1 FROM {table} GROUP BY {key} HAVING count(*) > 1)"
        (twice,) = connection.execute(sql).fetchone()
        raise Refused(f"{place.table}: {twice:,} keys ({', '.join(place.key)}) stand more than once") from None


def _prove_day(connection: sqlite3.Connection, place: Place, version: Version, table: str) -> None:
    """In a table of several days a row is found by its day and key."""
    assert place.partition is not None
    sql = f"SELECT count(*) FROM {table} WHERE {quoted(place.partition)} IS NOT ?"
    (count,) = connection.execute(sql, [version.date.isoformat()]).fetchone()
    if count:
        raise Refused(f"{place.table}: {count:,} rows have another {place.partition} than {version.date}")
    for column in place.key:
        (count,) = connection.execute(f"SELECT count(*) FROM {table} WHERE {quoted(column)} IS NULL").fetchone()
        if count:
            raise Refused(f"{place.table}: {count:,} rows have no {column}, which is part of the key")


def _read_back(connection: sqlite3.Connection, place: Place, table: str) -> Iterator[Any]:
    import pyarrow as pa

    kinds = [pa.type_for_alias(form(declared)) for _, declared in place.columns]
    schema = pa.schema([(column, kind) for (column, _), kind in zip(place.columns, kinds, strict=True)])
    cursor = connection.execute(f"SELECT * FROM {table}")
    while rows := cursor.fetchmany(FETCHED):
        arrays = [pa.array(column, kind) for column, kind in zip(zip(*rows, strict=True), kinds, strict=True)]
        yield pa.record_batch(arrays, schema=schema)


def _refuse_nan(batch: Any, place: Place) -> None:
    import pyarrow.compute as pc

    for column, (word, declared) in zip(batch.columns, place.columns, strict=True):
        if declared == "FLOAT64" and pc.any(pc.is_nan(column)).as_py():
            raise Refused(f"{place.table}: the column {word} holds NaN, which SQLite would turn into NULL")
