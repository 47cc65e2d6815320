"""The exposure log as the settings' query maps it: a row for each item that a unit was shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from bot.document.nearest import nearest
from bot.experiment.types import normalise
from bot.settings.events import Event


class Asked(NamedTuple):
    """A column that the query must give: the types that it may have, and what it holds."""

    kinds: tuple[str, ...]
    holds: str


COLUMNS: Mapping[str, Asked] = {
    "unit": Asked(("STRING", "INT64"), "who saw it: the value that the flag was asked with"),
    "experiment": Asked(("STRING",), "the experiment's name, as the flag's metadata has it"),
    "phase": Asked(("INT64",), "its phase, likewise"),
    "arm": Asked(("STRING",), "the arm, as the flag's value has it; empty where lists are interleaved"),
    "ranker": Asked(("STRING",), "the ranker that the item is credited to; empty for nobody, and in an A/B test"),
    "item": Asked(("STRING", "INT64"), "the item; NULL where an arm shows something else than items"),
    "position": Asked(("INT64",), "its place in the whole list, over all pages; the first is 1"),
    "ranking": Asked(("STRING",), "the ranking id: pages of one list have the same"),
    "flag_version": Asked(("STRING",), "a digest of the flag's value"),
    "data_version": Asked(("STRING",), "the days of the data that the list was made of"),
    "forced": Asked(("BOOL",), "whether a tester was shown it; it counts for nothing"),
    "shown_at": Asked(("TIMESTAMP",), "when it was shown"),
}
"""In the order of the reference. BigQuery reserves the word `at`."""


def faults(columns: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the columns of a query, a sentence each."""
    for name, asked in COLUMNS.items():
        if name not in columns:
            yield f"it gives no column '{name}' ({' or '.join(asked.kinds)}: {asked.holds})"
        elif _plain(columns[name]) not in asked.kinds:
            yield f"its column '{name}' is {columns[name]}, not {' or '.join(asked.kinds)}"


def unfit(event: Event, columns: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the columns of an event's table, likewise."""
    for key, name, like in (("unit", event.unit, "unit"), ("item", event.item, "item"), ("at", event.at, "shown_at")):
        kinds = COLUMNS[like].kinds
        if name not in columns:
            close = nearest(name, columns)
            hint = f"; did you mean '{close}'?" if close else ""
            yield f"the table {event.table} has no column '{name}' (`{key}`){hint}"
        elif _plain(columns[name]) not in kinds:
            yield f"the column '{name}' of {event.table} (`{key}`) is {columns[name]}, not {' or '.join(kinds)}"


def _plain(kind: str) -> str:
    """A type in the words of experiment files, without its size."""
    try:
        return normalise(kind).partition("(")[0]
    except ValueError:
        return kind
