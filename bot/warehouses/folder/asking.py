"""Queries of people over the folder's tables, in DuckDB: they see these tables and nothing else of the machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from bot.errors import Refused
from bot.warehouses.folder.layout import Layout
from bot.warehouses.folder.parquet import opened
from bot.warehouses.folder.query import CONFIG, quoted, rows_of
from bot.warehouses.folder.types import bigquery_type

MACROS = "CREATE MACRO unix_micros(moment) AS epoch_us(moment)"  # BigQuery's word, so that one text serves both


def table(layout: Layout, name: str) -> str:
    """The table as a query names it: each part of its name by itself."""
    return ".".join(quoted(part) for part in layout.full(name).split("."))


def columns(layout: Layout, query: str) -> Mapping[str, str]:
    """The columns that a query would give; raises Refused for what is no query."""
    with _asking(layout, query) as connection:
        found = connection.sql(f"SELECT * FROM (\n{query}\n) LIMIT 0").to_arrow_table().schema
        return {field.name: bigquery_type(field.type) for field in found}


def answer(layout: Layout, query: str) -> Sequence[Mapping[str, Any]]:
    """The rows of a query."""
    with _asking(layout, query) as connection:
        rows: Sequence[Mapping[str, Any]] = connection.sql(query).to_arrow_table().to_pylist()
        return rows


@contextmanager
def _asking(layout: Layout, query: str) -> Iterator[Any]:
    """A database of its own with the tables that the query may mean; raises Refused for what DuckDB says of it."""
    import duckdb

    with ExitStack() as stack:
        try:
            statements = duckdb.extract_statements(query)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise Refused("it is not one SELECT")
            connection = stack.enter_context(duckdb.connect(config=CONFIG))
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute(MACROS)
            _show(layout, query, connection, stack)
            yield connection
        except duckdb.Error as error:
            raise Refused(" ".join(str(error).split("\n\n")[0].split())) from None


def _show(layout: Layout, query: str, connection: Any, stack: ExitStack) -> None:
    """A view of each table whose name is in the text; then no other file can be opened any more."""
    words, files = query.casefold(), []
    for path in sorted(layout.root.glob("*.parquet")):
        name = path.name.removesuffix(".parquet")
        if name.rpartition(".")[2].casefold() not in words:
            continue
        file = stack.enter_context(opened(path, name))
        files.append(f"/dev/fd/{file.fileno()}")
        catalog, _, schema = name.rpartition(".")[0].rpartition(".")
        if catalog:
            connection.execute(f"ATTACH IF NOT EXISTS ':memory:' AS {quoted(catalog)}")
        inside = ".".join(quoted(part) for part in (catalog, schema) if part)
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {inside}")
        connection.execute(f"CREATE VIEW {table(layout, name)} AS FROM {rows_of(file)}")
    connection.execute("SET allowed_paths = [" + ", ".join(f"'{file}'" for file in files) + "]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
