"""Removing places and versions that nobody needs, in the caller's transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from datetime import datetime

from bot.stores.sqlite import catalogue
from bot.stores.sqlite.connect import kind, quoted
from bot.stores.sqlite.declared import shown
from bot.stores.sqlite.version import part
from bot.sync.window import earlier, is_shown


def prune(
    connection: sqlite3.Connection, experiment: str, table: str, keep: Collection[str], before: datetime
) -> tuple[list[str], list[str]]:
    """Remove as `Places.prune` does: the names of the places that are gone, and why others had to stay."""
    gone, stay = list[str](), list[str]()
    for name, spec in catalogue.places(connection, experiment, table):
        if spec in keep or shown(connection, table) == name:
            _remove_versions(connection, name, before)
        elif readers := _readers(connection, name):
            stay.append(f"{name} stays while {', '.join(readers)} read it")
        else:
            _remove_place(connection, name)
            gone.append(name)
    return gone, stay


def _remove_place(connection: sqlite3.Connection, name: str) -> None:
    there = kind(connection, name)
    if there in ("view", "table") and catalogue.owner(connection, name) is not None:
        connection.execute(f"DROP {there.upper()} {quoted(name)}")
    for number, _ in catalogue.numbered(connection, name):
        connection.execute(f"DROP TABLE IF EXISTS {quoted(part(number))}")
    catalogue.forget(connection, name)


def _remove_versions(connection: sqlite3.Connection, name: str, before: datetime) -> None:
    """Remove those of a place that stays; where it is a view, the version that may be shown again stays too."""
    numbered, inside = catalogue.numbered(connection, name), catalogue.inside(connection, name)
    stay = list(inside)
    if inside and kind(connection, name) == "view":
        last = earlier(inside[0], [one for _, one in numbered], catalogue.taken_out(connection, name))
        stay += [last] if last else []
    for number, version in numbered:
        if version.begun < before and not is_shown(version, stay):
            connection.execute(f"DROP TABLE IF EXISTS {quoted(part(number))}")
            connection.execute("DELETE FROM sameday_versions WHERE number = ?", [number])


def _readers(connection: sqlite3.Connection, name: str) -> list[str]:
    """Views and triggers, whoever made them, whose text has the place's name."""
    sql = (
        "SELECT name FROM sqlite_master WHERE type IN ('view', 'trigger') AND name <> ?1 COLLATE NOCASE "
        "AND instr(lower(sql), lower(?1)) ORDER BY name"
    )
    return [str(word) for (word,) in connection.execute(sql, [name]).fetchall()]
