"""What the warehouse said of the tables that a file names, and what every table that is read must be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from bot.check import Context, Problem, Route, Unproven
from bot.ports import Absent, Denied, Table


@dataclass(frozen=True, slots=True)
class Known:
    """Each table by the name in the file; `day` is the date of the run that is meant."""

    tables: Mapping[str, Table | Absent | Denied]
    day: date

    def get(self, table: str) -> Table | Absent | Denied | None:
        """What is known of a table; None where its name was refused."""
        return self.tables.get(table)

    def is_table(self, table: str) -> bool:
        """Whether it is there."""
        return isinstance(self.get(table), Table)

    def may_be_made(self, table: str) -> bool:
        """Whether nothing is known to be in the way of writing it."""
        found = self.get(table)
        if isinstance(found, Absent):
            return found.dataset is not None
        return isinstance(found, Table) and found.kind == "table"


def existing(
    route: Route, table: str, found: Table | Absent | Denied, context: Context
) -> Iterator[Problem | Unproven]:
    """What is wrong with a table that should be there to be read."""
    if isinstance(found, Denied):
        yield Problem("unreadable-table", route, f"the table {table} cannot be looked at: {found.reason}")
    elif isinstance(found, Absent):
        close = found.similar[0] if found.similar else None
        where = "" if found.dataset else ", nor does its dataset"
        hint = f"did you mean '{close}'?" if close else "create it first, or correct the name"
        yield Problem("missing-table", route, f"the table {table} does not exist{where}", hint, replace=close)
    else:
        yield from elsewhere(route, f"the table {table}", found.location, context)
        if found.broken:
            message = f"the view {table} cannot be resolved: {found.broken}"
            yield Problem("broken-view", route, message, "mend the view, or read what it was made of")
        if found.doubt:
            yield Unproven(f"of {table}, {found.doubt}")


def elsewhere(route: Route, what: str, location: str, context: Context) -> Iterator[Problem]:
    """Whether something is where queries cannot reach it; no location is no fault."""
    here = getattr(context.settings.warehouse, "location", "")
    if here and location and location.upper() != here.upper():
        message = f"{what} is in {location}, queries run in {here}"
        yield Problem("region", route, message, "copy it, or use a warehouse of that region")
