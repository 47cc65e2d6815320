"""Where serving reads in a history: a file of SQLite, or a database of PostgreSQL."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg.rows import dict_row

from bot.ports import Store
from bot.settings.kinds import PostgresqlStore, SqliteStore
from bot.stores.postgresql import Postgresql
from bot.stores.sqlite import SqliteTables


class Served(Protocol):
    """Where serving reads."""

    store: Store

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table, or of what a name shows."""
        ...

    def lose(self) -> None:
        """Remove it, with all that it has."""
        ...


class InSqlite:
    """A file of SQLite."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store: Store = SqliteTables(SqliteStore(path=str(path)))

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table."""
        connection = sqlite3.connect(self.path)
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]
        finally:
            connection.close()

    def lose(self) -> None:
        """Remove the file, and what SQLite has beside it."""
        for file in self.path.parent.glob(f"{self.path.name}*"):
            file.unlink()


class InPostgresql:
    """A database."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.store: Store = Postgresql(PostgresqlStore(kind="postgresql"), dsn)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table."""
        with psycopg.connect(self.dsn, row_factory=dict_row) as connection:
            return connection.execute(f"SELECT * FROM {table}".encode()).fetchall()

    def lose(self) -> None:
        """Drop all schemas but the server's own."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            sql = "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'"
            for (name,) in connection.execute(sql).fetchall():
                connection.execute(f"DROP SCHEMA {name} CASCADE".encode())
            connection.execute("CREATE SCHEMA public")
