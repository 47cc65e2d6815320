"""What a sync to a place would do, found out without changing anything."""

from __future__ import annotations

import sqlite3

from bot.experiment.types import scalars
from bot.ports import Place, StorePlan
from bot.stores.drift import breaks
from bot.stores.sqlite.connect import kind, quoted
from bot.stores.sqlite.contents import ddl
from bot.stores.sqlite.declared import shown, taken
from bot.stores.sqlite.version import KINDS, held
from bot.sync.canonical import PLAIN, REFUSED, form

RESERVED = ("sameday_", "sqlite_")  # ours, and SQLite's own


def plan(connection: sqlite3.Connection | None, place: Place) -> StorePlan:
    """As `Store.plan`; without a connection the file is not there."""
    refused = [(word, f"SQLite has no place for {kind}") for word, kind in place.columns if scalars(kind) & REFUSED]
    now, missed = None, tuple[str, ...]()
    if place.table.startswith(RESERVED):
        refused.append(("", f"names that begin with {' or '.join(RESERVED)} are taken; choose another one"))
    elif connection is not None:
        now = shown(connection, place.table)
        missed = breaks(_columns(connection, place.table), _kept(place))
        if reason := taken(connection, place):
            refused.append(("", reason))
    adopts = now == place.table and connection is not None and kind(connection, place.table) == "table"
    return StorePlan(
        "adopt" if adopts else "replace" if now else "create",
        ddl(place),
        tuple(refused),
        missed,
        tuple((word, held(kind)) for word, kind in place.columns if kind not in PLAIN),
    )


def _columns(connection: sqlite3.Connection, table: str) -> list[tuple[str, str]]:
    """The columns of what has the name; none where it reads what is gone."""
    try:
        rows = connection.execute(f"PRAGMA table_info({quoted(table)})").fetchall()
    except sqlite3.OperationalError:
        return []
    return [(column, declared) for _, column, declared, *_ in rows]


def _kept(place: Place) -> list[tuple[str, str]]:
    return [(word, KINDS[form(declared)]) for word, declared in place.columns]
