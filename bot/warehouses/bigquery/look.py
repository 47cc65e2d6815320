"""What is known of tables: one request for each that is named, and lists only of datasets where one is missing."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from bot.document.nearest import nearest
from bot.errors import Refused
from bot.ports import ASIDE, Absent, Dataset, Denied, Table
from bot.warehouses.bigquery import entries, schema, sql, view
from bot.warehouses.bigquery.connect import Connection
from bot.warehouses.bigquery.faults import line, reason, told
from bot.warehouses.bigquery.jobs import Jobs
from bot.warehouses.bigquery.sql import parent, parts

PAGE = 1_000  # names, as many as BigQuery gives at once
LISTED = 10 * PAGE  # names of a dataset that are looked through for the one that was meant
OURS = re.compile(rf".+__[0-9a-f]{{8}}(_[0-9]{{8}}(_[0-9]+)?)?|.+{ASIDE}|{entries.TABLE}")  # nobody means these


def describe(connection: Connection, jobs: Jobs, tables: Collection[str]) -> Mapping[str, Table | Absent | Denied]:
    """What is known of each table, by its full name; raises Unreachable if that cannot be asked."""
    found = connection.each(sorted(set(tables)), lambda table: _table(connection, jobs, table))
    missing = [table for table, state in found.items() if state is None]
    places = sorted({parent(table) for table in missing})
    datasets = connection.each(places, lambda place: dataset(connection, place))
    names = connection.each(places, lambda place: _beside(connection, place, datasets[place]))
    result: dict[str, Table | Absent | Denied] = {table: state for table, state in found.items() if state is not None}
    for table in missing:
        place = parent(table)
        meant = _meant(connection, table, names[place], datasets[place])
        short = meant.removeprefix(f"{connection.settings.project}.")
        result[table] = Absent((short,) if short else (), datasets[place])
    return result


def resource(connection: Connection, table: str) -> Mapping[str, Any] | None:
    """A table as the REST API tells of it, or None where it is not there; raises Refused if one may not look."""
    from google.api_core.exceptions import NotFound

    with told(table):
        try:
            found: Mapping[str, Any] = connection.client.get_table(table, **connection.waits).to_api_repr()
        except NotFound:
            return None
        return found


def dataset(connection: Connection, place: str) -> Dataset | Denied | None:
    """A dataset by its full name, or None where it is not there."""
    from google.api_core.exceptions import NotFound

    try:
        with told(place):
            try:
                return schema.dataset(connection.client.get_dataset(place, **connection.waits).to_api_repr())
            except NotFound:
                return None
    except Refused as error:
        return Denied(str(error).removeprefix(f"{place}: "))


def _table(connection: Connection, jobs: Jobs, table: str) -> Table | Denied | None:
    try:
        found = resource(connection, table)
    except Refused as error:
        return Denied(str(error).removeprefix(f"{table}: "))
    if found is None:
        return None
    known = schema.table(found)
    if found.get("type") != "VIEW":
        return known
    place = view.place(jobs, table, found)
    return _place(connection, place, known) if place else _resolved(connection, jobs, table, known)


def _place(connection: Connection, place: str, known: Table) -> Table:
    """A declared name with the rows and days of the place that it shows."""
    try:
        found = resource(connection, place)
    except Refused as error:
        return replace(known, doubt=f"what it shows may not be looked at: {error}")
    if found is None:
        return replace(known, broken=f"it shows {place}, which is not there")
    return replace(schema.table(found), columns=known.columns)


def _resolved(connection: Connection, jobs: Jobs, name: str, known: Table) -> Table:
    """A view with the last change of what it reads: its own is that of its definition."""
    from google.api_core.exceptions import BadRequest, Forbidden, NotFound

    with told(name):
        try:
            read = jobs.dry(sql.look(name)).referenced_tables
        except NotFound as error:
            return replace(known, broken=line(error))
        except BadRequest as error:  # also where a filter is missing that every reader of the view would give
            return replace(known, doubt=f"it could not be seen what it reads: {line(error)}")
        except Forbidden as error:
            if reason(error) != "accessDenied":
                raise
            return replace(known, doubt=f"what it reads may not be looked at: {line(error)}")
    sources = [f"{table.project}.{table.dataset_id}.{table.table_id}" for table in read]
    try:
        found = [schema.table(source) for name in sources if (source := resource(connection, name)) is not None]
    except Refused as error:
        return replace(known, doubt=f"what it reads may not be looked at: {error}")
    return replace(known, modified=max(table.modified for table in found)) if found else known


def _beside(connection: Connection, place: str, known: Dataset | Denied | None) -> Sequence[str]:
    """The tables of a dataset; where there is no such dataset, the project's datasets."""
    try:
        with told(place):
            client, waits = connection.client, connection.waits
            if known is None:
                datasets = client.list_datasets(parent(place), page_size=PAGE, **waits)
                return [item.dataset_id for item in islice(datasets, LISTED)]
            tables = client.list_tables(place, page_size=PAGE, **waits)
            return [item.table_id for item in islice(tables, LISTED) if not OURS.fullmatch(item.table_id)]
    except Refused:
        return ()  # who may not list gets no suggestion


def _meant(connection: Connection, table: str, beside: Sequence[str], known: Dataset | Denied | None) -> str:
    """The table whose name is nearest, or that of the same name in the nearest dataset; '' if there is none."""
    project, dataset, name = parts(table)
    close = nearest(name if known is not None else dataset, beside)
    if close is None:
        return ""
    if known is not None:
        return f"{project}.{dataset}.{close}"
    try:
        found = resource(connection, f"{project}.{close}.{name}")
    except Refused:
        return ""
    return f"{project}.{close}.{name}" if found is not None else ""
