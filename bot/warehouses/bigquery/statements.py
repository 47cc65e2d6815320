"""The statements that make places and names. Names and JSON are the only values that stand in them.

Those of several parts name no parameters: what they need stands in them as literals.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.warehouses.bigquery.sql import quoted


@dataclass(frozen=True, slots=True)
class WrittenRow:
    """A row of a catalogue, `table`, as it was read: its `revision` then, and the one it gets if it is changed."""

    table: str
    place: str
    run: str
    revision: str
    next: str = field(default_factory=lambda: uuid.uuid4().hex)

    def same(self, of: str = "") -> str:
        """The condition that it is still so."""
        pairs = {"place": self.place, "run": self.run, "revision": self.revision}
        return " AND ".join(f"{of}{name} = {literal(value)}" for name, value in pairs.items())


def literal(text: str) -> str:
    """A text as BigQuery reads it: its escapes are those of JSON for all but rare characters, which no name has."""
    return json.dumps(text)


def options(description: str, labels: Mapping[str, str], *more: str) -> str:
    """The options of a table or view, all stated: what a statement leaves out is lost, or the dataset's default."""
    pairs = ", ".join(f"({literal(key)}, {literal(value)})" for key, value in sorted(labels.items()))
    return "OPTIONS (" + ", ".join([f"description={literal(description)}", f"labels=[{pairs}]", *more]) + ")"


def make(
    table: str, columns: Mapping[str, str], partition: str | None, description: str, labels: Mapping[str, str],
    *more: str,
) -> str:  # fmt: skip
    """Make a table, partitioned by its days."""
    made = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns.items())
    by = f" PARTITION BY {quoted(partition)}" if partition else ""
    return f"CREATE TABLE IF NOT EXISTS {quoted(table)} ({made}){by} {options(description, labels, *more)}"


def place(table: str, columns: Mapping[str, str], partition: str | None, labels: Mapping[str, str]) -> str:
    """Make the table of a place; neither it nor a day of it expires."""
    never = ["expiration_timestamp=NULL", *(["partition_expiration_days=NULL"] if partition else [])]
    what = "Made by sameday for one version of an experiment's file: do not write to it"
    return make(table, columns, partition, what, labels, *never)


def change(
    row: WrittenRow, written: Mapping[str, str], does: Sequence[str], unchanged: Collection[WrittenRow] = ()
) -> str:
    """Write into a row, and do what goes with it, where it and others are still as read; one row says whether so.

    The row comes first: of two that change it at once the second fails at its first statement, not at its last.
    """
    values = "".join(f", {name} = {literal(value)}" for name, value in written.items())
    others = "".join(f" AND EXISTS (SELECT 1 FROM {quoted(one.table)} AS other WHERE {one.same('other.')})"
                     for one in unchanged)  # fmt: skip
    here = f"place = {literal(row.place)} AND run = {literal(row.run)}"
    return "\n".join([
        "DECLARE changed INT64 DEFAULT 0;",
        "BEGIN TRANSACTION;",
        f"UPDATE {quoted(row.table)} SET revision = {literal(row.next)}{values} WHERE {row.same()}{others};",
        f"SET changed = (SELECT COUNT(*) FROM {quoted(row.table)} WHERE {here} AND revision = {literal(row.next)});",
        "IF changed = 1 THEN",
        *(f"  {statement};" for statement in does),
        "END IF;",
        "COMMIT TRANSACTION;",
        "SELECT changed;",
    ])  # fmt: skip


def touch(row: WrittenRow) -> str:
    """Give another row its next revision, in what goes with a change."""
    return f"UPDATE {quoted(row.table)} SET revision = {literal(row.next)} WHERE {row.same()}"


def clear(table: str, partition: str | None, days: Collection[date] | None) -> str:
    """Remove days, each a partition and so nothing that is billed, or all rows."""
    if partition is None or days is None:
        return f"DELETE FROM {quoted(table)} WHERE TRUE"
    return f"DELETE FROM {quoted(table)} WHERE {quoted(partition)} IN ({_dates(days)})"


def empty(table: str, partition: str | None) -> str:
    """Remove all rows of a table, which may be one that is never read without a condition on its partition."""
    column = quoted(partition or "")
    which = f"{column} IS NULL OR {column} IS NOT NULL" if partition else "TRUE"
    return f"DELETE FROM {quoted(table)} WHERE {which}"


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


def named(table: str, columns: Mapping[str, str], partition: str | None, labels: Mapping[str, str]) -> str:
    """Make a table that has a declared name."""
    return make(table, columns, partition, "Repeats what was released last; only sameday changes it", labels)


def widen(table: str, columns: Mapping[str, str]) -> str:
    """Give a table more columns."""
    more = ", ".join(f"ADD COLUMN IF NOT EXISTS {quoted(name)} {kind}" for name, kind in columns.items())
    return f"ALTER TABLE {quoted(table)} {more}"


def name(table: str, query: str, description: str, labels: Mapping[str, str], said: Mapping[str, str]) -> str:
    """Point a declared name. `said` has its columns, each with what people wrote on it, or ''."""
    columns = [
        f"{quoted(each)} OPTIONS (description={literal(text)})" if text else quoted(each) for each, text in said.items()
    ]
    listed = f" ({', '.join(columns)})" if any(said.values()) else ""
    return f"CREATE OR REPLACE VIEW {quoted(table)}{listed} {options(description, labels)} AS {query}"


def rename(table: str, new: str) -> str:
    """Give a table another name in its dataset."""
    return f"ALTER TABLE {quoted(table)} RENAME TO {quoted(new)}"


def drop(table: str) -> str:
    """Remove a table."""
    return f"DROP TABLE IF EXISTS {quoted(table)}"


def unname(table: str) -> str:
    """Take a declared name away."""
    return f"DROP VIEW IF EXISTS {quoted(table)}"


def definition(dataset: str) -> str:
    """What a view is made of, where the REST API does not tell it."""
    return f"SELECT view_definition FROM {quoted(dataset)}.INFORMATION_SCHEMA.VIEWS WHERE table_name = @name"


def definitions(dataset: str) -> str:
    """What all views of a dataset are made of."""
    return f"SELECT table_name, view_definition FROM {quoted(dataset)}.INFORMATION_SCHEMA.VIEWS"


def _dates(days: Collection[date]) -> str:
    return ", ".join(f"DATE '{day}'" for day in sorted(days))
