"""The store itself: each verb is one connection to the file, and one transaction where it changes something."""

from __future__ import annotations

import glob
import sqlite3
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from typing import Self

from bot.errors import Refused
from bot.ports import Batches, Place, StorePlan, Version
from bot.settings.kinds import SqliteStore
from bot.stores.sqlite import catalogue, contents, declared
from bot.stores.sqlite.connect import kind, reading, writing
from bot.stores.sqlite.plan import plan
from bot.stores.sqlite.prune import prune
from bot.stores.sqlite.version import fill, part
from bot.sync.digest import word
from bot.sync.window import is_shown, unlike

ABANDONED = 3600.0  # seconds after which a sandbox's owner is taken for dead


class SqliteTables:
    """The tables of one SQLite file."""

    def __init__(self, settings: SqliteStore) -> None:
        self.path = Path(settings.path)

    def plan(self, place: Place) -> StorePlan:
        """What a sync to the place would do."""
        with self._file() as connection:
            return plan(connection, place)

    def glance(self) -> Self:
        """This one: a look costs little."""
        return self

    def begin(self, place: Place, version: Version) -> None:
        """Record that the version is being made."""
        with self._write() as connection:
            catalogue.begin(connection, place, version)

    def keep(self, place: Place, version: Version, rows: Batches) -> Version:
        """Load the version in one transaction, prove its key, and read it back."""
        with self._write() as connection:
            catalogue.begin(connection, place, version)
            record = catalogue.recorded(connection, place, version)
            assert record is not None
            number, known = record
            if known.whole and (
                kind(connection, part(number)) or is_shown(known, catalogue.inside(connection, place.name))
            ):
                return known
            digest = fill(connection, place, version, number, rows)
            catalogue.finish(connection, number, version.whole, digest.rows, word(digest))
            record = catalogue.recorded(connection, place, version)
            assert record is not None
            return record[1]

    def versions(self, place: Place) -> Sequence[Version]:
        """The catalogue of the place, newest first."""
        with self._catalogue() as connection:
            if connection is None:
                return []
            found = [version for _, version in catalogue.numbered(connection, place.name)]
            return [version for version in found if version.experiment == place.experiment]

    def put(self, place: Place, version: Version) -> bool:
        """Show a whole version, never backwards."""
        with self._write() as connection:
            catalogue.claim(connection, place)
            return contents.put(connection, place, version)

    def inside(self, place: Place) -> tuple[Version, ...]:
        """The versions that the place shows."""
        with self._catalogue() as connection:
            return catalogue.inside(connection, place.name) if connection else ()

    def take_out(self, place: Place, day: date) -> tuple[Version, ...]:
        """Show the day no longer."""
        with self._write() as connection:
            catalogue.claim(connection, place)
            return contents.take_out(connection, place, day)

    def carry(self, place: Place, earlier: Place) -> tuple[Version, ...]:
        """Copy the days that a daily place lacks from an earlier one."""
        if reason := unlike(place, earlier):
            raise Refused(reason)
        with self._write() as connection:
            catalogue.claim(connection, place)
            return contents.carry(connection, place, earlier)

    def shown(self, table: str) -> str | None:
        """What a declared name shows."""
        with self._file() as connection:
            return declared.shown(connection, table) if connection else None

    def owner(self, table: str) -> str | None:
        """The experiment whose place a declared name shows."""
        with self._catalogue() as connection:
            name = declared.shown(connection, table) if connection else None
            return catalogue.owner(connection, name) if connection and name else None

    def point(self, places: Collection[Place]) -> None:
        """Make every declared name show its place, in one transaction."""
        with self._write() as connection:
            declared.point(connection, places)

    def unname(self, tables: Collection[str]) -> None:
        """Take declared names away, in one transaction."""
        with self._write() as connection:
            declared.unname(connection, tables)

    def prune(self, experiment: str, table: str, keep: Collection[str], before: datetime) -> Collection[str]:
        """Remove what nobody needs; raises Refused at the end for a place that somebody's view reads."""
        with self._write() as connection:
            gone, stay = prune(connection, experiment, table, keep, before)
        if stay:
            raise Refused("; ".join(stay))
        return gone

    @contextmanager
    def sandbox(self, owner: str) -> Iterator[SqliteTables]:
        """A file of its own beside the store, gone afterwards."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        for left in self.path.parent.glob(f"{glob.escape(self.path.name)}.sandbox-*"):
            with suppress(FileNotFoundError):  # its owner was quicker
                if time.time() - left.stat().st_mtime > ABANDONED:
                    left.unlink()
        scratch = self.path.with_name(f"{self.path.name}.sandbox-{owner}")
        _remove(scratch)
        try:
            yield SqliteTables(SqliteStore(path=str(scratch)))
        finally:
            _remove(scratch)

    @contextmanager
    def _file(self) -> Iterator[sqlite3.Connection | None]:
        """The file to read, if it is there."""
        if not self.path.exists():
            yield None
            return
        with reading(self.path) as connection:
            yield connection

    @contextmanager
    def _catalogue(self) -> Iterator[sqlite3.Connection | None]:
        """The same, if it was ever a store."""
        with self._file() as connection:
            yield connection if connection and catalogue.is_there(connection) else None

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with writing(self.path) as connection:
            catalogue.prepare(connection)
            yield connection


def _remove(scratch: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        scratch.with_name(scratch.name + suffix).unlink(missing_ok=True)
