"""What is written in a catalogue's rows: of a declared name its places, their versions, and the table that has it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from bot.ports import Version, Watched
from bot.warehouses.bigquery.sql import last

PLACE = ""  # stands for the run in the row of a place
ADOPTED = "adopted"  # in that of a table that went aside
NAMED = "named"  # and in that of a table that has a declared name


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """What a place holds: `inside` newest first, and of each day that was taken out the last own attempt so far."""

    name: str
    experiment: str
    spec: str
    inside: tuple[Version, ...] = ()
    taken_out: Mapping[date, int] = field(default_factory=dict)
    revision: str = ""


@dataclass(frozen=True, slots=True)
class NameTable:
    """A table that has a declared name: the `spec` whose place it repeats, '' while it is being made.

    `made` is when the table was, in BigQuery's words: one that somebody made since is not ours.
    """

    spec: str
    made: str
    revision: str


@dataclass(frozen=True, slots=True)
class NameRows:
    """All that is written of one declared name; places go by their own names, without the dataset."""

    places: Mapping[str, PlaceRow] = field(default_factory=dict)
    made: Sequence[tuple[str, Version]] = ()
    aside: frozenset[str] = frozenset()
    table: NameTable | None = None

    def versions(self, place: str) -> Sequence[Version]:
        """The versions of a place by its name, newest first."""
        found = [version for of, version in self.made if of == last(place)]
        return sorted(found, key=lambda version: version.order, reverse=True)

    def place(self, place: str) -> PlaceRow | None:
        """The row of a place by its name."""
        return self.places.get(last(place))


def parse(rows: Sequence[Mapping[str, Any]]) -> NameRows:
    """The rows of a declared name."""
    of: dict[str, list[Mapping[str, Any]]] = {PLACE: [], ADOPTED: [], NAMED: []}
    made = []
    for row in rows:
        if row["run"] in of:
            of[row["run"]].append(row)
        else:
            made.append((row["place"], _version(row)))
    tables = [NameTable(row["spec"] or "", row["digest"] or "", row["revision"] or "") for row in of[NAMED]]
    return NameRows(
        {row["place"]: _place(row) for row in of[PLACE]}, made, frozenset(row["place"] for row in of[ADOPTED]),
        tables[0] if tables else None,
    )  # fmt: skip


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
        row["experiment"], row["spec"], row["day"], row["begun"], row["attempt"], row["whole"], row["row_count"] or 0,
        row["digest"] or "", Watched.model_validate_json(row["watched"]) if row["watched"] else None,
    )  # fmt: skip
