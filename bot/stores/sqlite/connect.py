"""The file: how it is opened to read and to write, and what goes wrong with it in our words.

It is in WAL mode: a reader keeps the state it began with and never waits. SQLite keeps two files beside such a one,
`-wal` and `-shm`; who may not write to the folder can read as long as these are there, so that they are left there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import Refused, Unreachable

WAIT = 60.0  # seconds for another writer
NO = ("SQLITE_ERROR", "SQLITE_TOOBIG")  # a statement, a value or a table that SQLite does not take: never an outage
READ_ONLY = "SQLITE_READONLY"  # how the names of its faults begin
MAY_NOT_WRITE = "the files -wal and -shm beside it are gone: who may only read can do so after the next run or release"


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that changes nothing; raises Unreachable where the file cannot be read."""
    with _opened(path, f"{path.absolute().as_uri()}?mode=ro") as connection:
        yield connection


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection in one transaction that no other writer interferes with; the file is made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _opened(path, path.absolute().as_uri()) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        # else the view of a table that somebody dropped keeps every other table from being renamed
        connection.execute("PRAGMA legacy_alter_table=ON")
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        _leave(connection, path)


def _leave(connection: sqlite3.Connection, path: Path) -> None:
    """Move what was written into the file itself and close it, with another connection as the last one.

    The last connection removes the two files beside it, unless it may only read.
    """
    with reading(path) as last:
        kind(last, "sameday_versions")  # it takes part from the first look on
        connection.execute("PRAGMA busy_timeout = 0")  # a reader that is at work is not waited for
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()


@contextmanager
def _opened(path: Path, address: str) -> Iterator[sqlite3.Connection]:
    try:
        connection = sqlite3.connect(
            address, timeout=WAIT, isolation_level=None, check_same_thread=False, uri=True
        )  # read back on the thread of whoever consumes the batches
    except sqlite3.Error as error:
        raise Unreachable(f"the store {path} cannot be opened: {error}") from None
    try:
        yield connection
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "")
        if name in NO:
            raise Refused(f"the store {path}: {error}") from None
        hint = f"; {MAY_NOT_WRITE}" if name.startswith(READ_ONLY) else ""
        raise Unreachable(f"the store {path}: {error}{hint}") from None
    finally:
        connection.close()


def kind(connection: sqlite3.Connection, name: str) -> str | None:
    """What has the name: a table, a view, an index, a trigger, or nothing."""
    sql = "SELECT type FROM sqlite_master WHERE name = ? COLLATE NOCASE"
    row = connection.execute(sql, [name]).fetchone()
    return row[0] if row else None


def quoted(word: str) -> str:
    """A name as SQL takes it."""
    return '"' + word.replace('"', '""') + '"'


def names(words: Iterator[str] | tuple[str, ...]) -> str:
    """Names as SQL takes them, one after the other."""
    return ", ".join(map(quoted, words))
