"""The statements that make places and names. Names and JSON are the only values that stand in them.

Those of several parts name no parameters: what they need stands in them as literals.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from bot.warehouses.bigquery.sql import quoted


def literal(text: str) -> str:
    """A text as BigQuery reads it: its escapes are those of JSON for all but rare characters, which no name has."""
    return json.dumps(text)


def options(description: str, labels: Mapping[str, str], *more: str) -> str:
    """The options of a table or view, all stated: what a statement leaves out is lost, or the dataset's default."""
    pairs = ", ".join(f"({literal(key)}, {literal(value)})" for key, value in sorted(labels.items()))
    return "OPTIONS (" + ", ".join([f"description={literal(description)}", f"labels=[{pairs}]", *more]) + ")"


def place(table: str, columns: Mapping[str, str], partition: str | None, labels: Mapping[str, str]) -> str:
    """Make the table of a place, partitioned by its days; neither it nor a day of it expires."""
    made = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns.items())
    by = f" PARTITION BY {quoted(partition)}" if partition else ""
    never = ["expiration_timestamp=NULL", *(["partition_expiration_days=NULL"] if partition else [])]
    what = options("Made by sameday for one version of an experiment's file: do not write to it", labels, *never)
    return f"CREATE TABLE IF NOT EXISTS {quoted(table)} ({made}){by} {what}"


def change(
    table: str, place: str, before: str, after: str, inside: tuple[str, str], does: Sequence[str],
    unless: tuple[str, str, str] | None = None,
) -> str:  # fmt: skip
    """Change a place and its row at once, where its revision is still `before`; the one row says whether that was so.

    The row comes first: of two that change a place at once the second fails at its first statement, not at its last.
    `unless` is another place, by its catalogue and name, and the revision that it must still have.
    """
    row = f"place = {literal(place)} AND run = ''"
    other = ""
    if unless is not None:
        where, name, revision = quoted(unless[0]), literal(unless[1]), literal(unless[2])
        condition = f"other.place = {name} AND other.run = '' AND other.revision = {revision}"
        other = f" AND EXISTS (SELECT 1 FROM {where} AS other WHERE {condition})"
    return "\n".join([
        "DECLARE changed INT64 DEFAULT 0;",
        "BEGIN TRANSACTION;",
        f"UPDATE {quoted(table)} SET revision = {literal(after)}, inside = {literal(inside[0])}, "
        f"taken_out = {literal(inside[1])} WHERE {row} AND revision = {literal(before)}{other};",
        f"SET changed = (SELECT COUNT(*) FROM {quoted(table)} WHERE {row} AND revision = {literal(after)});",
        "IF changed = 1 THEN",
        *(f"  {statement};" for statement in does),
        "END IF;",
        "COMMIT TRANSACTION;",
        "SELECT changed;",
    ])  # fmt: skip


def clear(table: str, partition: str | None, days: Collection[date] | None) -> str:
    """Remove days, each a partition and so nothing that is billed, or all rows."""
    if partition is None or days is None:
        return f"DELETE FROM {quoted(table)} WHERE TRUE"
    return f"DELETE FROM {quoted(table)} WHERE {quoted(partition)} IN ({_dates(days)})"


def fill(
    table: str, source: str, columns: Sequence[str], moment: datetime | None = None,
    days: tuple[str, Collection[date]] | None = None,
) -> str:  # fmt: skip
    """Add the rows that another table had at a moment, or has; of these days of its column only."""
    names = ", ".join(map(quoted, columns))
    then = f" FOR SYSTEM_TIME AS OF TIMESTAMP '{moment:%Y-%m-%d %H:%M:%S.%f}+00'" if moment else ""
    which = f" WHERE {quoted(days[0])} IN ({_dates(days[1])})" if days else ""
    return f"INSERT INTO {quoted(table)} ({names}) SELECT {names} FROM {quoted(source)}{then}{which}"


def body(source: str, columns: Sequence[str]) -> str:
    """What a declared name shows: a bare projection, through which filters of a day pass, and each column by name."""
    return f"SELECT {', '.join(map(quoted, columns))} FROM {quoted(source)}"


def name(table: str, query: str, description: str, labels: Mapping[str, str]) -> str:
    """Point a declared name."""
    return f"CREATE OR REPLACE VIEW {quoted(table)} {options(description, labels)} AS {query}"


def rename(table: str, new: str) -> str:
    """Give a table another name in its dataset."""
    return f"ALTER TABLE {quoted(table)} RENAME TO {quoted(new)}"


def unname(table: str) -> str:
    """Take a declared name away."""
    return f"DROP VIEW IF EXISTS {quoted(table)}"


def definition(dataset: str) -> str:
    """What a view is made of, where the REST API does not tell it."""
    return f"SELECT view_definition FROM {quoted(dataset)}.INFORMATION_SCHEMA.VIEWS WHERE table_name = @name"


def _dates(days: Collection[date]) -> str:
    return ", ".join(f"DATE '{day}'" for day in sorted(days))
