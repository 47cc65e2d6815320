"""Graphs of tasks: what waits for what, and whether something waits for itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

RESULTS = ("AllFailed", "AnySucceeded", "Daemoned", "Errored", "Failed", "Omitted", "Skipped", "Succeeded")
OF_ITEMS = ("AllFailed", "AnySucceeded")
WORD = re.compile(r"([a-zA-Z0-9][-a-zA-Z0-9]*?)\.([A-Z][a-zA-Z]+)|([a-zA-Z0-9][-a-zA-Z0-9]*)")
"""In an expression of `depends`: a task with one of its results, or a task alone."""


def depends(expression: str) -> list[tuple[str, str]]:
    """The tasks of the expression, each with its result; '' for a task alone."""
    return [(task or alone, result) for task, result, alone in WORD.findall(expression)]


def cycle(graph: Mapping[str, Iterable[str]]) -> list[str]:
    """A circle of the graph, its first node repeated at the end; empty if there is none."""
    done: set[str] = set()
    for start in graph:
        path: dict[str, None] = {}
        todo = [(start, iter(graph.get(start, ())))]
        path[start] = None
        while todo and start not in done:
            node, rest = todo[-1]
            after = next((n for n in rest if n not in done and n in graph), None)
            if after is None:
                todo.pop()
                done.add(node)
                path.pop(node)
            elif after in path:
                names = list(path)
                return [*names[names.index(after) :], after]
            else:
                path[after] = None
                todo.append((after, iter(graph[after])))
    return []


def ordered(graph: Mapping[str, Iterable[str]]) -> list[str]:
    """The nodes, each after those it waits for, else as they stand; in a circle somebody comes first."""
    found: list[str] = []
    met: set[str] = set()
    for start in graph:
        todo = [(start, iter(graph[start]))] if start not in met else []
        met.add(start)
        while todo:
            node, rest = todo[-1]
            after = next((n for n in rest if n in graph and n not in met), None)
            if after is None:
                todo.pop()
                found.append(node)
            else:
                met.add(after)
                todo.append((after, iter(graph[after])))
    return found


def ancestors(graph: Mapping[str, Iterable[str]], node: str) -> set[str]:
    """Every node that `node` waits for, directly or through others."""
    found: set[str] = set()
    todo = list(graph.get(node, ()))
    while todo:
        step = todo.pop()
        if step not in found:
            found.add(step)
            todo += graph.get(step, ())
    return found
