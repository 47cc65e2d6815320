"""What people have put around a table, its grants and comments: kept where a view is made anew in its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, LiteralString

from bot.ports import Place
from bot.stores.postgresql.connect import query
from bot.stores.postgresql.there import There, there

if TYPE_CHECKING:
    from psycopg.sql import Composable, Composed

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


PRIVILEGES: dict[str, LiteralString] = {
    "SELECT": "SELECT", "INSERT": "INSERT", "UPDATE": "UPDATE", "DELETE": "DELETE", "TRUNCATE": "TRUNCATE",
    "REFERENCES": "REFERENCES", "TRIGGER": "TRIGGER", "MAINTAIN": "MAINTAIN",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grant:
    """A privilege on a column or, with None, on all of it, to a role or, with None, to everyone."""

    column: str | None
    privilege: str
    whom: str | None
    option: bool = False

    def sql(self, schema: str, table: str) -> Composed:
        """The statement that gives it."""
        from psycopg.sql import SQL, Identifier

        of: Composable = SQL(" (") + Identifier(self.column) + SQL(")") if self.column else SQL("")
        to = SQL("PUBLIC") if self.whom is None else Identifier(self.whom)
        more = SQL(" WITH GRANT OPTION" if self.option else "")
        on = query(" ON {schema}.{table} TO ", schema=schema, table=table)
        return SQL("GRANT ") + SQL(PRIVILEGES[self.privilege]) + of + on + to + more


def grants(connection: Connection, oid: int) -> list[Grant]:
    """What was granted on a table or view, to others than its owner."""
    rows = [row for sql in (OF_TABLE, OF_COLUMNS) for row in connection.execute(sql, [oid]).fetchall()]
    return [Grant(column, str(privilege), whom, bool(option)) for column, privilege, whom, option in rows]


@dataclass(frozen=True, slots=True)
class Around:
    """Owner, grants and comments (on a column or, with None, on all of it) of a table or view."""

    owner: str
    is_view: bool
    grants: tuple[Grant, ...]
    comments: tuple[tuple[str | None, str], ...]


def around(connection: Connection, what: There) -> Around:
    """What there is around it."""
    comments = connection.execute(COMMENTS, [what.oid]).fetchall()
    said = tuple((column, str(text)) for column, text in comments)
    return Around(what.owner, what.kind == "v", tuple(grants(connection, what.oid)), said)


def restore(connection: Connection, schema: str, place: Place, kept: Around) -> None:
    """Put it around the view that has the name now, but for columns that it no longer has.

    A view keeps its owner. The owner of a table that was taken over may read what has its name.
    """
    columns = {None, *(column for column, _ in place.columns)}
    view = there(connection, schema, place.table)
    assert view is not None
    more = () if kept.is_view or kept.owner == view.owner else (Grant(None, "SELECT", kept.owner),)
    for grant in (*kept.grants, *more):
        if grant.column in columns and grant.privilege in PRIVILEGES:
            connection.execute(grant.sql(schema, place.table))
    for column, text in kept.comments:
        if column in columns:
            _say(connection, schema, place.table, column, text)
    if kept.is_view and kept.owner != view.owner:
        head = query("ALTER VIEW {schema}.{table} OWNER TO {owner}", schema=schema, table=place.table, owner=kept.owner)
        connection.execute(head)


def _say(connection: Connection, schema: str, view: str, column: str | None, text: str) -> None:
    from psycopg.sql import SQL, Identifier, Literal

    name = query("{schema}.{view}", schema=schema, view=view)
    what = SQL("COLUMN ") + name + SQL(".") + Identifier(column) if column else SQL("VIEW ") + name
    connection.execute(SQL("COMMENT ON ") + what + SQL(" IS ") + Literal(text))
