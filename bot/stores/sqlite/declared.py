"""Declared names: each a view over one place; every function that changes one works in the caller's transaction."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Iterable

from bot.errors import Refused
from bot.ports import ASIDE, Place
from bot.stores.sqlite import catalogue
from bot.stores.sqlite.connect import kind, names, quoted

WORD = r'"((?:[^"]|"")+)"'
OURS = re.compile(rf"CREATE VIEW {WORD} AS SELECT {WORD}(?:, {WORD})* FROM {WORD}")


def shown(connection: sqlite3.Connection, table: str) -> str | None:
    """What a declared name shows; as `Places.shown`."""
    sql = "SELECT type, sql FROM sqlite_master WHERE name = ? COLLATE NOCASE"
    row = connection.execute(sql, [table]).fetchone()
    if row is None:
        return None
    ours = OURS.fullmatch(row[1] or "") if row[0] == "view" else None
    if ours is None or not catalogue.is_there(connection):
        return table
    name = ours.groups()[-1].replace('""', '"')
    return name if catalogue.owner(connection, name) is not None else table


def point(connection: sqlite3.Connection, places: Collection[Place]) -> None:
    """Make every declared name show its place; as `Places.point`."""
    for place in places:
        catalogue.claim(connection, place)
        if not catalogue.inside(connection, place.name):
            raise Refused(f"{place.name} shows nothing yet: put a version first")
        if reason := taken(connection, place):
            raise Refused(reason)
    for place in places:
        if kind(connection, place.table) == "table":
            connection.execute(f"ALTER TABLE {quoted(place.table)} RENAME TO {quoted(place.table + ASIDE)}")
            connection.execute("INSERT OR REPLACE INTO sameday_aside VALUES (?)", [place.table])
        connection.execute(f"DROP VIEW IF EXISTS {quoted(place.table)}")
        columns = names(tuple(column for column, _ in place.columns))
        connection.execute(f"CREATE VIEW {quoted(place.table)} AS SELECT {columns} FROM {quoted(place.name)}")


def taken(connection: sqlite3.Connection, place: Place) -> str:
    """Why the declared name cannot show the place, or ''."""
    now = shown(connection, place.table)
    if now is None:
        return ""
    if now != place.table:
        owner = catalogue.owner(connection, now)
        other = f"{place.table} shows {now} of {owner}: a name has one owner"
        return "" if owner in place.owners else other
    if kind(connection, place.table) != "table":
        return f"{place.table} is somebody's {kind(connection, place.table)}: drop or rename it"
    if not place.adopt:
        return f"a plain table {place.table} is already there; `adopt: true` takes it over"
    aside = place.table + ASIDE
    return f"{aside} is there already, and {place.table} would go there" if kind(connection, aside) else ""


def unname(connection: sqlite3.Connection, tables: Iterable[str]) -> None:
    """Take declared names away; as `Places.unname`."""
    for table in tables:
        if shown(connection, table) not in (None, table):
            connection.execute(f"DROP VIEW {quoted(table)}")
        sql = "DELETE FROM sameday_aside WHERE declared = ? RETURNING declared"
        if kind(connection, table) is None and connection.execute(sql, [table]).fetchall():
            connection.execute(f"ALTER TABLE {quoted(table + ASIDE)} RENAME TO {quoted(table)}")
