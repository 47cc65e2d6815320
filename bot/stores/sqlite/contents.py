"""How versions come into a place and out of it; every function works in the caller's transaction.

A place that is not daily is a view over its one version's table. A daily one is a table in the order of its key.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import date

from bot.errors import Refused
from bot.ports import Place, Version
from bot.stores.sqlite import catalogue
from bot.stores.sqlite.connect import kind, names, quoted
from bot.stores.sqlite.version import columns, part
from bot.sync.window import admits, beyond, earlier, is_shown, lacking


def ddl(place: Place) -> str:
    """The statement that makes a table with the place's columns."""
    if not place.daily or not place.key:
        return f"CREATE TABLE {quoted(place.name)} ({columns(place)})"
    return f"CREATE TABLE {quoted(place.name)} ({columns(place)}, PRIMARY KEY ({names(place.key)})) WITHOUT ROWID"


def put(connection: sqlite3.Connection, place: Place, version: Version) -> bool:
    """Show a whole version, unless a newer one is there; as `Places.put`."""
    record = catalogue.recorded(connection, place, version)
    if record is None or record[1].whole is None:
        raise Refused(f"{version.run} is not whole in {place.name}: load it first")
    number, kept = record
    shown = catalogue.inside(connection, place.name)
    if is_shown(kept, shown):
        return True
    if not admits(place, kept, shown, catalogue.taken_out(connection, place.name)):
        return False
    if kind(connection, part(number)) is None:
        raise Refused(f"{version.run} is no longer kept beside {place.name}: load it again")
    _make(connection, place)
    if place.daily:
        _put_day(connection, place, kept, number, shown)
    else:
        _put_all(connection, place, kept, number)
    return True


def take_out(connection: sqlite3.Connection, place: Place, day: date) -> tuple[Version, ...]:
    """Show the day no longer; as `Places.take_out`."""
    shown = catalogue.inside(connection, place.name)
    rest = [one for one in shown if one.date != day]
    if place.daily or rest:
        if not rest:
            raise Refused(f"{place.name} would show nothing without {day}")
        if place.daily:
            _delete(connection, place, [day])
        catalogue.show(connection, place, rest)
    else:
        _put_back(connection, place, shown, day)
    catalogue.take_note(connection, place, day)
    return catalogue.inside(connection, place.name)


def carry(connection: sqlite3.Connection, place: Place, old: Place) -> tuple[Version, ...]:
    """Copy days of an earlier place; as `Places.carry`, whose conditions the caller has proven."""
    shown, out = catalogue.inside(connection, place.name), catalogue.taken_out(connection, place.name)
    versions = lacking(place, shown, catalogue.inside(connection, old.name), out)
    if not versions:
        return ()
    catalogue.claim(connection, place)
    _make(connection, place)
    gone = beyond(place, [one.date for one in (*shown, *versions)])
    _delete(connection, place, gone)
    for version in versions:
        _insert(connection, place, old.name, version.date)
    catalogue.show(connection, place, [*(one for one in shown if one.date not in gone), *versions])
    return tuple(versions)


def _make(connection: sqlite3.Connection, place: Place) -> None:
    """Make the place if it is not there, and have its name; raises Refused where a stranger's table has it."""
    there = kind(connection, place.name) is not None
    if catalogue.owner(connection, place.name) is None:
        if there:
            raise Refused(f"{place.name} is there already and is not sameday's: drop or rename it")
        values = [place.name, place.table, place.experiment, place.spec]
        connection.execute("INSERT INTO sameday_places VALUES (?, ?, ?, ?)", values)
    if place.daily and not there:
        connection.execute(ddl(place))


def _put_all(connection: sqlite3.Connection, place: Place, version: Version, number: int) -> None:
    name = quoted(place.name)
    chosen = names(tuple(column for column, _ in place.columns))
    connection.execute(f"DROP VIEW IF EXISTS {name}")
    connection.execute(f"CREATE VIEW {name} AS SELECT {chosen} FROM {quoted(part(number))}")
    catalogue.show(connection, place, [version])


def _put_day(
    connection: sqlite3.Connection, place: Place, version: Version, number: int, shown: Iterable[Version]
) -> None:
    versions = {one.date: one for one in shown}
    gone = beyond(place, {*versions, version.date})
    _delete(connection, place, [day for day in (version.date, *gone) if day in versions])
    _insert(connection, place, part(number), version.date)
    connection.execute(f"DROP TABLE {quoted(part(number))}")
    versions[version.date] = version
    catalogue.show(connection, place, [one for one in versions.values() if one.date not in gone])


def _put_back(connection: sqlite3.Connection, place: Place, shown: Iterable[Version], day: date) -> None:
    """Show the version of an earlier day again."""
    out = catalogue.taken_out(connection, place.name)
    known = [one for one in catalogue.numbered(connection, place.name) if kind(connection, part(one[0])) is not None]
    for version in shown:
        before = earlier(version, [one for _, one in known], out)
        if before is not None:
            _put_all(connection, place, before, next(number for number, one in known if one == before))
            return
    raise Refused(f"{place.name} would show nothing without {day}")


def _insert(connection: sqlite3.Connection, place: Place, source: str, day: date) -> None:
    assert place.partition is not None
    chosen = names(tuple(column for column, _ in place.columns))
    order = f" ORDER BY {names(place.key)}" if place.key else ""
    sql = f"SELECT {chosen} FROM {quoted(source)} WHERE {quoted(place.partition)} = ?{order}"
    try:
        connection.execute(f"INSERT INTO {quoted(place.name)} {sql}", [day.isoformat()])
    except sqlite3.IntegrityError:
        key = ", ".join(place.key)
        raise Refused(f"{place.name} cannot take {day} of {source}: rows share their key ({key})") from None


def _delete(connection: sqlite3.Connection, place: Place, days: Iterable[date]) -> None:
    assert place.partition is not None
    sql = f"DELETE FROM {quoted(place.name)} WHERE {quoted(place.partition)} = ?"
    connection.executemany(sql, [[day.isoformat()] for day in days])
