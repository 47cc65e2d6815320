"""Names of runs' own tables, which no experiment may declare: what it writes or serves there is another run's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.document.faults import shown
from bot.experiment.raw import mapping, sequence
from bot.experiment.staged import ALIKE
from bot.finding import Problem, Route


def taken(data: dict[str, Any]) -> Iterator[Problem]:
    """Every declared table that is written, synced to or served and has the name of a run's own."""
    for route, value in _declared(data):
        if isinstance(value, str) and ALIKE.search(value.strip()):
            message = f"the table {shown(value)} has the name of a run's own table"
            hint = "end it in something other than __<8 hex digits>_<8 digits>: such tables are verified, then removed"
            yield Problem("name", route, message, hint)


def _declared(data: dict[str, Any]) -> Iterator[tuple[Route, Any]]:
    for name, output in mapping(data.get("outputs")).items():
        yield ("outputs", name, "table"), mapping(output).get("table")
        yield ("outputs", name, "sync", "table"), mapping(mapping(output).get("sync")).get("table")
    serving = mapping(data.get("serving"))
    for key in ("arms", "rankers"):
        for i, arm in enumerate(sequence(serving.get(key))):
            yield ("serving", key, i, "table"), mapping(arm).get("table")
    for key in ("arm", "fallback"):
        yield ("serving", key, "table"), mapping(serving.get(key)).get("table")
