"""Declared names: each shows one place, as a view of it or as a table that repeats it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.errors import Refused
from bot.ports import ASIDE, Naming, Place, place_name
from bot.warehouses.bigquery import schema, statements, view
from bot.warehouses.bigquery.copies import Copies, is_ours, misfits
from bot.warehouses.bigquery.jobs import labels
from bot.warehouses.bigquery.look import resource
from bot.warehouses.bigquery.readers import let_look, let_read
from bot.warehouses.bigquery.rows import ADOPTED, NameRows, PlaceRow
from bot.warehouses.bigquery.sight import Sight
from bot.warehouses.bigquery.sql import last

CHANGE = "bigquery.tables.update"
GAP = "is not there for a moment while it becomes another kind"
UNREAD = "becomes a view, which the Storage Read API, Spark, Dataflow, `list_rows`, copies and extracts do not read"


@dataclass(frozen=True, slots=True)
class Named:
    """What has a declared name, as a resource, if anything has; the place that it shows, if it is one of ours."""

    holder: Mapping[str, Any] | None
    query: str = ""
    place: str = ""
    row: PlaceRow | None = None
    rows: NameRows = field(default_factory=NameRows)

    @property
    def is_table(self) -> bool:
        """Whether it is a table."""
        return self.holder is not None and self.holder.get("type") == "TABLE"

    @property
    def is_ours(self) -> bool:
        """Whether sameday made it."""
        return self.row is not None or is_ours(self.rows, self.holder)


class Names:
    """Reads declared names, and points them."""

    def __init__(self, sight: Sight, copies: Copies) -> None:
        self.sight = sight
        self.catalogue = sight.catalogue
        self.copies = copies
        self.jobs = sight.jobs
        self.table = self.jobs.connection.settings.table

    def look(self, table: str) -> Named:
        """What has the declared name: a view says itself what it shows, of a table it is written."""
        full = self.table(table)
        holder = self.sight.table(full)
        kind = holder.get("type") if holder is not None else ""
        query = self.sight.query(full, holder) if holder is not None and kind == "VIEW" else ""
        source = view.source(query)
        if holder is not None and not (source or kind == "TABLE"):
            return Named(holder, query)
        rows = self.sight.rows(full)
        if kind == "TABLE" and rows.table is not None and rows.table.spec and is_ours(rows, holder):
            source = self.table(place_name(table, rows.table.spec))
        row = rows.place(source) if source else None
        if row is not None and source != self.table(place_name(table, row.spec)):
            row = None  # a table of the same name somewhere else
        return Named(holder, query, source if row else "", row, rows)

    def shown(self, table: str) -> str | None:
        """The name of the place that a declared name shows, itself where that is none of ours, None if it is free."""
        named = self.look(table)
        if named.row is None:
            return None if named.holder is None or named.is_ours else table
        return place_name(table, named.row.spec)

    def owner(self, table: str) -> str | None:
        """Whose place the declared name shows."""
        row = self.look(table).row
        return row.experiment if row else None

    def naming(self, place: Place) -> Naming:
        """How the name would show the place."""
        named = self.look(place.table)
        as_table = self._as_table(place, named)
        if named.holder is None or not named.is_table:
            loses = (f"{place.table} {GAP}",) if as_table and named.row is not None else ()
            return Naming("table" if as_table else "view", (), loses)
        if not as_table:
            return Naming("view", (), (f"{place.table} {UNREAD}, and {GAP}: `form: table` keeps it",))
        wanted = dict(place.columns)
        return Naming("table", tuple(misfits(wanted, named.holder)), (), int(named.holder.get("numBytes") or 0))

    def point(self, places: Collection[Place]) -> None:
        """Make each declared name show its place; everything is looked at before anything is done."""
        looked = [(place, self.look(place.table)) for place in places]
        for place, named in looked:
            self._refuse(place, named)
        for place, named in looked:
            name, shows = self.table(place.table), self.table(place.name)
            let_read(self.jobs.connection, [name, named.place], shows)
            as_table = self._as_table(place, named)
            if as_table:
                self._repeat(place, named)
            else:
                self._show(place, named)
            if named.holder is not None and named.is_table != as_table:  # it is made anew, without anybody's rights
                self._let_read_again(shows, name, as_table=as_table)

    def _let_read_again(self, shows: str, name: str, *, as_table: bool) -> None:
        """Give those their rights on the name who had them on what had it: the place has them by now."""
        if as_table:
            let_read(self.jobs.connection, [shows], name)
        else:
            let_look(self.jobs.connection, shows, name)

    def unname(self, tables: Collection[str]) -> None:
        """Take names of ours away; what had the name before has it again."""
        for table in tables:
            full, named = self.table(table), self.look(table)
            aside = f"{full}{ASIDE}" if self._is_aside(full, named) else ""
            if named.is_table and named.rows.table is not None:
                self._give_up(table, named, aside)
            elif named.holder is None or named.row is not None:
                if named.row is not None:
                    self.jobs.change(statements.unname(full), full, "unname", right="bigquery.tables.delete")
                if aside and resource(self.jobs.connection, aside) is not None:
                    self.jobs.change(statements.rename(aside, last(full)), aside, "unname", right=CHANGE)
                if aside:
                    self.catalogue.forget(aside)

    def _give_up(self, table: str, named: Named, aside: str) -> None:
        """Take a table that repeats a place away; one that was adopted gets its rows of before, and stays."""
        full, repeats = self.table(table), named.rows.table is not None and named.rows.table.spec
        if repeats and not named.is_ours:
            return  # somebody has made another table of the name
        if repeats and aside:
            self.copies.restore(full, aside)
        elif not aside:
            self.jobs.change(statements.drop(full), full, "unname", right="bigquery.tables.delete")
        if aside:
            self.jobs.change(statements.drop(aside), aside, "unname", right="bigquery.tables.delete")
            self.catalogue.forget(aside)
        self.catalogue.forget(full)

    def _is_aside(self, full: str, named: Named) -> bool:
        """Whether what has, or had, the name goes aside, or is there."""
        return self.catalogue.key(f"{full}{ASIDE}") in named.rows.aside

    def _as_table(self, place: Place, named: Named) -> bool:
        """Whether a table is to have the name: as the place says, or as it is, and in the place of one to adopt."""
        return place.form == "table" if place.form else named.is_table

    def _refuse(self, place: Place, named: Named) -> None:
        """Raise Refused if the name may not show the place, or the place has nothing to show."""
        full = self.table(place.name)
        own = resource(self.jobs.connection, full)
        rows = named.rows if named.rows.places else self.catalogue.read(self.table(place.table))
        row = rows.place(self.table(place.name))
        if row is None or not row.inside or own is None:
            raise Refused(f"{place.name} holds nothing yet: {place.table} is not made to show it")
        if named.row is not None and named.row.experiment not in place.owners:
            raise Refused(f"{place.table} shows what {named.row.experiment} makes: a name has one owner")
        if named.holder is None:
            return
        if not named.is_ours:
            self._refuse_theirs(place, named)
        kinds = {name: kind for name, kind in schema.table(own).columns.items() if name in dict(place.columns)}
        if named.is_table and self._as_table(place, named) and (why := misfits(kinds, named.holder)):
            raise Refused(f"{place.table} cannot show {place.name}: {'; '.join(why)}")

    def _refuse_theirs(self, place: Place, named: Named) -> None:
        assert named.holder is not None
        if not named.is_table:
            kind = str(named.holder.get("type")).lower().replace("_", " ")
            raise Refused(f"{place.table} is a {kind} that sameday did not make: remove it, or declare another name")
        if not place.adopt:
            raise Refused(
                f"{place.table} is a table that sameday did not make: `adopt: true` of the output takes the name over, "
                "and keeps the table"
            )
        aside = f"{self.table(place.table)}{ASIDE}"
        begun = (
            named.rows.table is not None and not named.rows.table.spec
        )  # what is aside is a copy of what has the name
        if not begun and resource(self.jobs.connection, aside) is not None:
            raise Refused(f"{place.table} cannot go aside: there is a table {aside} already; remove it, or rename it")

    def _repeat(self, place: Place, named: Named) -> None:
        """Have a table that repeats the place. What is adopted is copied aside first, and stays the same table."""
        full = self.table(place.table)
        if named.place == self.table(place.name) and named.is_table:
            return
        if named.holder is not None and not named.is_ours:
            aside = f"{full}{ASIDE}"
            self.catalogue.mark(full, aside, ADOPTED, place.experiment)
            self.copies.mark(place)
            self.jobs.copy(full, aside, "point")
        elif named.row is not None and not named.is_table:
            self.jobs.change(statements.unname(full), full, "point", right="bigquery.tables.delete")
        self.copies.show(place, named.holder if named.is_table else None)

    def _show(self, place: Place, named: Named) -> None:
        """Replace the view; what people wrote on it stays. Where a table had the name, nothing has it for a moment."""
        full = self.table(place.table)
        query = statements.body(self.table(place.name), [*dict(place.columns)])
        if named.row is not None and named.query == query:
            return
        if named.is_table and named.is_ours:
            self.jobs.change(statements.drop(full), full, "point", right="bigquery.tables.delete")
            self.catalogue.forget(full)
        elif named.is_table:
            aside = f"{full}{ASIDE}"
            self.catalogue.mark(full, aside, ADOPTED, place.experiment)
            self.jobs.change(statements.rename(full, last(aside)), full, "point", right=CHANGE)
        before = (named.holder if named.row is not None else None) or {}
        description = before.get("description") or "Shows what was released last; only sameday changes it"
        written = {**before.get("labels", {}), **labels("name", {"experiment": place.experiment})}
        said = schema.descriptions(named.holder or {})
        columns = {column: said.get(column, "") for column in dict(place.columns)}
        right = CHANGE if named.row else "bigquery.tables.create"
        self.jobs.change(statements.name(full, query, description, written, columns), full, "point", right=right)
