"""Queries that others wrote: they read the tables that they name, and nothing else of this machine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from bot.errors import Refused
from bot.warehouses.folder.layout import Layout
from bot.warehouses.folder.parquet import opened
from bot.warehouses.folder.query import CONFIG, quoted, rows_of
from bot.warehouses.folder.types import bigquery_type

ABOUT = "the query"
MACROS = "CREATE MACRO unix_micros(moment) AS epoch_us(moment)"  # BigQuery's word, so that one text serves both


def table(layout: Layout, name: str) -> str:
    """The table as a query names it: each part of its name by itself."""
    return ".".join(map(quoted, layout.full(name).split(".")))


def columns(layout: Layout, query: str) -> Mapping[str, str]:
    """The columns of a query with their types; no row is read."""
    import pyarrow as pa

    with _answering(layout, query) as connection:
        found = pa.RecordBatchReader.from_stream(connection.sql(f"SELECT * FROM (\n{query}\n) LIMIT 0"))
        return {field.name: bigquery_type(field.type) for field in found.schema}


def select(layout: Layout, query: str) -> Iterator[Mapping[str, Any]]:
    """The rows of a query."""
    import pyarrow as pa

    with _answering(layout, query) as connection:
        for batch in pa.RecordBatchReader.from_stream(connection.sql(query)):
            yield from batch.to_pylist()


@contextmanager
def _answering(layout: Layout, query: str) -> Iterator[Any]:
    """A database of its own with the tables that the query may mean; raises Refused for what it does not answer."""
    import duckdb

    with ExitStack() as stack:
        try:
            connection = stack.enter_context(duckdb.connect(config=CONFIG))
            connection.execute("SET TimeZone = 'UTC'")
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
    words = set(re.findall(r"\w+", query.casefold()))
    files = {}
    for path in sorted(layout.root.glob("*.parquet")):
        full = path.name.removesuffix(".parquet")
        if words.issuperset(re.findall(r"\w+", full.rpartition(".")[2].casefold())) and path.is_file():
            files[full] = stack.enter_context(opened(path, full))
    paths = ", ".join(f"'/dev/fd/{file.fileno()}'" for file in files.values())
    connection.execute(f"SET allowed_paths = [{paths}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(layout.settings.dataset)}")
    for full, file in files.items():
        *place, name = map(quoted, full.split("."))
        if len(place) == 2:
            connection.execute(f"ATTACH IF NOT EXISTS ':memory:' AS {place[0]}")
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {'.'.join(place)}")
        connection.execute(f"CREATE VIEW {'.'.join((*place, name))} AS FROM {rows_of(file)}")
    connection.execute(f"USE {quoted(layout.settings.dataset)}")
    connection.execute(MACROS)
