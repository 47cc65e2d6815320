"""Reading what a flag's value names, from stores that are SQLite files."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing

Row = tuple[str | int | None, float | None]


class Gone(LookupError):
    """The table shows the asked day no longer."""


def rows(
    stores: Mapping[str, str], source: Mapping[str, str], unit: str, user: str, columns: tuple[str, str], day: str = ""
) -> tuple[list[Row], str]:
    """The user's rows (item, rank) in one table, and the day they are of: the newest one, or `day`.

    `source` is a value of the flag or one of its rankers: `store`, `table` and, if the table shows several days, `day`,
    the column that tells them apart; without it, the day is ''. Raises Gone, and sqlite3.Error or KeyError for a table
    that cannot be read.
    """
    item, rank, table, of = (_quoted(word) for word in (*columns, source["table"], unit))
    with closing(sqlite3.connect(f"file:{stores[source['store']]}?mode=ro", uri=True)) as connection:
        connection.execute("BEGIN")  # day and rows are of one moment
        sql, values = f"SELECT {item}, {rank} FROM {table} WHERE {of} = ?", [user]
        if column := source.get("day"):
            newest = connection.execute(f"SELECT max({_quoted(column)}) FROM {table}").fetchone()[0] or ""
            known = f"SELECT 1 FROM {table} WHERE {_quoted(column)} = ? LIMIT 1"
            if day and not connection.execute(known, [day]).fetchone():
                raise Gone(day)
            sql, values, day = f"{sql} AND {_quoted(column)} = ?", [user, day or newest], day or newest
        return connection.execute(sql, values).fetchall(), day


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
