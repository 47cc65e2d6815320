"""One version of a target: a table filled row by row, its key built afterwards, read back as Arrow.

Values are kept in their canonical form, since SQLite knows four kinds only:

| declared | SQLite | note |
|---|---|---|
| BOOL, INT64 | INTEGER | |
| TIMESTAMP | INTEGER | microseconds since 1970 |
| FLOAT64 | REAL | infinities too; NaN is refused, since SQLite would make it NULL |
| BYTES | BLOB | |
| STRING, GEOGRAPHY, JSON | TEXT | NUL too |
| DATE, DATETIME, TIME, NUMERIC, BIGNUMERIC | TEXT | all their digits |
| ARRAY, STRUCT | TEXT | JSON; BYTES in them as base64 |
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from bot.errors import Refused
from bot.ports import Batches, Digest, Target
from bot.sync.canonical import canonical_batch, form
from bot.sync.digest import Passing, digest_canonical, same

KINDS = {"int64": "INTEGER", "double": "REAL", "binary": "BLOB", "string": "TEXT"}
FETCHED = 65_536  # rows read back at a time


def fill(connection: sqlite3.Connection, target: Target, version: str, rows: Batches) -> Digest:
    """Make the version's table, in the caller's transaction; raises Refused as `Store.load` does."""
    place = quoted(name(target, version))
    columns = ", ".join(f"{quoted(column)} {KINDS[form(declared)]}" for column, declared in target.columns)
    connection.execute(f"DROP TABLE IF EXISTS {place}")
    connection.execute(f"CREATE TABLE {place} ({columns})")
    marks = ", ".join("?" for _ in target.columns)
    passing = Passing(target.columns)
    for batch in passing.through(rows):
        plain = canonical_batch(batch, target.columns)
        _refuse_nan(plain, target)
        values = zip(*(column.to_pylist() for column in plain.columns), strict=True)
        connection.executemany(f"INSERT INTO {place} VALUES ({marks})", values)
    if target.key:
        _prove_key(connection, target, version)
    got = digest_canonical(_read_back(connection, target, version), target.columns)
    return same(target, passing.digest, got)


def held(declared: str) -> str:
    """In which form a value of a declared type is kept that SQLite does not know."""
    if declared == "TIMESTAMP":
        return "microseconds since 1970"
    return "JSON text" if declared.startswith(("ARRAY", "STRUCT")) else "text"


def _prove_key(connection: sqlite3.Connection, target: Target, version: str) -> None:
    place, index = name(target, version), quoted("key of " + name(target, version))
    key = ", ".join(quoted(column) for column in target.key)
    try:
        connection.execute(f"CREATE UNIQUE INDEX {index} ON {quoted(place)} ({key})")
    except sqlite3.IntegrityError:
        sql = f"SELECT count(*) FROM (SELECT 1 FROM {quoted(place)} GROUP BY {key} HAVING count(*) > 1)"
        (twice,) = connection.execute(sql).fetchone()
        raise Refused(f"{target.table}: {twice:,} keys ({', '.join(target.key)}) stand more than once") from None


def _read_back(connection: sqlite3.Connection, target: Target, version: str) -> Iterator[Any]:
    import pyarrow as pa

    kinds = [pa.type_for_alias(form(declared)) for _, declared in target.columns]
    schema = pa.schema([(column, kind) for (column, _), kind in zip(target.columns, kinds, strict=True)])
    cursor = connection.execute(f"SELECT * FROM {quoted(name(target, version))}")
    while rows := cursor.fetchmany(FETCHED):
        arrays = [pa.array(column, kind) for column, kind in zip(zip(*rows, strict=True), kinds, strict=True)]
        yield pa.record_batch(arrays, schema=schema)


def _refuse_nan(batch: Any, target: Target) -> None:
    import pyarrow.compute as pc

    for column, (word, declared) in zip(batch.columns, target.columns, strict=True):
        if declared == "FLOAT64" and pc.any(pc.is_nan(column)).as_py():
            raise Refused(f"{target.table}: the column {word} holds NaN, which SQLite would turn into NULL")


def name(target: Target, version: str) -> str:
    """The name of a version's table."""
    return f"{target.table}__{version}"


def quoted(word: str) -> str:
    """A name as SQL takes it."""
    return '"' + word.replace('"', '""') + '"'
