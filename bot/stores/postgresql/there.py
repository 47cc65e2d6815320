"""What has a name in the database: its columns, what it reads, who reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, LiteralString

if TYPE_CHECKING:
    from bot.stores.postgresql.connect import Connection

COLUMNS: LiteralString = """
    SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
    WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
DEPENDENTS: LiteralString = """
    SELECT DISTINCT r.ev_class::regclass::text FROM pg_depend d
    JOIN pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
    WHERE d.refobjid = %s AND d.refclassid = 'pg_class'::regclass AND r.ev_class <> d.refobjid ORDER BY 1
"""
SOURCES: LiteralString = """
    SELECT DISTINCT n.nspname, c.relname FROM pg_rewrite r
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
        AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
    JOIN pg_class c ON c.oid = d.refobjid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE r.ev_class = %s
"""


@dataclass(frozen=True, slots=True)
class There:
    """What has a name; `options` are a view's own, as in `security_invoker=true`."""

    oid: int
    kind: str
    owner: str
    options: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]


def there(connection: Connection, schema: str, table: str) -> There | None:
    """What has this name, if anything."""
    sql = """
        SELECT c.oid::int8, c.relkind::text, pg_get_userbyid(c.relowner), c.reloptions FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s AND c.relname = %s
    """
    row = connection.execute(sql, [schema, table]).fetchone()
    if row is None:
        return None
    oid, kind, owner, options = row
    columns = connection.execute(COLUMNS, [oid]).fetchall()
    named = tuple((str(column), str(form)) for column, form in columns)
    return There(oid, str(kind), str(owner), tuple(options or ()), named)


def dependents(connection: Connection, oid: int) -> list[str]:
    """The views that read it."""
    return [str(row[0]) for row in connection.execute(DEPENDENTS, [oid]).fetchall()]


def source(connection: Connection, schema: str, view: There) -> str | None:
    """The one thing that a view reads, if that is in the schema too."""
    rows = connection.execute(SOURCES, [view.oid]).fetchall() if view.kind == "v" else []
    return str(rows[0][1]) if len(rows) == 1 and rows[0][0] == schema else None
