"""What the file remembers beside the tables: versions, places, what they show, days taken out, tables set aside."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import date, datetime

from bot.errors import Refused
from bot.ports import Place, Version
from bot.stores.names import FIELDS, read_version, read_word, written
from bot.stores.sqlite.connect import kind

TABLES = """
    CREATE TABLE IF NOT EXISTS sameday_versions (
        number INTEGER PRIMARY KEY AUTOINCREMENT, place TEXT NOT NULL, declared TEXT NOT NULL,
        experiment TEXT NOT NULL, spec TEXT NOT NULL, date TEXT NOT NULL, attempt INTEGER NOT NULL,
        begun TEXT NOT NULL, whole TEXT, row_count INTEGER NOT NULL, digest TEXT NOT NULL,
        UNIQUE (place, date, attempt));
    CREATE TABLE IF NOT EXISTS sameday_places (
        place TEXT PRIMARY KEY, declared TEXT NOT NULL, experiment TEXT NOT NULL, spec TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS sameday_inside (
        place TEXT NOT NULL, experiment TEXT NOT NULL, spec TEXT NOT NULL, date TEXT NOT NULL,
        attempt INTEGER NOT NULL, begun TEXT NOT NULL, whole TEXT NOT NULL, row_count INTEGER NOT NULL,
        digest TEXT NOT NULL, PRIMARY KEY (place, date));
    CREATE TABLE IF NOT EXISTS sameday_out (
        place TEXT NOT NULL, date TEXT NOT NULL, attempt INTEGER NOT NULL, PRIMARY KEY (place, date));
    CREATE TABLE IF NOT EXISTS sameday_aside (declared TEXT PRIMARY KEY);
"""
NOW = "strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')"
MARKS = ", ".join("?" for _ in FIELDS.split(", "))


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables, once; in the caller's transaction."""
    for statement in TABLES.split(";")[:-1]:
        connection.execute(statement)


def is_there(connection: sqlite3.Connection) -> bool:
    """Whether the file was ever a store."""
    return kind(connection, "sameday_aside") is not None


def claim(connection: sqlite3.Connection, place: Place) -> None:
    """Raise Refused where the place is another experiment's."""
    sql = (
        "SELECT experiment FROM sameday_versions WHERE place = ?1 AND experiment <> ?2 "
        "UNION SELECT experiment FROM sameday_places WHERE place = ?1 AND experiment <> ?2"
    )
    row = connection.execute(sql, [place.name, place.experiment]).fetchone()
    if row is not None:
        raise Refused(f"{place.name} is a place of {read_word(row[0], place.table)}: a place has one owner")


def begin(connection: sqlite3.Connection, place: Place, version: Version) -> None:
    """Record that the version is being made, if it is not whole."""
    claim(connection, place)
    connection.execute(
        f"INSERT INTO sameday_versions (place, declared, {FIELDS}) VALUES (?, ?, {MARKS}) "
        "ON CONFLICT (place, date, attempt) DO UPDATE SET begun = excluded.begun WHERE whole IS NULL",
        [place.name, place.table, version.experiment, version.spec, version.date.isoformat(), version.attempt,
         version.begun.isoformat(), None, 0, ""],
    )  # fmt: skip


def numbered(connection: sqlite3.Connection, name: str) -> list[tuple[int, Version]]:
    """The versions of the place of this name with the numbers of their tables, newest first."""
    sql = f"SELECT number, {FIELDS} FROM sameday_versions WHERE place = ? ORDER BY date DESC, attempt DESC"
    rows = connection.execute(sql, [name]).fetchall()
    return [(number, read_version(row, name)) for number, *row in rows]


def recorded(connection: sqlite3.Connection, place: Place, version: Version) -> tuple[int, Version] | None:
    """What the catalogue says of one version, with the number of its table."""
    return next((one for one in numbered(connection, place.name) if one[1].run == version.run), None)


def finish(connection: sqlite3.Connection, number: int, whole: datetime | None, rows: int, digest: str) -> None:
    """Record a version as whole, since now unless `whole` says when."""
    sql = f"UPDATE sameday_versions SET whole = coalesce(?, {NOW}), row_count = ?, digest = ? WHERE number = ?"
    connection.execute(sql, [whole.isoformat() if whole else None, rows, digest, number])


def inside(connection: sqlite3.Connection, name: str) -> tuple[Version, ...]:
    """The versions that the place of this name shows, newest first; none where it is gone."""
    if kind(connection, name) is None:
        return ()
    sql = f"SELECT {FIELDS} FROM sameday_inside WHERE place = ? ORDER BY date DESC"
    return tuple(read_version(row, name) for row in connection.execute(sql, [name]).fetchall())


def show(connection: sqlite3.Connection, place: Place, shown: Iterable[Version]) -> None:
    """Record what the place shows from now on."""
    connection.execute("DELETE FROM sameday_inside WHERE place = ?", [place.name])
    connection.executemany(
        f"INSERT INTO sameday_inside (place, {FIELDS}) VALUES (?, {MARKS})",
        [[place.name, *written(version)] for version in shown],
    )


def taken_out(connection: sqlite3.Connection, name: str) -> dict[date, int]:
    """The days that were taken out of the place of this name, each with the newest attempt that there was of it."""
    sql = "SELECT date, attempt FROM sameday_out WHERE place = ?"
    return {date.fromisoformat(day): attempt for day, attempt in connection.execute(sql, [name]).fetchall()}


def take_note(connection: sqlite3.Connection, place: Place, day: date) -> None:
    """Record that the day was taken out, with all attempts so far."""
    connection.execute(
        "INSERT OR REPLACE INTO sameday_out SELECT ?1, ?2, coalesce(max(attempt), 0) FROM sameday_versions "
        "WHERE place = ?1 AND date = ?2",
        [place.name, day.isoformat()],
    )


def places(connection: sqlite3.Connection, experiment: str, declared: str) -> list[tuple[str, str]]:
    """The names and spec keys of the places that the experiment has for a declared name."""
    sql = (
        "SELECT place, spec FROM sameday_versions WHERE experiment = ?1 AND declared = ?2 "
        "UNION SELECT place, spec FROM sameday_places WHERE experiment = ?1 AND declared = ?2 ORDER BY 1"
    )
    return connection.execute(sql, [experiment, declared]).fetchall()


def forget(connection: sqlite3.Connection, name: str) -> None:
    """Keep nothing of the place of this name."""
    for table in ("versions", "places", "inside", "out"):
        connection.execute(f"DELETE FROM sameday_{table} WHERE place = ?", [name])


def owner(connection: sqlite3.Connection, name: str) -> str | None:
    """The experiment whose place has the name, or None where no place of ours has."""
    row = connection.execute("SELECT experiment FROM sameday_places WHERE place = ?", [name]).fetchone()
    return read_word(row[0], name) if row else None
