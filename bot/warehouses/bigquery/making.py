"""What a place is made from: a run's own table as it was when it was proven, and a table to put it in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.errors import Refused
from bot.ports import Place, Version
from bot.warehouses.bigquery import schema, statements, view
from bot.warehouses.bigquery.content import TableState, existing
from bot.warehouses.bigquery.jobs import Jobs, labels
from bot.warehouses.bigquery.look import resource
from bot.warehouses.bigquery.readers import let_read
from bot.warehouses.bigquery.rows import PlaceRow

REMEMBERED = timedelta(days=1)  # BigQuery remembers what a table was for two days at least, as its dataset says


def proven(jobs: Jobs, place: Place, version: Version) -> tuple[str, Mapping[str, Any], datetime]:
    """The run's own table, and a moment at which it held what was proven.

    Raises Refused if it is gone, or another since.
    """
    own = jobs.connection.settings.table(place.own(version))
    now = jobs.now(own)  # asked first: if the table is the same after this, it was so then
    source = existing(jobs.connection, own, version.digest)
    moment = TableState.parse(version.digest).at
    return own, source, moment if now - moment < REMEMBERED else TableState.of(source, now).at


def make(jobs: Jobs, place: Place, row: PlaceRow, source: Mapping[str, Any]) -> None:
    """The place's table, where there is none, with the types of a table that is to fill it, and its readers.

    Raises Refused where they cannot be given their rights, and where a table of that name has rows and sameday has
    never put any there.
    """
    full = jobs.connection.settings.table(place.name)
    table = resource(jobs.connection, full)
    if table is None:
        _create(jobs, place, full, source)
    elif not row.revision and int(table.get("numRows") or 0):
        raise Refused(f"there is a table {full} already, which sameday did not make: remove it, or rename it")
    if table is None or not row.revision:  # nothing is in it yet
        name = jobs.connection.settings.table(place.table)
        shown = view.place(jobs, name, there) if (there := resource(jobs.connection, name)) else ""
        let_read(jobs.connection, [name, shown], full)


def _create(jobs: Jobs, place: Place, full: str, source: Mapping[str, Any]) -> None:
    kinds = schema.table(source).columns
    for name, _ in place.columns:
        if name not in kinds:
            raise Refused(f"{full} cannot be made: what is to fill it has no column '{name}'")
    columns = {name: kinds[name] for name, _ in place.columns}
    marks = labels("place", {"experiment": place.experiment, "spec": place.spec})
    jobs.change(statements.place(full, columns, place.partition, marks), full, "put", right="bigquery.tables.create")
