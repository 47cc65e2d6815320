"""Reading raw values of a file, whatever was written there: a value of the wrong type counts as not there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any

from bot.document.faults import shown
from bot.document.nearest import nearest
from bot.finding import Problem, Route


def mapping(value: Any) -> dict[str, Any]:
    """The value if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def repeated(values: Iterable[Any]) -> Iterator[int]:
    """Where a text stands that stood there before."""
    seen: set[str] = set()
    for i, value in enumerate(values):
        if isinstance(value, str):
            if value in seen:
                yield i
            seen.add(value)


def unknown(route: Route, what: str, value: str, names: Collection[str], on: Any = "value") -> Problem:
    """A reference to something that is not there, with the nearest thing that is."""
    message, close = f"there is no {what} {shown(value)}", nearest(value, names)
    if close:
        return Problem("unknown-reference", route, message, f"did you mean '{close}'?", on, replace=close)
    hint = f"known: {', '.join(islice(names, 10))}" if names else f"no {what} is declared"
    return Problem("unknown-reference", route, message, hint, on)
