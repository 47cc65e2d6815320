"""What people have put around a table, its grants and comments: kept where a view is made anew in its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, LiteralString

from bot.ports import Target
from bot.stores.postgresql.connect import query

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from bot.stores.postgresql.connect import Connection

WHO: LiteralString = (
    "a.privilege_type, CASE a.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(a.grantee) END, a.is_grantable"
)
OF_TABLE: LiteralString = (
    "SELECT NULL, " + WHO + " FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = %s AND a.grantee <> c.relowner"
)
OF_COLUMNS: LiteralString = (
    "SELECT t.attname, " + WHO + " FROM pg_attribute t, aclexplode(t.attacl) a "
    "WHERE t.attrelid = %s AND t.attnum > 0 AND NOT t.attisdropped"
)
COMMENTS: LiteralString = """
    SELECT a.attname, d.description FROM pg_description d
    LEFT JOIN pg_attribute a ON a.attrelid = d.objoid AND a.attnum = d.objsubid AND d.objsubid > 0
    WHERE d.objoid = %s AND d.classoid = 'pg_class'::regclass
"""


@dataclass(frozen=True, slots=True)
class Around:
    """Grants (column or None for the whole, privilege, whom or None for everyone, may be passed on), and comments."""

    grants: tuple[tuple[str | None, str, str | None, bool], ...] = ()
    comments: tuple[tuple[str | None, str], ...] = ()


def remember(connection: Connection, oid: int) -> Around:
    """What there is around a table or view."""
    grants = [row for sql in (OF_TABLE, OF_COLUMNS) for row in connection.execute(sql, [oid]).fetchall()]
    comments = connection.execute(COMMENTS, [oid]).fetchall()
    return Around(
        tuple((column, str(privilege), whom, bool(option)) for column, privilege, whom, option in grants),
        tuple((column, str(text)) for column, text in comments),
    )


def restore(connection: Connection, schema: str, target: Target, kept: Around) -> None:
    """Put it around the view that has the name now, but for columns that it no longer has."""
    from psycopg.sql import SQL, Identifier, Literal

    columns = {None, *(column for column, _ in target.columns)}
    view = query("{schema}.{table}", schema=schema, table=target.table)
    for column, privilege, whom, option in kept.grants:
        if column in columns:
            of: Composable = SQL("(") + Identifier(column) + SQL(")") if column else SQL("")
            to = SQL("PUBLIC") if whom is None else Identifier(whom)
            more = SQL(" WITH GRANT OPTION" if option else "")
            connection.execute(SQL("GRANT ") + SQL(privilege) + of + SQL(" ON ") + view + SQL(" TO ") + to + more)
    for column, text in kept.comments:
        if column in columns:
            what = SQL("COLUMN ") + view + SQL(".") + Identifier(column) if column else SQL("VIEW ") + view
            connection.execute(SQL("COMMENT ON ") + what + SQL(" IS ") + Literal(text))
