"""The view that readers see: what is there under its name, and how it is pointed at another version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, LiteralString

from bot.errors import Refused
from bot.ports import Target
from bot.stores.postgresql.around import Around, remember, restore
from bot.stores.postgresql.connect import query
from bot.stores.postgresql.types import name

if TYPE_CHECKING:
    from bot.stores.postgresql.connect import Connection

ASIDE = "__before_sameday"  # where a plain table goes that is taken over
COLUMNS: LiteralString = """
    SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
    WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
DEPENDENTS: LiteralString = """
    SELECT DISTINCT r.ev_class::regclass::text FROM pg_depend d
    JOIN pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
    WHERE d.refobjid = %s AND r.ev_class <> d.refobjid ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class There:
    """What has the target's name now."""

    oid: int
    columns: tuple[tuple[str, str], ...]


def there(connection: Connection, schema: str, table: str) -> There | None:
    """What has this name, if anything."""
    sql = """
        SELECT c.oid::int8 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = %s AND c.relname = %s
    """
    found = connection.execute(sql, [schema, table]).fetchone()
    if found is None:
        return None
    columns = connection.execute(COLUMNS, [found[0]]).fetchall()
    return There(found[0], tuple((str(column), str(kind)) for column, kind in columns))


def wanted(connection: Connection, target: Target) -> tuple[tuple[str, str], ...]:
    """The view's columns as PostgreSQL names their types."""
    kinds = [name(declared) for _, declared in target.columns]
    sql = "SELECT format_type(k::regtype, NULL) FROM unnest(%s::text[]) WITH ORDINALITY AS u(k, i) ORDER BY i"
    plain = [kind.partition("(")[0].strip() for kind in kinds]
    named = [row[0] for row in connection.execute(sql, [plain]).fetchall()]
    full = [kind.replace(", ", ",") if "(" in kind else named[i] for i, kind in enumerate(kinds)]
    return tuple((column, full[i]) for i, (column, _) in enumerate(target.columns))


def taken(target: Target) -> str:
    """Why the name cannot be used as it is."""
    return f"a plain table {target.table} is already there; `adopt: true` takes it over"


def replaceable(before: There, after: Sequence[tuple[str, str]]) -> bool:
    """Whether the view can be changed in its place, which keeps grants, comments and what depends on it."""
    return tuple(after[: len(before.columns)]) == before.columns


def dependents(connection: Connection, before: There) -> list[str]:
    """The views that read this one."""
    return [str(row[0]) for row in connection.execute(DEPENDENTS, [before.oid]).fetchall()]


def point(
    connection: Connection, schema: str, state: str, target: Target, numbers: Sequence[int], *, ours: bool
) -> None:
    """Make the view show versions; in the caller's transaction. `ours`: what is there shows some already."""
    before = there(connection, schema, target.table)
    kept = Around()
    if before is not None and not ours:
        if not target.adopt:
            raise Refused(taken(target))
        kept = remember(connection, before.oid)
        aside = query(
            "ALTER TABLE {schema}.{table} RENAME TO {aside}", schema=schema, table=target.table,
            aside=target.table + ASIDE,
        )  # fmt: skip
        connection.execute(aside)
        before = None
    if before is not None and not replaceable(before, wanted(connection, target)):
        readers = dependents(connection, before)
        if readers:
            raise Refused(f"{target.table} cannot change its columns while {', '.join(readers)} read it")
        kept = remember(connection, before.oid)
        connection.execute(query("DROP VIEW {schema}.{table}", schema=schema, table=target.table))
    _create(connection, schema, state, target, numbers)
    restore(connection, schema, target, kept)


def _create(connection: Connection, schema: str, state: str, target: Target, numbers: Sequence[int]) -> None:
    from psycopg.sql import SQL, Identifier

    columns = SQL(", ").join(Identifier(column) for column, _ in target.columns)
    parts = [
        SQL("SELECT ") + columns + query(" FROM {state}.{part}", state=state, part=f"v{number}") for number in numbers
    ]
    head = query("CREATE OR REPLACE VIEW {schema}.{table} AS ", schema=schema, table=target.table)
    connection.execute(head + SQL(" UNION ALL ").join(parts))
