"""What the store does with one file: versions, the views that readers see, scratch space.

In WAL mode a reader keeps the version it began with and never waits.
"""

from __future__ import annotations

import glob
import sqlite3
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bot.errors import Refused, Unreachable
from bot.experiment.types import scalars
from bot.ports import Batches, Digest, StorePlan, Target
from bot.settings.kinds import SqliteStore
from bot.stores.drift import breaks
from bot.stores.names import versions
from bot.stores.sqlite.version import KINDS, fill, held, name, quoted
from bot.sync.canonical import PLAIN, REFUSED, form

STATE = """
    CREATE TABLE IF NOT EXISTS sameday_versions (
        target TEXT NOT NULL, version TEXT NOT NULL, digest TEXT NOT NULL, active INTEGER NOT NULL DEFAULT 0,
        number INTEGER PRIMARY KEY AUTOINCREMENT, UNIQUE (target, version))
"""
RESERVED = ("sameday_", "sqlite_")  # ours, and SQLite's own
WAIT = 60.0  # seconds for another writer
NO = ("SQLITE_ERROR", "SQLITE_TOOBIG")  # a statement, a value or a table that SQLite does not take: never an outage
ABANDONED = 3600.0  # seconds after which a sandbox's owner is taken for dead


class SqliteTables:
    """The tables of one SQLite file."""

    def __init__(self, settings: SqliteStore) -> None:
        self.path = Path(settings.path)

    def plan(self, target: Target) -> StorePlan:
        """What a sync to the target would do."""
        refused = [
            (word, f"SQLite has no place for {kind}") for word, kind in target.columns if scalars(kind) & REFUSED
        ]
        if target.table.startswith(RESERVED):
            refused.append(("", f"names that begin with {' or '.join(RESERVED)} are taken; choose another one"))
        kind, missed = None, tuple[str, ...]()
        after = [(word, KINDS[form(declared)]) for word, declared in target.columns]
        if self.path.exists():
            with self._connect() as connection:
                kind = _kind(connection, target.table)
                found = connection.execute(f"PRAGMA table_info({quoted(target.table)})").fetchall()
                missed = breaks([(column, declared) for _, column, declared, *_ in found], after)
        if kind == "table" and not target.adopt:
            refused.append(("", f"a plain table {target.table} is already there; `adopt: true` takes it over"))
        columns = ", ".join(f"{quoted(word)} {kept}" for word, kept in after)
        return StorePlan(
            "adopt" if kind == "table" else "replace" if kind else "create",
            f"CREATE TABLE {quoted(target.table)} ({columns})",
            tuple(refused),
            missed,
            tuple((word, held(kind)) for word, kind in target.columns if kind not in PLAIN),
        )

    def load(self, target: Target, version: str, rows: Batches) -> Digest:
        """Load a version in one transaction, prove its key, and read it back."""
        with self._write() as connection:
            sql = "SELECT digest FROM sameday_versions WHERE target = ? AND version = ?"
            found = connection.execute(sql, [target.table, version]).fetchone()
            if found is not None:
                return Digest.parse(found[0])
            got = fill(connection, target, version, rows)
            sql = "INSERT INTO sameday_versions (target, version, digest) VALUES (?, ?, ?)"
            connection.execute(sql, [target.table, version, str(got)])
            return got

    def active(self, target: Target) -> tuple[str, ...]:
        """The versions that readers see."""
        return tuple(self._state("SELECT version FROM sameday_versions WHERE target = ? AND active", target))

    def versions(self, target: Target) -> Sequence[str]:
        """The versions that are kept whole, newest first."""
        return self._state("SELECT version FROM sameday_versions WHERE target = ? ORDER BY number DESC", target)

    def activate(self, versions: Mapping[Target, Sequence[str]]) -> None:
        """Point every target's view at its versions, in one transaction."""
        with self._write() as connection:
            for target, shown in versions.items():
                self._show(connection, target, shown)

    def prune(self, target: Target, keep: Collection[str]) -> None:
        """Drop every version but these and the active ones."""
        with self._write() as connection:
            sql = "SELECT version FROM sameday_versions WHERE target = ? AND NOT active"
            for (version,) in connection.execute(sql, [target.table]).fetchall():
                if version not in keep:
                    connection.execute(f"DROP TABLE IF EXISTS {quoted(name(target, version))}")
                    connection.execute(
                        "DELETE FROM sameday_versions WHERE target = ? AND version = ?", [target.table, version]
                    )

    @contextmanager
    def sandbox(self, owner: str) -> Iterator[SqliteTables]:
        """A file of its own beside the store, gone afterwards."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        for left in self.path.parent.glob(f"{glob.escape(self.path.name)}.sandbox-*"):
            with suppress(FileNotFoundError):  # its owner was quicker
                if time.time() - left.stat().st_mtime > ABANDONED:
                    left.unlink()
        place = self.path.with_name(f"{self.path.name}.sandbox-{owner}")
        _remove(place)
        try:
            yield SqliteTables(SqliteStore(path=str(place)))
        finally:
            _remove(place)

    def _show(self, connection: sqlite3.Connection, target: Target, shown: Sequence[str]) -> None:
        known = self._versions(connection, target)
        for version in shown:
            if version not in known:
                raise Refused(f"{target.table} has no version {version}")
        if _kind(connection, target.table) == "table":
            if not target.adopt:
                raise Refused(f"a plain table {target.table} is already there; `adopt: true` takes it over")
            connection.execute(
                f"ALTER TABLE {quoted(target.table)} RENAME TO {quoted(target.table + '__before_sameday')}"
            )
        connection.execute(f"DROP VIEW IF EXISTS {quoted(target.table)}")
        columns = ", ".join(quoted(column) for column, _ in target.columns)
        parts = " UNION ALL ".join(f"SELECT {columns} FROM {quoted(name(target, version))}" for version in shown)
        connection.execute(f"CREATE VIEW {quoted(target.table)} AS {parts}")
        connection.execute("UPDATE sameday_versions SET active = 0 WHERE target = ?", [target.table])
        sql = "UPDATE sameday_versions SET active = 1 WHERE target = ? AND version = ?"
        connection.executemany(sql, [(target.table, version) for version in shown])

    def _versions(self, connection: sqlite3.Connection, target: Target) -> list[str]:
        sql = "SELECT version FROM sameday_versions WHERE target = ?"
        return [version for (version,) in connection.execute(sql, [target.table])]

    def _state(self, sql: str, target: Target) -> list[str]:
        if not self.path.exists():
            return []
        with self._connect() as connection:
            if _kind(connection, "sameday_versions") is None:
                return []
            return versions((value for (value,) in connection.execute(sql, [target.table])), target.table)

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
            if getattr(error, "sqlite_errorname", "") in NO:
                raise Refused(f"the store {self.path}: {error}") from None
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


def _kind(connection: sqlite3.Connection, name: str) -> str | None:
    sql = "SELECT type FROM sqlite_master WHERE name = ? COLLATE NOCASE"
    found = connection.execute(sql, [name]).fetchone()
    return found[0] if found else None


def _remove(place: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        place.with_name(place.name + suffix).unlink(missing_ok=True)
