"""Declared names: views that show one place each. What a name shows is what the view itself says."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import Refused
from bot.ports import ASIDE, Place
from bot.warehouses.bigquery import statements, view
from bot.warehouses.bigquery.catalogue import DatasetCatalogue, PlaceRow
from bot.warehouses.bigquery.jobs import labels
from bot.warehouses.bigquery.look import resource
from bot.warehouses.bigquery.sql import last

CHANGE = "bigquery.tables.update"


@dataclass(frozen=True, slots=True)
class Named:
    """What has a declared name, as a resource, if anything has; the place that it shows, if it is one of ours."""

    holder: Mapping[str, Any] | None
    query: str = ""
    place: str = ""
    row: PlaceRow | None = None


class Names:
    """Reads declared names, and points them."""

    def __init__(self, catalogue: DatasetCatalogue) -> None:
        self.catalogue = catalogue
        self.jobs = catalogue.jobs
        self.table = self.jobs.connection.settings.table

    def look(self, table: str) -> Named:
        """What has the declared name."""
        full = self.table(table)
        holder = resource(self.jobs.connection, full)
        if holder is None or holder.get("type") != "VIEW":
            return Named(holder)
        query = view.query(self.jobs, full, holder)
        source = view.source(query)
        row = self.catalogue.places(full).get(source) if source else None
        return Named(holder, query, source if row else "", row)

    def shown(self, table: str) -> str | None:
        """The name of the place that a declared name shows, itself where that is none of ours, None if it is free."""
        named = self.look(table)
        if named.row is None:
            return None if named.holder is None else table
        return ".".join([*table.split(".")[:-1], last(named.place)])

    def owner(self, table: str) -> str | None:
        """Whose place a declared name shows."""
        row = self.look(table).row
        return row.experiment if row else None

    def point(self, places: Collection[Place]) -> None:
        """Make each declared name show its place; everything is looked at before anything is done."""
        looked = [(place, self.look(place.table)) for place in places]
        for place, named in looked:
            self._refuse(place, named)
        for place, named in looked:
            if named.holder is not None and named.row is None:
                self._put_aside(place)
            self._show(place, named)

    def unname(self, tables: Collection[str]) -> None:
        """Take names of ours away; what had the name before has it again."""
        for table in tables:
            full, named = self.table(table), self.look(table)
            if named.holder is not None and named.row is None:
                continue
            if named.row is not None:
                self.jobs.change(statements.unname(full), full, "unname", right="bigquery.tables.delete")
            aside = f"{full}{ASIDE}"
            if self.catalogue.adopted(full, aside):
                if resource(self.jobs.connection, aside) is not None:
                    self.jobs.change(statements.rename(aside, last(full)), aside, "unname", right=CHANGE)
                self.catalogue.forget(aside)

    def _refuse(self, place: Place, named: Named) -> None:
        """Raise Refused if the name may not show the place, or the place has nothing to show."""
        full = self.table(place.name)
        row, _ = self.catalogue.read(full)
        if row is None or not row.inside or resource(self.jobs.connection, full) is None:
            raise Refused(f"{place.name} holds nothing yet: {place.table} is not made to show it")
        if named.row is not None and named.row.experiment not in place.owners:
            raise Refused(f"{place.table} shows what {named.row.experiment} makes: a name has one owner")
        if named.holder is None or named.row is not None:
            return
        if named.holder.get("type") != "TABLE":
            kind = str(named.holder.get("type")).lower().replace("_", " ")
            raise Refused(f"{place.table} is a {kind} that sameday did not make: remove it, or declare another name")
        if not place.adopt:
            raise Refused(
                f"{place.table} is a table that sameday did not make: `adopt: true` of the output takes the name over, "
                "and keeps the table"
            )
        aside = f"{self.table(place.table)}{ASIDE}"
        if resource(self.jobs.connection, aside) is not None:
            raise Refused(f"{place.table} cannot go aside: there is a table {aside} already; remove it, or rename it")

    def _put_aside(self, place: Place) -> None:
        """Rename what has the name. Until it shows the place, nothing has it."""
        full = self.table(place.table)
        aside = f"{full}{ASIDE}"
        self.catalogue.adopt(full, aside, place.experiment)
        self.jobs.change(statements.rename(full, last(aside)), full, "point", right=CHANGE)

    def _show(self, place: Place, named: Named) -> None:
        """Replace the view; what people wrote on it stays."""
        full = self.table(place.table)
        query = statements.body(self.table(place.name), [*dict(place.columns)])
        if named.row is not None and named.query == query:
            return
        before = (named.holder if named.row is not None else None) or {}
        description = before.get("description") or "Shows what was released last; only sameday changes it"
        written = {**before.get("labels", {}), **labels("name", {"experiment": place.experiment})}
        right = CHANGE if named.row else "bigquery.tables.create"
        self.jobs.change(statements.name(full, query, description, written), full, "point", right=right)
