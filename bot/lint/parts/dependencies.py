"""The graph of one dag template: which tasks wait for which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from bot.document.nearest import nearest
from bot.finding import Problem, Route
from bot.graph import cycle
from bot.lint.parts import loops, names
from bot.lint.parts.template import Template
from bot.lint.text import task_results
from bot.lint.text.values import Data, at, text, texts
from bot.lint.text.variables import MARK, fill

Needs = Mapping[str, Mapping[str, str]]
"""The tasks that each task waits for, and the result that each must have; '' for any."""


def needs_of(task: Data, put: Mapping[str, str]) -> dict[str, str]:
    """The tasks that a task waits for, with the result that each must have."""
    expression = fill(text(task, "depends"), put)
    if not expression:
        return dict.fromkeys(texts(task, "dependencies"), "")
    needs: dict[str, str] = {}
    for name, result in task_results.named(expression):
        if result in task_results.OF_ITEMS or name not in needs:
            needs[name] = result
    return needs


def problems(template: Template, put: Mapping[str, str], tasks: Sequence[Data], needs: Needs) -> Iterator[Problem]:
    """Problems of the graph of the template's tasks, with `put` put in for its variables."""
    route = at(template.route, "dag", "tasks")
    if not tasks:
        yield Problem("depends", at(template.route, "dag"), f"{template.shown} has no task", "add one")
    yield from names.fields(tasks, route, "task")
    index = positions(tasks)
    uses_depends = any(text(task, "depends") for task in tasks)
    for i, task in enumerate(tasks):
        yield from _mixed(template, task, at(route, i), uses_depends=uses_depends)
        if text(task, "depends"):
            yield from _expression(fill(text(task, "depends"), put), at(route, i, "depends"), index, tasks)
            continue
        for j, needed in enumerate(texts(task, "dependencies")):
            if needed not in index:
                yield _unknown(needed, at(route, i, "dependencies", j), index, alone=True)
    ring = cycle(needs)
    if ring:
        first = index[ring[0]]
        edges = [(f"'{a}' waits for '{b}'", at(route, index[a])) for a, b in pairwise([*ring[1:], ring[0]])]
        message = f"tasks wait for each other: {' -> '.join([*ring, ring[0]])}"
        key = "depends" if text(tasks[first], "depends") else "dependencies"
        yield Problem("cycle", at(route, first, key), message, related=tuple(edges))


def positions(tasks: Sequence[Data]) -> dict[str, int]:
    """The position of each task by its name, the first one where two have the same."""
    index: dict[str, int] = {}
    for i, task in enumerate(tasks):
        index.setdefault(text(task, "name"), i)
    return index


def _mixed(template: Template, task: Data, route: Route, *, uses_depends: bool) -> Iterator[Problem]:
    """Problems of `depends` beside other keys; `uses_depends`: any task of the template has it."""
    name, listed = text(task, "name"), bool(task.get("dependencies"))
    if (uses_depends or listed) and name[:1].isdigit():
        message = f"the task '{name}' may not begin with a digit where tasks depend on each other"
        yield Problem("name", at(route, "name"), message)
    if uses_depends and listed:
        message = f"{template.shown} has both `depends` and `dependencies`"
        yield Problem("depends", at(route, "dependencies"), message, "use one of them for all of its tasks")
    if uses_depends and task.get("continueOn") is not None:
        hint = "write `depends: task.Failed` or `task.Errored` instead"
        yield Problem("depends", at(route, "continueOn"), "`continueOn` does not go with `depends`", hint)


def _expression(expression: str, route: Route, index: Mapping[str, int], tasks: Sequence[Data]) -> Iterator[Problem]:
    if MARK in expression:
        message = "Argo builds the graph before the variable in `depends` has a value"
        yield Problem("depends", route, message)
        return
    for needed, result in task_results.named(expression):
        if needed not in index:
            yield _unknown(needed, route, index, alone=expression == needed)
        elif result and result not in task_results.RESULTS:
            close = nearest(result, task_results.RESULTS)
            hint = f"did you mean '{close}'?" if close else f"there are {', '.join(task_results.RESULTS)}"
            yield Problem("depends", route, f"unknown result '{result}' of the task '{needed}'", hint)
        elif result in task_results.OF_ITEMS and not loops.looped(tasks[index[needed]]):
            message = f"'{needed}.{result}' is a result of a loop, but '{needed}' runs only once"
            yield Problem("depends", route, message)


def _unknown(needed: str, route: Route, index: Mapping[str, int], *, alone: bool) -> Problem:
    """The task of that name is missing; `alone` says that the text holds nothing else, so that it can be replaced."""
    close = nearest(needed, index)
    hint = f"did you mean '{close}'?" if close else ""
    return Problem("unknown-task", route, f"there is no task '{needed}'", hint, replace=close if alone else None)
