"""The warehouse's answers about the tables that a file names, and the problems of a table that jobs read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from bot.check import Context, Problem, Route, Unproven
from bot.ports import Absent, Denied, Table


@dataclass(frozen=True, slots=True)
class Described:
    """The answer for each table, by its name in the file; `day` is the data date of the run that we check for."""

    tables: Mapping[str, Table | Absent | Denied]
    day: date

    def get(self, table: str) -> Table | Absent | Denied | None:
        """The answer for a table; None if its name was refused."""
        return self.tables.get(table)

    def is_table(self, table: str) -> bool:
        """Whether the table exists."""
        return isinstance(self.get(table), Table)

    def may_be_made(self, table: str) -> bool:
        """Whether a run could create or replace the table, its rights apart."""
        answer = self.get(table)
        if isinstance(answer, Absent):
            return answer.dataset is not None
        return isinstance(answer, Table) and answer.kind == "table"


def existing(
    route: Route, table: str, answer: Table | Absent | Denied, context: Context
) -> Iterator[Problem | Unproven]:
    """Problems of a table that should exist, since jobs or users read it."""
    if isinstance(answer, Denied):
        yield Problem("unreadable-table", route, f"we may not look at the table {table}: {answer.reason}")
    elif isinstance(answer, Absent):
        close = answer.similar[0] if answer.similar else None
        where = "" if answer.dataset else ", nor does its dataset"
        hint = f"did you mean '{close}'?" if close else "create it first, or correct the name"
        yield Problem("missing-table", route, f"the table {table} does not exist{where}", hint, replace=close)
    else:
        yield from elsewhere(route, f"the table {table}", answer.location, context)
        if answer.broken:
            message = f"the warehouse cannot resolve the view {table}: {answer.broken}"
            yield Problem("broken-view", route, message, "repair the view, or read its source tables")
        if answer.doubt:
            yield Unproven(f"of {table}, {answer.doubt}")


def elsewhere(route: Route, what: str, location: str, context: Context) -> Iterator[Problem]:
    """Problems of a table or dataset in a region that queries do not reach; one without a location has none."""
    here = getattr(context.settings.warehouse, "location", "")
    if here and location and location.upper() != here.upper():
        message = f"{what} is in {location}, queries run in {here}"
        yield Problem("region", route, message, "copy it, or use a warehouse of that region")
