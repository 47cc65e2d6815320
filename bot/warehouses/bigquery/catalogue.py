"""The catalogue of a dataset: a small table beside its places, with a row for each version and one for each place.

The row of a place says what is inside it. Whoever changes a place changes its `revision` in the same transaction, and
only where it is still the one that was read: so of two who change a place at once, one has to look again.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from bot.ports import Place, Version
from bot.warehouses.bigquery import entries
from bot.warehouses.bigquery.jobs import Jobs, Value
from bot.warehouses.bigquery.look import resource
from bot.warehouses.bigquery.sql import last, parent

ADOPTED = "adopted"  # stands for the run in the row of a table that went aside
PLACE = ""  # and in the row of a place


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """What a place holds: `inside` newest first, and of each day that was taken out the last own attempt so far."""

    name: str
    experiment: str
    spec: str
    inside: tuple[Version, ...] = ()
    taken_out: Mapping[date, int] = field(default_factory=dict)
    revision: str = ""


class DatasetCatalogue:
    """The catalogues of all datasets; places are given by their full names."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs
        self.there: set[str] = set()

    def record(self, place: Place, version: Version) -> None:
        """Write down what is known of a version; one that is whole is not begun again."""
        values: dict[str, Value] = {
            "run": version.run, "day": version.date, "attempt": version.attempt, "begun": version.begun,
            "row_count": version.rows, "digest": version.digest,
        }  # fmt: skip
        if version.whole is not None:
            values["whole"] = version.whole
        self._write(place, "begin" if version.whole is None else "keep", values)

    def place(self, place: Place) -> None:
        """Write down that there is a place."""
        self._write(place, "carry", {})

    def read(self, place: str) -> tuple[PlaceRow | None, Sequence[Version]]:
        """The row of a place and its versions, newest first."""
        rows = self._rows(place, "place", last(place))
        versions = [_version(row) for row in rows if row["run"] not in (PLACE, ADOPTED)]
        held = [_place(row) for row in rows if row["run"] == PLACE]
        return (held[0] if held else None), sorted(versions, key=lambda version: version.order, reverse=True)

    def places(self, table: str) -> Mapping[str, PlaceRow]:
        """The places that there are for a declared name, by their full names."""
        rows = self._rows(table, "name", last(table))
        return {f"{parent(table)}.{row['place']}": _place(row) for row in rows if row["run"] == PLACE}

    def adopted(self, table: str, aside: str) -> bool:
        """Whether the table `aside` is what had the declared name before it was adopted."""
        wanted = last(aside), ADOPTED
        return any((row["place"], row["run"]) == wanted for row in self._rows(table, "name", last(table)))

    def adopt(self, table: str, aside: str, experiment: str) -> None:
        """Write down that what has the declared name goes aside."""
        catalogue = self.made(table)
        names = {"place": last(aside), "name": last(table), "experiment": experiment}
        self.jobs.change(entries.adopt(catalogue), catalogue, "point", {**names, "run": ADOPTED})

    def forget(self, place: str, runs: Collection[str] | None = None) -> None:
        """Strike out versions of a place, or all that is written of it."""
        table = self.made(place)
        statement = entries.forget(table, runs)
        self.jobs.change(statement, table, "prune", {"place": last(place)})

    def _write(self, place: Place, task: str, values: Mapping[str, Value]) -> None:
        full = self.jobs.connection.settings.table(place.name)
        table = self.made(full)
        whose = {"place": last(full), "name": last(place.table), "experiment": place.experiment, "spec": place.spec}
        statement = entries.record(table, version="run" in values, whole="whole" in values)
        self.jobs.change(statement, table, task, {**whose, **values}, right="bigquery.tables.updateData")

    def of(self, table: str) -> str:
        """The full name of the catalogue of the dataset that a table is in."""
        return f"{parent(table)}.{entries.TABLE}"

    def made(self, table: str) -> str:
        """The same; the catalogue is made where there is none."""
        name = self.of(table)
        if not self._is_there(name):
            self.jobs.change(entries.make(name), name, "begin", right="bigquery.tables.create")
            self.there.add(name)
        return name

    def _is_there(self, name: str) -> bool:
        if name not in self.there and resource(self.jobs.connection, name) is not None:
            self.there.add(name)
        return name in self.there

    def _rows(self, table: str, column: str, value: str) -> Sequence[Mapping[str, Any]]:
        name = self.of(table)
        if not self._is_there(name):
            return ()
        job = self.jobs.query(entries.rows(name, column), name, "read", {column: value})
        return self.jobs.rows(job, name)


def words(inside: Sequence[Version], taken_out: Mapping[date, int]) -> tuple[str, str]:
    """What a place holds, in the words of its row."""
    versions = [
        {
            "experiment": one.experiment, "spec": one.spec, "date": one.date.isoformat(), "attempt": one.attempt,
            "begun": one.begun.isoformat(), "whole": one.whole.isoformat() if one.whole else None, "rows": one.rows,
            "digest": one.digest,
        } for one in inside
    ]  # fmt: skip
    return json.dumps(versions), json.dumps({day.isoformat(): attempt for day, attempt in taken_out.items()})


def _place(row: Mapping[str, Any]) -> PlaceRow:
    inside = tuple(
        Version(
            **{
                **one,
                "date": date.fromisoformat(one["date"]),
                "begun": datetime.fromisoformat(one["begun"]),
                "whole": datetime.fromisoformat(one["whole"]) if one["whole"] else None,
            }
        )
        for one in json.loads(row["inside"])
    )
    taken_out = {date.fromisoformat(day): attempt for day, attempt in json.loads(row["taken_out"]).items()}
    return PlaceRow(row["name"], row["experiment"], row["spec"], inside, taken_out, row["revision"])


def _version(row: Mapping[str, Any]) -> Version:
    return Version(
        row["experiment"], row["spec"], row["day"], row["begun"], row["attempt"], row["whole"], row["row_count"],
        row["digest"],
    )  # fmt: skip
