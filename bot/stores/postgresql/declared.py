"""Declared names: each a view over one place, pointed in the caller's transaction.

What people have put around a name is kept: owner, grants, comments, options, and the views that read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, LiteralString

from bot.errors import Refused
from bot.ports import ASIDE, Place
from bot.stores.postgresql.around import around, restore
from bot.stores.postgresql.catalogue import CatalogueTables
from bot.stores.postgresql.connect import query
from bot.stores.postgresql.rights import give
from bot.stores.postgresql.there import There, dependents, source, there
from bot.stores.postgresql.types import name

if TYPE_CHECKING:
    from bot.stores.postgresql.connect import Connection

OPTIONS: dict[str, LiteralString] = {
    "security_invoker": "security_invoker", "security_barrier": "security_barrier", "check_option": "check_option",
}  # fmt: skip


def shown(catalogue: CatalogueTables, table: str) -> str | None:
    """What a declared name shows; as `Places.shown`."""
    now = there(catalogue.connection, catalogue.schema, table)
    if now is None:
        return None
    place = source(catalogue.connection, catalogue.schema, now)
    return place if place is not None and catalogue.owner(place) is not None else table


def point(catalogue: CatalogueTables, places: Sequence[Place]) -> None:
    """Make every declared name show its place; as `Places.point`."""
    for place in places:
        catalogue.claim(place)
        if not catalogue.inside(place.name):
            raise Refused(f"{place.name} shows nothing yet: put a version first")
        if reason := taken(catalogue, place):
            raise Refused(reason)
        give(catalogue, place)
    for place in places:
        _point(catalogue, place)


def taken(catalogue: CatalogueTables, place: Place) -> str:
    """Why the declared name cannot show the place, or ''."""
    now = shown(catalogue, place.table)
    if now is None:
        return ""
    if now != place.table:
        owner = catalogue.owner(now)
        other = f"{place.table} shows {now} of {owner}: a name has one owner"
        return "" if owner in place.owners else other
    if not place.adopt:
        return f"a plain table {place.table} is already there; `adopt: true` takes it over"
    aside = place.table + ASIDE
    is_there = there(catalogue.connection, catalogue.schema, aside) is not None
    return f"{aside} is there already, and {place.table} would go there" if is_there else ""


def wanted(connection: Connection, place: Place) -> tuple[tuple[str, str], ...]:
    """The place's columns as PostgreSQL names their types."""
    kinds = [name(declared) for _, declared in place.columns]
    sql = "SELECT format_type(k::regtype, NULL) FROM unnest(%s::text[]) WITH ORDINALITY AS u(k, i) ORDER BY i"
    plain = [kind.partition("(")[0].strip() for kind in kinds]
    named = [row[0] for row in connection.execute(sql, [plain]).fetchall()]
    full = [kind.replace(", ", ",") if "(" in kind else named[i] for i, kind in enumerate(kinds)]
    return tuple((column, full[i]) for i, (column, _) in enumerate(place.columns))


def changed(before: There, after: Sequence[tuple[str, str]]) -> list[str]:
    """The columns that would have another type: a view that others read cannot be changed like that."""
    new = dict(after)
    return [
        f"the column {column} would be {new[column]} instead of {kind}"
        for column, kind in before.columns
        if new.get(column, kind) != kind
    ]


def unname(catalogue: CatalogueTables, table: str) -> None:
    """Take a declared name away; as `Places.unname`. Raises Refused while somebody's view reads it."""
    connection, schema = catalogue.connection, catalogue.schema
    now = there(connection, schema, table)
    if now is not None and shown(catalogue, table) != table:
        if readers := dependents(connection, now.oid):
            raise Refused(f"{table} stays while {', '.join(readers)} read it")
        connection.execute(query("DROP VIEW {schema}.{table}", schema=schema, table=table))
        now = None
    sql = query("DELETE FROM {state}.aside WHERE declared = %s RETURNING declared", state=catalogue.state)
    if now is None and connection.execute(sql, [catalogue.key(table)]).fetchall():
        _rename(catalogue, table + ASIDE, table)


def _point(catalogue: CatalogueTables, place: Place) -> None:
    connection, schema = catalogue.connection, catalogue.schema
    before = there(connection, schema, place.table)
    if before is None:
        _create(catalogue, place, place.columns, ())
    elif shown(catalogue, place.table) != place.table:
        _replace(catalogue, place, before)
    else:
        _rename(catalogue, place.table, place.table + ASIDE)
        sql = query("INSERT INTO {state}.aside VALUES (%s) ON CONFLICT DO NOTHING", state=catalogue.state)
        connection.execute(sql, [catalogue.key(place.table)])
        _create(catalogue, place, place.columns, ())
        restore(connection, schema, place, around(connection, before))


def _replace(catalogue: CatalogueTables, place: Place, before: There) -> None:
    """In its place if the columns allow it, or others read it; else anew, with what was around it."""
    connection, after = catalogue.connection, wanted(catalogue.connection, place)
    if after[: len(before.columns)] == before.columns:
        _create(catalogue, place, place.columns, before.options)
    elif readers := dependents(connection, before.oid):
        if wrong := changed(before, after):
            raise Refused(f"{', '.join(readers)} read {place.table}, and {'; '.join(wrong)}")
        named = {column for column, _ in before.columns}
        more = [one for one in place.columns if one[0] not in named]
        _create(catalogue, place, (*before.columns, *more), before.options)
    else:
        kept = around(connection, before)
        connection.execute(query("DROP VIEW {schema}.{table}", schema=catalogue.schema, table=place.table))
        _create(catalogue, place, place.columns, before.options)
        restore(connection, catalogue.schema, place, kept)


def _create(
    catalogue: CatalogueTables, place: Place, columns: Sequence[tuple[str, str]], options: Sequence[str]
) -> None:
    """Make the view, or replace it; what the place lacks of its columns is NULL. A replace forgets the options."""
    from psycopg.sql import SQL, Identifier, Literal

    held = {column for column, _ in place.columns}
    chosen = [
        Identifier(column) if column in held else SQL(f"NULL::{kind} AS ") + Identifier(column)
        for column, kind in columns
    ]  # fmt: skip
    pairs = [option.partition("=") for option in options]
    words = [SQL(OPTIONS[key]) + SQL(" = ") + Literal(value) for key, _, value in pairs if key in OPTIONS]
    given = SQL(" WITH (") + SQL(", ").join(words) + SQL(")") if words else SQL("")
    head = query("CREATE OR REPLACE VIEW {schema}.{table}", schema=catalogue.schema, table=place.table)
    source_of = query(" FROM {schema}.{name}", schema=catalogue.schema, name=place.name)
    catalogue.connection.execute(head + given + SQL(" AS SELECT ") + SQL(", ").join(chosen) + source_of)


def _rename(catalogue: CatalogueTables, old: str, new: str) -> None:
    sql = query("ALTER TABLE {schema}.{old} RENAME TO {new}", schema=catalogue.schema, old=old, new=new)
    catalogue.connection.execute(sql)
