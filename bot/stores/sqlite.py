"""A store in one SQLite file: version tables, and a view per target that is swapped in a transaction.

In WAL mode a reader keeps the version it began with and never waits. Values are kept in their canonical form.
"""

from __future__ import annotations

import glob
import sqlite3
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from bot.errors import Refused, Unreachable
from bot.experiment.types import scalars
from bot.ports import Batches, Digest, StorePlan, Target
from bot.settings import SqliteStore
from bot.sync.canonical import PLAIN, REFUSED, canonical, form
from bot.sync.digest import digest_canonical

STATE = """
    CREATE TABLE IF NOT EXISTS sameday_versions (
        target TEXT NOT NULL, version TEXT NOT NULL, active INTEGER NOT NULL DEFAULT 0,
        number INTEGER PRIMARY KEY AUTOINCREMENT, UNIQUE (target, version))
"""
KINDS = {"int64": "INTEGER", "double": "REAL", "binary": "BLOB", "string": "TEXT"}
RESERVED = ("sameday_", "sqlite_")  # ours, and SQLite's own
WAIT = 60.0  # seconds for another writer
ABANDONED = 3600.0  # seconds after which a sandbox's owner is taken for dead
FETCHED = 65_536  # rows read back at a time


class Sqlite:
    """The tables of one SQLite file."""

    def __init__(self, settings: SqliteStore) -> None:
        self.path = Path(settings.path)

    def plan(self, target: Target) -> StorePlan:
        """What a sync to the target would do."""
        refused = [
            (name, f"SQLite has no place for {kind}") for name, kind in target.columns if scalars(kind) & REFUSED
        ]
        if target.table.startswith(RESERVED):
            refused.append(("", f"names that begin with {' or '.join(RESERVED)} are taken; choose another one"))
        kind = None
        if self.path.exists():
            with self._connect() as connection:
                kind = _kind(connection, target.table)
        if kind == "table" and not target.adopt:
            refused.append(("", f"a plain table {target.table} is already there; `adopt: true` takes it over"))
        columns = ", ".join(f"{_quoted(name)} {KINDS[form(declared)]}" for name, declared in target.columns)
        return StorePlan(
            "adopt" if kind == "table" else "replace" if kind else "create",
            f"CREATE TABLE {_quoted(target.table)} ({columns})",
            tuple(refused),
            tuple(
                f"{name} ({declared}) is kept as {form(declared)}"
                for name, declared in target.columns
                if declared not in PLAIN
            ),
        )

    def load(self, target: Target, version: str, rows: Batches) -> Digest:
        """Load a version in one transaction, prove its key, and read it back."""
        with self._write() as connection:
            if version not in self._versions(connection, target):
                self._fill(connection, target, version, rows)
            return digest_canonical(_read_back(connection, target, version), target.columns)

    def active(self, target: Target) -> str | None:
        """The version that readers see."""
        sql = "SELECT version FROM sameday_versions WHERE target = ? AND active"
        found = self._state(sql, target)
        return found[0] if found else None

    def versions(self, target: Target) -> Sequence[str]:
        """The versions that are kept whole, newest first."""
        return self._state("SELECT version FROM sameday_versions WHERE target = ? ORDER BY number DESC", target)

    def activate(self, versions: Mapping[Target, str]) -> None:
        """Point every target's view at its version, in one transaction."""
        with self._write() as connection:
            for target, version in versions.items():
                if version not in self._versions(connection, target):
                    raise Refused(f"{target.table} has no version {version}")
                self._show(connection, target, version)

    def prune(self, target: Target, keep: Collection[str]) -> None:
        """Drop every version but these and the active one."""
        with self._write() as connection:
            sql = "SELECT version FROM sameday_versions WHERE target = ? AND NOT active"
            for (version,) in connection.execute(sql, [target.table]).fetchall():
                if version not in keep:
                    connection.execute(f"DROP TABLE IF EXISTS {_quoted(_name(target, version))}")
                    connection.execute(
                        "DELETE FROM sameday_versions WHERE target = ? AND version = ?", [target.table, version]
                    )

    @contextmanager
    def sandbox(self, owner: str) -> Iterator[Sqlite]:
        """A file of its own beside the store, gone afterwards."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        for left in self.path.parent.glob(f"{glob.escape(self.path.name)}.sandbox-*"):
            with suppress(FileNotFoundError):  # its owner was quicker
                if time.time() - left.stat().st_mtime > ABANDONED:
                    left.unlink()
        place = self.path.with_name(f"{self.path.name}.sandbox-{owner}")
        _remove(place)
        try:
            yield Sqlite(SqliteStore(path=str(place)))
        finally:
            _remove(place)

    def _fill(self, connection: sqlite3.Connection, target: Target, version: str, rows: Batches) -> None:
        name = _quoted(_name(target, version))
        columns = ", ".join(f"{_quoted(column)} {KINDS[form(declared)]}" for column, declared in target.columns)
        connection.execute(f"DROP TABLE IF EXISTS {name}")
        connection.execute(f"CREATE TABLE {name} ({columns})")
        marks = ", ".join("?" for _ in target.columns)
        for batch in canonical(rows, target.columns):
            _refuse_nan(batch, target)
            values = zip(*(column.to_pylist() for column in batch.columns), strict=True)
            connection.executemany(f"INSERT INTO {name} VALUES ({marks})", values)
        if target.key:
            key = ", ".join(_quoted(column) for column in target.key)
            try:
                connection.execute(
                    f"CREATE UNIQUE INDEX {_quoted('key of ' + _name(target, version))} ON {name} ({key})"
                )
            except sqlite3.IntegrityError:
                sql = f"SELECT count(*) FROM (SELECT 1 FROM {name} GROUP BY {key} HAVING count(*) > 1)"
                (twice,) = connection.execute(sql).fetchone()
                raise Refused(
                    f"{target.table}: {twice:,} keys ({', '.join(target.key)}) stand more than once"
                ) from None
        connection.execute("INSERT INTO sameday_versions (target, version) VALUES (?, ?)", [target.table, version])

    def _show(self, connection: sqlite3.Connection, target: Target, version: str) -> None:
        if _kind(connection, target.table) == "table":
            if not target.adopt:
                raise Refused(f"a plain table {target.table} is already there; `adopt: true` takes it over")
            connection.execute(
                f"ALTER TABLE {_quoted(target.table)} RENAME TO {_quoted(target.table + '__before_sameday')}"
            )
        connection.execute(f"DROP VIEW IF EXISTS {_quoted(target.table)}")
        columns = ", ".join(_quoted(name) for name, _ in target.columns)
        source = _quoted(_name(target, version))
        connection.execute(f"CREATE VIEW {_quoted(target.table)} AS SELECT {columns} FROM {source}")
        connection.execute(
            "UPDATE sameday_versions SET active = (version = ?) WHERE target = ?", [version, target.table]
        )

    def _versions(self, connection: sqlite3.Connection, target: Target) -> list[str]:
        sql = "SELECT version FROM sameday_versions WHERE target = ?"
        return [version for (version,) in connection.execute(sql, [target.table])]

    def _state(self, sql: str, target: Target) -> list[str]:
        if not self.path.exists():
            return []
        with self._connect() as connection:
            if _kind(connection, "sameday_versions") is None:
                return []
            return [value for (value,) in connection.execute(sql, [target.table])]

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = sqlite3.connect(
                self.path, timeout=WAIT, isolation_level=None, check_same_thread=False
            )  # read back on the thread of whoever consumes the batches
        except sqlite3.Error as error:
            raise Unreachable(f"the store {self.path} cannot be opened: {error}") from None
        try:
            yield connection
        except sqlite3.DatabaseError as error:
            raise Unreachable(f"the store {self.path}: {error}") from None
        finally:
            connection.close()

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._connect() as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            with _transaction(connection):
                connection.execute(STATE)
                yield connection


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _read_back(connection: sqlite3.Connection, target: Target, version: str) -> Iterator[Any]:
    import pyarrow as pa

    kinds = [pa.type_for_alias(form(declared)) for _, declared in target.columns]
    schema = pa.schema([(name, kind) for (name, _), kind in zip(target.columns, kinds, strict=True)])
    cursor = connection.execute(f"SELECT * FROM {_quoted(_name(target, version))}")
    while rows := cursor.fetchmany(FETCHED):
        arrays = [pa.array(column, kind) for column, kind in zip(zip(*rows, strict=True), kinds, strict=True)]
        yield pa.record_batch(arrays, schema=schema)


def _kind(connection: sqlite3.Connection, name: str) -> str | None:
    sql = "SELECT type FROM sqlite_master WHERE name = ? COLLATE NOCASE"
    found = connection.execute(sql, [name]).fetchone()
    return found[0] if found else None


def _remove(place: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        place.with_name(place.name + suffix).unlink(missing_ok=True)


def _refuse_nan(batch: Any, target: Target) -> None:
    import pyarrow.compute as pc

    for column, (name, declared) in zip(batch.columns, target.columns, strict=True):
        if declared == "FLOAT64" and pc.any(pc.is_nan(column)).as_py():
            raise Refused(f"{target.table}: the column {name} holds NaN, which SQLite would turn into NULL")


def _name(target: Target, version: str) -> str:
    return f"{target.table}__{version}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
