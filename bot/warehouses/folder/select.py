"""Queries that others wrote: they read the tables that they name, and nothing else of this machine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from bot.errors import Refused
from bot.warehouses.folder.layout import Layout
from bot.warehouses.folder.parquet import opened
from bot.warehouses.folder.query import CONFIG, quoted
from bot.warehouses.folder.types import bigquery_type

ROWS = 10_000  # that are in memory at once
ABOUT = "the query"


def columns(layout: Layout, query: str) -> Mapping[str, str]:
    """The columns of a query with their types; no row is read."""
    import pyarrow as pa

    with _answering(layout, query) as connection:
        found = pa.RecordBatchReader.from_stream(connection.sql(f"SELECT * FROM (\n{query}\n) LIMIT 0"))
        return {field.name: bigquery_type(field.type) for field in found.schema}


def select(layout: Layout, query: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a query."""
    with _answering(layout, query) as connection:
        answer = connection.execute(query)
        while rows := answer.fetchmany(ROWS):
            yield from rows


@contextmanager
def _answering(layout: Layout, query: str) -> Iterator[Any]:
    """A database of its own with the tables that the query may mean; raises Refused for what it does not answer."""
    import duckdb

    with ExitStack() as stack:
        try:
            connection = stack.enter_context(duckdb.connect(config=CONFIG))
            _only_reads(connection, query)
            _show(connection, layout, query, stack)
            yield connection
        except (duckdb.Error, ArithmeticError, MemoryError, RuntimeError, ValueError) as error:
            raise Refused(f"{ABOUT}: {_said(error)}") from None


def _said(error: Exception) -> str:
    """What DuckDB says of the query; what it says of rows may quote them, and is left out."""
    import duckdb

    of_query = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException, duckdb.PermissionException)
    if isinstance(error, of_query):
        return str(error).splitlines()[0]
    return f"its rows cannot be read ({type(error).__name__})"


def _only_reads(connection: Any, query: str) -> None:
    import duckdb

    statements = connection.extract_statements(query)
    if [one.type for one in statements] != [duckdb.StatementType.SELECT]:
        raise Refused(f"{ABOUT} is not one SELECT")


def _show(connection: Any, layout: Layout, query: str, stack: ExitStack) -> None:
    """Make the tables that are named there views, then close every other way out of the database."""
    words = set(re.findall(r"\w+", query))
    files = {}
    for path in sorted(layout.root.glob("*.parquet")):
        full = path.name.removesuffix(".parquet")
        if words.issuperset(re.findall(r"\w+", full.rpartition(".")[2])) and path.is_file():
            files[full] = f"/dev/fd/{stack.enter_context(opened(path, full)).fileno()}"
    connection.execute(f"SET allowed_paths = [{', '.join(map(repr, files.values()))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(layout.settings.dataset)}")
    for full, file in files.items():
        *place, table = map(quoted, full.split("."))
        if len(place) == 2:
            connection.execute(f"ATTACH IF NOT EXISTS ':memory:' AS {place[0]}")
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {'.'.join(place)}")
        sql = f"CREATE VIEW {'.'.join((*place, table))} AS FROM read_parquet('{file}', hive_partitioning = false)"
        connection.execute(sql)
    connection.execute(f"USE {quoted(layout.settings.dataset)}")
