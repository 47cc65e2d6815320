"""The ledger in one SQLite file, and the right to release as a lock beside it."""

from __future__ import annotations

import fcntl
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO

from bot.errors import Conflict, Unreachable
from bot.ledgers.entries import read, written
from bot.ledgers.measurements import measurement, noted
from bot.ports import PATIENCE, Built, Entry, Ledger, Measurement
from bot.ports.opening import Opening
from bot.settings.kinds import SqliteLedger

TABLES = """
    CREATE TABLE IF NOT EXISTS entries (
        experiment TEXT NOT NULL, version INTEGER NOT NULL, entry TEXT NOT NULL, PRIMARY KEY (experiment, version));
    CREATE TABLE IF NOT EXISTS baseline (one INTEGER PRIMARY KEY CHECK (one = 1), commit_id TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS built (repo TEXT PRIMARY KEY, image TEXT NOT NULL, over TEXT);
    CREATE TABLE IF NOT EXISTS measurements (metric TEXT PRIMARY KEY, measurement TEXT NOT NULL);
"""
WAIT = 10.0  # seconds for another writer
AGAIN = 0.05  # seconds until a lock is tried again


class LedgerFile:
    """The ledger of one repository on one machine."""

    def __init__(self, settings: SqliteLedger) -> None:
        self.path = Path(settings.path)

    def entries(self) -> Mapping[str, Sequence[Entry]]:
        """All entries by experiment, oldest first."""
        entries: dict[str, list[Entry]] = {}
        with self._connect() as connection:
            rows = connection.execute("SELECT experiment, entry FROM entries ORDER BY experiment, version")
            for name, text in rows:
                try:
                    entries.setdefault(name, []).append(read(text, name))
                except (KeyError, TypeError, ValueError) as error:
                    raise Unreachable(f"the ledger {self.path} cannot be read: an entry of {name}: {error}") from None
        return entries

    def append(self, entry: Entry) -> None:
        """Write an entry; the primary key is the compare-and-swap."""
        name = entry.item.experiment
        with self._connect() as connection:
            connection.execute("BEGIN IMMEDIATE")
            sql = "SELECT coalesce(max(version), 0) + 1 FROM entries WHERE experiment = ?"
            (following,) = connection.execute(sql, [name]).fetchone()
            if entry.version != following:
                connection.execute("ROLLBACK")
                raise Conflict(f"{name}: another release wrote entry {entry.version} first; run again")
            connection.execute("INSERT INTO entries VALUES (?, ?, ?)", [name, entry.version, written(entry)])
            connection.execute("COMMIT")

    def baseline(self) -> str | None:
        """The commit that the first release here found."""
        with self._connect() as connection:
            row = connection.execute("SELECT commit_id FROM baseline").fetchone()
            return row[0] if row else None

    def begin(self, commit: str) -> None:
        """Record the baseline, once."""
        with self._connect() as connection:
            try:
                connection.execute("INSERT INTO baseline VALUES (1, ?)", [commit])
            except sqlite3.IntegrityError:
                raise Conflict("this ledger has its baseline already") from None

    def built(self) -> Sequence[Built]:
        """The newest image of each repo that a build handed over."""
        with self._connect() as connection:
            return [Built(*row) for row in connection.execute("SELECT repo, image, over FROM built ORDER BY repo")]

    def remember(self, built: Sequence[Built]) -> None:
        """Keep these images, all or none."""
        with self._connect() as connection:
            connection.execute("BEGIN IMMEDIATE")
            rows = [(b.repo, b.image, b.over) for b in built]
            connection.executemany("INSERT OR REPLACE INTO built VALUES (?, ?, ?)", rows)
            connection.execute("COMMIT")

    def measurements(self) -> Mapping[str, Measurement]:
        """The newest measurement of each metric."""
        with self._connect() as connection:
            rows = connection.execute("SELECT metric, measurement FROM measurements ORDER BY metric").fetchall()
        try:
            return {name: measurement(text) for name, text in rows}
        except (KeyError, TypeError, ValueError) as error:
            raise Unreachable(f"the ledger {self.path} cannot be read: a measurement: {error}") from None

    def note(self, measurement: Measurement) -> None:
        """Keep it, in one write."""
        row = [measurement.metric, noted(measurement)]
        with self._connect() as connection:
            connection.execute("INSERT OR REPLACE INTO measurements VALUES (?, ?)", row)

    def lease(self, holder: str) -> AbstractContextManager[None]:
        """The right to release; it ends with the process that has it, however that ends."""
        return self._held(".lease", holder, 0)

    def turn(self, holder: str) -> AbstractContextManager[None]:
        """The right to decide and to change what is live; it ends likewise."""
        return self._held(".turn", holder, PATIENCE)

    @contextmanager
    def _held(self, suffix: str, holder: str, patience: float) -> Iterator[None]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        end = time.monotonic() + patience
        with self.path.with_suffix(suffix).open("a+") as file:
            while not _locked(file):
                if time.monotonic() > end:
                    file.seek(0)
                    who = file.read().strip()
                    raise Conflict(f"another release is at work here ({who}); run again when it is done")
                time.sleep(AGAIN)
            file.truncate(0)
            file.write(holder)
            file.flush()
            yield

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            connection = sqlite3.connect(self.path, timeout=WAIT, isolation_level=None)
        except sqlite3.Error as error:
            raise Unreachable(f"the ledger {self.path} cannot be opened: {error}") from None
        try:
            connection.executescript(TABLES)
            yield connection
        except sqlite3.OperationalError as error:
            raise Unreachable(f"the ledger {self.path}: {error}") from None
        except sqlite3.DatabaseError as error:
            raise Unreachable(f"the ledger {self.path} cannot be read: {error}") from None
        finally:
            connection.close()


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def open_ledger(settings: SqliteLedger, opening: Opening) -> Ledger:
    """The ledger; its file is made when it is asked."""
    return LedgerFile(settings)
