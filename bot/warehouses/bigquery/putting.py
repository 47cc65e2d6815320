"""How versions come into places and leave them: each change is one transaction, together with the place's row."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.errors import Refused, Unreachable
from bot.ports import Place, Version
from bot.warehouses.bigquery import inside, making, statements
from bot.warehouses.bigquery.content import existing
from bot.warehouses.bigquery.copies import Copies
from bot.warehouses.bigquery.rows import NameRows, PlaceRow, words
from bot.warehouses.bigquery.sight import Sight
from bot.warehouses.bigquery.statements import WrittenRow

TRIES = 100  # looks at a place that others change meanwhile; each has changed it then


@dataclass(frozen=True, slots=True)
class PlaceChange:
    """What a place is to show, and the statements that make it so, which change these `days` or, with None, all of it.

    `unchanged` are rows of others that must be as they were read.
    """

    inside: tuple[Version, ...]
    does: Sequence[str]
    days: Collection[date] | None
    taken_out: Mapping[date, int]
    unchanged: tuple[WrittenRow, ...] = ()


class Putting:
    """Changes places."""

    def __init__(self, sight: Sight, copies: Copies) -> None:
        self.sight, self.catalogue, self.copies = sight, sight.catalogue, copies
        self.jobs = sight.jobs
        self.connection = self.jobs.connection
        self.table = self.connection.settings.table

    def look(self, place: Place) -> tuple[PlaceRow, NameRows]:
        """What a place holds, which is nothing where its table is gone, and all that is written of its name."""
        full = self.table(place.name)
        rows = self.sight.rows(self.table(place.table))
        row = rows.place(full)
        if row is None:
            return PlaceRow(self.catalogue.key(self.table(place.table)), place.experiment, place.spec), rows
        if row.inside and self.sight.table(full) is None:
            return replace(row, inside=()), rows
        return row, rows

    def put(self, place: Place, version: Version) -> bool:
        """Show a whole version, never backwards; whether it is shown now."""

        def decide(row: PlaceRow, versions: Sequence[Version]) -> PlaceChange | None:
            whole = next((one for one in versions if one.run == version.run and one.whole is not None), None)
            if whole is None:
                raise Refused(f"{version.run} is not whole: nothing of it is put into {place.name}")
            if not inside.is_newer(row, place, whole):
                return None
            return self._with(place, row, whole)

        return any(one.run == version.run for one in self._change(place, "put", decide).inside)

    def take_out(self, place: Place, day: date) -> tuple[Version, ...]:
        """Show a day no longer; returns what is inside then."""

        def decide(row: PlaceRow, versions: Sequence[Version]) -> PlaceChange | None:
            out = [one for one in row.inside if one.date == day]
            if not out:
                return None
            attempts = (one.attempt for one in (*out, *versions) if one.date == day and one.spec == place.spec)
            taken = replace(row, taken_out={**row.taken_out, day: max(attempts, default=0)})
            rest = tuple(one for one in row.inside if one.date != day)
            if place.daily and rest:
                does = [statements.clear(self.table(place.name), place.partition, [day])]
                return PlaceChange(rest, does, [day], taken.taken_out)
            other = None if place.daily else inside.instead(taken, versions)
            if other is None:
                raise Refused(f"{place.name} shows nothing but {day}: there is nothing to show without it")
            return self._with(place, taken, other)

        return self._change(place, "take-out", decide).inside

    def carry(self, place: Place, earlier: Place) -> tuple[Version, ...]:
        """Copy the days that are lacking from an earlier place; returns what was copied."""
        other = dict(earlier.columns)
        for name, kind in place.columns:
            if other.get(name) != kind:
                raise Refused(
                    f"the days of {earlier.name} are not those of {place.name}: the column '{name}' is {kind}, "
                    f"and was {other.get(name) or 'not there'}"
                )
        self.catalogue.place(place)
        copied: list[Version] = []

        def decide(row: PlaceRow, _: Sequence[Version]) -> PlaceChange | None:
            theirs = self.look(earlier)[0]
            days = {one.date for one in row.inside}
            lacking = [one for one in theirs.inside if one.date not in days and one.date not in row.taken_out]
            after = inside.newest(place, [*row.inside, *lacking])
            copied[:] = [one for one in after if one in lacking]
            if not copied:
                return None
            full, source = self.table(place.name), self.table(earlier.name)
            assert place.partition is not None
            making.make(self.jobs, place, row, existing(self.connection, source))
            wanted = {one.date for one in copied}
            does = [statements.fill(full, source, [*dict(place.columns)], None, (place.partition, wanted))]
            gone = days - {one.date for one in after}
            if gone:
                does.insert(0, statements.clear(full, place.partition, gone))
            return PlaceChange(after, does, wanted | gone, row.taken_out, (self.copies.place_row(earlier, theirs),))

        self._change(place, "carry", decide)
        return tuple(copied)

    def _with(self, place: Place, row: PlaceRow, version: Version) -> PlaceChange:
        """The version in its place, from the run's own table as it was when it was proven."""
        full = self.table(place.name)
        own, source, moment = making.proven(self.jobs, place, version)
        making.make(self.jobs, place, row, source)
        after = inside.with_version(row, place, version)
        days = None
        if place.daily:
            days = {version.date} | ({one.date for one in row.inside} - {one.date for one in after})
        clear = statements.clear(full, place.partition, days)
        fill = statements.fill(full, own, [*dict(place.columns)], moment)
        return PlaceChange(after, [clear, fill], days, row.taken_out)

    def _change(
        self, place: Place, task: str, decide: Callable[[PlaceRow, Sequence[Version]], PlaceChange | None]
    ) -> PlaceRow:
        """Do what is decided from what the place holds, and decide again where it holds something else by then."""
        full = self.table(place.name)
        for _ in range(TRIES):
            row, rows = self.look(place)
            change = decide(row, rows.versions(full))
            if change is None:
                return row
            held, shown_by = words(change.inside, change.taken_out), self.copies.follow(place, rows, change.days)
            here = self.copies.place_row(place, row)
            script = statements.change(
                here, {"inside": held[0], "taken_out": held[1]}, [*change.does, *shown_by.does],
                [*change.unchanged, *shown_by.unchanged],
            )  # fmt: skip
            (outcome,) = self.jobs.rows(self.jobs.change(script, full, task, right="bigquery.tables.updateData"), full)
            if outcome["changed"]:
                return replace(row, inside=change.inside, taken_out=change.taken_out, revision=here.next)
        raise Unreachable(f"{full} was changed by others {TRIES} times while it was being changed: try again")
