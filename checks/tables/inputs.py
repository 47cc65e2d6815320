"""What the jobs rely on of a table that they read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.check import Context, Experiment, Problem, Route, Unproven
from bot.compile.work import on_date, source
from bot.document.nearest import nearest
from bot.errors import Refused
from bot.experiment.model import Input
from bot.experiment.types import differences, normalise
from bot.ports import Absent, Table
from checks.tables.known import Known, existing

INGESTED = {"_PARTITIONDATE": "_PARTITIONTIME"}  # BigQuery's column for days that are no column of the table's own


def day_before(table: str) -> str:
    """The name under which the table of the day before is kept, for a table whose name ends in the date."""
    return table.replace("{date}", "{date - 1}")


def check(name: str, experiment: Experiment, known: Known, context: Context) -> Iterator[Problem | Unproven]:
    """Everything that is wrong with one input."""
    read = experiment.spec.inputs[name]
    table = source(read, context.repository)[0]
    found = known.get(table) if table else None
    if table is None or found is None:
        return
    route: Route = ("inputs", name)
    if read.experiment is not None and isinstance(found, Absent):
        writer = context.repository.by_name[read.experiment]
        made = writer.spec.outputs[read.output or ""].columns
        yield from _columns(route, read, made, f"{read.experiment}.{read.output}")
        yield Unproven(f"the input {name} is proven from the declaration of {read.experiment}; {table} has no data yet")
        return
    shown = on_date(table, f"{known.day:%Y%m%d}")
    earlier = known.get(day_before(table))
    if isinstance(found, Absent) and isinstance(earlier, Table):
        message = f"the table {shown} is not there yet, that of the day before is"
        yield Problem("missing-day", (*route, "table"), message, "a run would wait for it")
        found = earlier
    yield from existing((*route, "table") if read.table else route, shown, found, context)
    if not isinstance(found, Table):
        return
    yield from _columns(route, read, found.columns, shown)
    age = context.now - found.modified
    if read.fresh_within is not None and age > read.fresh_within:
        hours = age.total_seconds() / 3600
        message = f"the table {shown} was last changed {hours:,.0f} hours ago"
        yield Problem("stale-table", (*route, "fresh_within"), message, "a run would wait for newer data")
    if read.partition is not None:
        yield from _day(route, shown, read.partition.column, found, known, context)


def _columns(route: Route, read: Input, columns: Mapping[str, str], table: str) -> Iterator[Problem]:
    for column, kind in read.columns.items():
        there: Route = (*route, "columns", column)
        if column not in columns:
            yield _no_column(there, table, column, columns, "key")
            continue
        for path, declared, found in differences(kind, columns[column]):
            if found:
                message = f"the column '{column}{path}' of {table} is {found}, not {declared}"
                yield Problem("column-type", there, message, replace=_certain(path, found))
            else:
                message = f"the column '{column}' of {table} has no field '{column}{path}'"
                yield Problem("missing-column", there, message, f"it is {columns[column]}")


def _certain(path: str, found: str) -> str | None:
    """The type to write instead, if the file may: it knows no RANGE, and a field's type has no place of its own."""
    try:
        return None if path else normalise(found)
    except ValueError:
        return None


def _no_column(route: Route, table: str, column: str, columns: Mapping[str, str], on: str) -> Problem:
    close = nearest(column, columns)
    hint = f"did you mean '{close}'?" if close else f"it has {', '.join(list(columns)[:10])}"
    message = f"the table {table} has no column '{column}'"
    return Problem("missing-column", route, message, hint, "key" if on == "key" else "value", replace=close)


def _day(
    route: Route, table: str, column: str, found: Table, known: Known, context: Context
) -> Iterator[Problem | Unproven]:
    """Whether the table has rows of the run's date."""
    assert context.warehouse is not None
    there: Route = (*route, "partition", "column")
    if column not in found.columns and INGESTED.get(column, "") != found.partition:
        yield _no_column(there, table, column, found.columns, "value")
    elif found.columns.get(column, "DATE") != "DATE":
        yield Problem("column-type", there, f"the column '{column}' of {table} is {found.columns[column]}, not DATE")
    else:
        try:
            holds = context.warehouse.holds(table, column, known.day)
        except Refused as error:
            yield Unproven(f"whether {table} has rows of {known.day}: {error}")
            return
        if not holds:
            message = f"the table {table} has no rows of {known.day} yet"
            yield Problem("missing-day", there, message, "a run would wait for them")
