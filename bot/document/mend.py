"""Values read as they were meant: keys in their right spelling, so that one wrong key is one finding."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

from bot.finding import Problem, Route

Back = Callable[[Route], Route]


def mended(data: Any, problems: Iterable[Problem]) -> tuple[Any, Back]:
    """The data with each unknown key as what it certainly means, and the way back to the routes of the file.

    A key that is there in its right spelling, too, stays as it is.
    """
    renames = {p.route: str(p.replace) for p in problems if p.rule == "unknown-key" and p.replace is not None}
    done: dict[tuple[Route, str | int], str | int] = {}
    if not renames:
        return data, lambda route: route
    data = deepcopy(data)
    for route in sorted(renames, key=len, reverse=True):  # the inner ones first: the routes to them still hold
        parent = data
        for step in route[:-1]:
            parent = parent[step]
        if renames[route] not in parent:
            parent[renames[route]] = parent.pop(route[-1])
            done[route[:-1], renames[route]] = route[-1]

    def back(route: Route) -> Route:
        written: Route = ()
        for step in route:
            written = (*written, done.get((written, step), step))
        return written

    return data, back
