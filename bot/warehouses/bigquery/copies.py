"""Tables that have a declared name, for readers that cannot read a view: each repeats the place that it shows.

What changes the place changes the table, too, in the same transaction. So its rows are those of the place at any
moment, and what people have put around the table (rights, row policies, tags, options) stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.errors import Refused, Unreachable
from bot.experiment.types import carries
from bot.ports import Place
from bot.warehouses.bigquery import schema, statements
from bot.warehouses.bigquery.catalogue import DatasetCatalogue
from bot.warehouses.bigquery.jobs import labels
from bot.warehouses.bigquery.look import resource
from bot.warehouses.bigquery.rows import NAMED, PLACE, NameRows, PlaceRow
from bot.warehouses.bigquery.statements import WrittenRow

TRIES = 20  # looks at a place that runs change while it is repeated


@dataclass(frozen=True, slots=True)
class Repeating:
    """The statements that change a table as its place was changed, and the rows that must be as they were read."""

    does: tuple[str, ...] = ()
    unchanged: tuple[WrittenRow, ...] = ()


class Copies:
    """Makes such tables, and keeps them as their places are."""

    def __init__(self, catalogue: DatasetCatalogue) -> None:
        self.catalogue = catalogue
        self.jobs = catalogue.jobs
        self.table = self.jobs.connection.settings.table

    def follow(self, place: Place, rows: NameRows, days: Collection[date] | None) -> Repeating:
        """How a change of these days of a place, or of all of it, changes the table that shows the place, if one does.

        What somebody else has made of that name is not written to.
        """
        full = self.table(place.table)
        if rows.table is None or rows.table.spec != place.spec:
            return Repeating()
        holder = resource(self.jobs.connection, full)
        if holder is None or not is_ours(rows, holder):
            return Repeating()
        row, columns, source = self._row(full, rows), [*dict(place.columns)], self.table(place.name)
        if days is None or place.partition is None:
            clear, only = _emptied(full, holder), None
        else:
            clear, only = statements.clear(full, place.partition, days), (place.partition, days)
        fill = statements.fill(full, source, columns, None, only)
        return Repeating((statements.touch(row), clear, fill), (row,))

    def mark(self, place: Place) -> None:
        """Write down that a table is to have the name; until it says of which spec, it is what it was."""
        full = self.table(place.table)
        self.catalogue.mark(full, full, NAMED, place.experiment)

    def show(self, place: Place, holder: Mapping[str, Any] | None) -> None:
        """Make the table show a place; `holder` is what has the name, if anything has: a table of ours, or to adopt."""
        full = self.table(place.table)
        self.mark(place)
        source = resource(self.jobs.connection, self.table(place.name))
        if source is None:
            raise Refused(f"{place.name} is not there: {place.table} is not made to show it")
        kinds = {name: kind for name, kind in schema.table(source).columns.items() if name in dict(place.columns)}
        if holder is None:
            marks = labels("name", {"experiment": place.experiment})
            made = statements.named(full, kinds, place.partition, marks)
            self.jobs.change(made, full, "point", right="bigquery.tables.create")
        elif lacking := {n: kind for n, kind in kinds.items() if n not in schema.table(holder).columns}:
            self.jobs.change(statements.widen(full, lacking), full, "point", right="bigquery.tables.update")
        self._fill(place, full)

    def _fill(self, place: Place, full: str) -> None:
        """Repeat the place, and say so, where neither it nor the table was changed meanwhile."""

        def script(rows: NameRows, holder: Mapping[str, Any]) -> str:
            shown = rows.place(self.table(place.name))
            if shown is None:
                raise Refused(f"{place.name} is not there: {place.table} is not made to show it")
            said = {"spec": place.spec, "experiment": place.experiment, "digest": made_at(holder)}
            fill = statements.fill(full, self.table(place.name), [*dict(place.columns)])
            does = [_emptied(full, holder), fill]
            return statements.change(self._row(full, rows), said, does, [self.place_row(place, shown)])

        self._until_done(full, "point", script)

    def restore(self, full: str, aside: str) -> None:
        """Give a table that was adopted the rows of before, from `aside`, and say that it repeats no place."""
        before = resource(self.jobs.connection, aside)
        if before is None:
            raise Refused(f"{full} cannot have its rows of before again, since {aside} is not there: remove {full}")
        fill = statements.fill(full, aside, [*schema.table(before).columns])

        def script(rows: NameRows, holder: Mapping[str, Any]) -> str:
            return statements.change(self._row(full, rows), {"spec": ""}, [_emptied(full, holder), fill])

        self._until_done(full, "unname", script)

    def _until_done(self, full: str, task: str, script: Callable[[NameRows, Mapping[str, Any]], str]) -> None:
        """Run a change of the table, and again where runs have changed meanwhile what it was made from."""
        for _ in range(TRIES):
            rows, holder = self.catalogue.read(full), resource(self.jobs.connection, full)
            if holder is None:
                break
            (outcome,) = self.jobs.rows(self.jobs.change(script(rows, holder), full, task), full)
            if outcome["changed"]:
                return
        raise Unreachable(f"{full} was changed by others while it was being changed: try again")

    def place_row(self, place: Place, row: PlaceRow) -> WrittenRow:
        """The row of a place, as it was read."""
        full = self.table(place.name)
        return WrittenRow(self.catalogue.of(full), self.catalogue.key(full), PLACE, row.revision)

    def _row(self, full: str, rows: NameRows) -> WrittenRow:
        assert rows.table is not None
        return WrittenRow(self.catalogue.of(full), self.catalogue.key(full), NAMED, rows.table.revision)


def _emptied(full: str, holder: Mapping[str, Any]) -> str:
    return statements.empty(full, schema.table(holder).partition or None)


def made_at(holder: Mapping[str, Any]) -> str:
    """When a table was made, in BigQuery's words: another one of its name was made at another time."""
    return str(holder.get("creationTime") or "")


def is_ours(rows: NameRows, holder: Mapping[str, Any] | None) -> bool:
    """Whether what has the name is the table that repeats a place, or the empty one that was begun to."""
    if rows.table is None or holder is None or holder.get("type") != "TABLE":
        return False
    if rows.table.spec:
        return rows.table.made == made_at(holder)
    return not rows.aside and not int(holder.get("numRows") or 0)


def misfits(columns: Mapping[str, str], holder: Mapping[str, Any]) -> Sequence[str]:
    """Why rows with these columns, by name, do not fit into a table that has the name; one reason for each column."""
    there = schema.table(holder).columns
    reasons = [
        f"its column '{name}' is {there[name]}, and not {kind}"
        for name, kind in columns.items() if not carries(kind, there.get(name, kind))
    ]  # fmt: skip
    fields = holder.get("schema", {}).get("fields", ())
    required = [field["name"] for field in fields if field.get("mode") == "REQUIRED" and field["name"] not in columns]
    return [*reasons, *(f"its column '{name}' may not be NULL, and is not made here" for name in required)]
