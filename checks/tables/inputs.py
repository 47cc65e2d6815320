"""A table that the jobs read: it exists, has the columns that they use, and is fresh."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.check import Context, Experiment, Problem, Route, Unproven
from bot.compile.work import on_date, source
from bot.document.nearest import nearest
from bot.errors import Refused
from bot.experiment.model import Input
from bot.experiment.types import differences, normalise
from bot.ports import Absent, Table
from checks.tables.described import Described, existing

DAYS = ("DATE", "DATETIME", "TIMESTAMP")  # a day of the last is UTC's, as BigQuery partitions it
INGESTED = ("_PARTITIONDATE", "_PARTITIONTIME")  # BigQuery's pseudo-columns, where a table goes by ingestion time


def day_before(table: str) -> str:
    """The name of the table of the day before, for a table whose name ends in the date."""
    return table.replace("{date}", "{date - 1}")


def check(name: str, experiment: Experiment, described: Described, context: Context) -> Iterator[Problem | Unproven]:
    """Problems of one input."""
    read = experiment.spec.inputs[name]
    table = source(read, context.repository)[0]
    answer = described.get(table) if table else None
    if table is None or answer is None:
        return
    route: Route = ("inputs", name)
    if read.experiment is not None and isinstance(answer, Absent):
        writer = context.repository.by_name[read.experiment]
        declared = writer.spec.outputs[read.output or ""].columns
        yield from _columns(route, read, declared, f"{read.experiment}.{read.output}")
        yield Unproven(f"the input {name} is proven from the declaration of {read.experiment}; {table} has no data yet")
        return
    dated = on_date(table, f"{described.day:%Y%m%d}")
    earlier = described.get(day_before(table))
    if isinstance(answer, Absent) and isinstance(earlier, Table):
        message = f"the table {dated} does not exist yet, only that of the day before"
        yield Problem("missing-day", (*route, "table"), message, "a run would wait for it")
        answer = earlier
    yield from existing((*route, "table") if read.table else route, dated, answer, context)
    if not isinstance(answer, Table):
        return
    yield from _columns(route, read, answer.columns, dated)
    age = context.now - answer.modified
    if read.fresh_within is not None and age > read.fresh_within:
        hours = age.total_seconds() / 3600
        message = f"the table {dated} was last changed {hours:,.0f} hours ago"
        yield Problem("stale-table", (*route, "fresh_within"), message, "a run would wait for newer data")
    if read.partition is not None:
        yield from _day(route, dated, read.partition.column, answer, described, context)


def _columns(route: Route, read: Input, columns: Mapping[str, str], table: str) -> Iterator[Problem]:
    for column, kind in read.columns.items():
        place: Route = (*route, "columns", column)
        if column not in columns:
            yield _no_column(place, table, column, columns, "key")
            continue
        for path, declared, actual in differences(kind, columns[column]):
            if actual:
                message = f"the column '{column}{path}' of {table} is {actual}, not {declared}"
                yield Problem("column-type", place, message, replace=_certain(path, actual))
            else:
                message = f"the column '{column}' of {table} has no field '{column}{path}'"
                yield Problem("missing-column", place, message, f"it is {columns[column]}")


def _certain(path: str, actual: str) -> str | None:
    """The type to write instead; None for a RANGE, which files do not have, and for a field inside of a column."""
    try:
        return None if path else normalise(actual)
    except ValueError:
        return None


def _no_column(route: Route, table: str, column: str, columns: Mapping[str, str], on: str) -> Problem:
    close = nearest(column, columns)
    hint = f"did you mean '{close}'?" if close else f"it has {', '.join(list(columns)[:10])}"
    message = f"the table {table} has no column '{column}'"
    return Problem("missing-column", route, message, hint, "key" if on == "key" else "value", replace=close)


def _day(
    route: Route, table: str, column: str, current: Table, described: Described, context: Context
) -> Iterator[Problem | Unproven]:
    """Whether the table has rows of the run's date."""
    assert context.warehouse is not None
    place: Route = (*route, "partition", "column")
    if column not in current.columns and not (column in INGESTED and current.partition == "_PARTITIONTIME"):
        yield _no_column(place, table, column, current.columns, "value")
    elif current.columns.get(column, "DATE") not in DAYS:
        message = f"the column '{column}' of {table} is {current.columns[column]}, which tells no day"
        yield Problem("column-type", place, message, f"name one of the type {', '.join(DAYS)}")
    else:
        try:
            holds = context.warehouse.holds(table, column, described.day)
        except Refused as error:
            yield Unproven(f"whether {table} has rows of {described.day}: {error}")
            return
        if not holds:
            message = f"the table {table} has no rows of {described.day} yet"
            yield Problem("missing-day", place, message, "a run would wait for them")
