"""What tasks wait for: the graph of one template, before any of its tasks is followed."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from bot.document.nearest import nearest
from bot.finding import Problem, Route
from bot.graph import cycle
from bot.lint import graph, loops, names
from bot.lint.inside import Inside
from bot.lint.manifest import at
from bot.lint.values import Data, text, texts
from bot.lint.variables import MARK, fill

Needs = Mapping[str, Mapping[str, str]]
"""What each task waits for, and with which result."""


def needs_of(task: Data, put: Mapping[str, str]) -> dict[str, str]:
    """What a task waits for."""
    expression = fill(text(task, "depends"), put)
    if not expression:
        return dict.fromkeys(texts(task, "dependencies"), "")
    found: dict[str, str] = {}
    for name, result in graph.depends(expression):
        if result in graph.OF_ITEMS or name not in found:
            found[name] = result
    return found


def depends(inside: Inside, tasks: list[Data], known: Mapping[str, int], needs: Needs) -> None:
    """Note what is wrong with the graph."""
    route = at(inside.template.route, "dag", "tasks")
    if not tasks:
        where = at(inside.template.route, "dag")
        inside.say("depends", where, f"{inside.template.shown} has no task", "add one")
    inside.add(names.fields(tasks, route, "task"))
    using = any(text(task, "depends") for task in tasks)
    for i, task in enumerate(tasks):
        _kinds(inside, task, at(route, i), using)
        if text(task, "depends"):
            _expression(inside, task, at(route, i, "depends"), known, tasks)
            continue
        for j, needed in enumerate(texts(task, "dependencies")):
            if needed not in known:
                _unknown(inside, needed, at(route, i, "dependencies", j), known, alone=True)
    found = cycle(needs)
    if found:
        circle = [*found, found[0]]
        edges = tuple((f"'{a}' waits for '{b}'", at(route, known[a])) for a, b in list(pairwise(circle))[1:])
        message = f"tasks wait for each other: {' -> '.join(circle)}"
        key = "depends" if text(tasks[known[circle[0]]], "depends") else "dependencies"
        inside.add((Problem("cycle", at(route, known[circle[0]], key), message, related=edges),))


def _kinds(inside: Inside, task: Data, route: Route, using: bool) -> None:
    name, listed = text(task, "name"), bool(task.get("dependencies"))
    if (using or listed) and name[:1].isdigit():
        message = f"the task '{name}' may not begin with a digit where tasks depend on each other"
        inside.say("name", at(route, "name"), message)
    if using and listed:
        message = f"{inside.template.shown} says both `depends` and `dependencies`"
        inside.say("depends", at(route, "dependencies"), message, "use one of them for all of its tasks")
    if using and task.get("continueOn") is not None:
        hint = "say `depends: task.Failed` or `task.Errored` instead"
        inside.say("depends", at(route, "continueOn"), "`continueOn` does not go with `depends`", hint)


def _expression(inside: Inside, task: Data, route: Route, known: Mapping[str, int], tasks: list[Data]) -> None:
    expression = fill(text(task, "depends"), inside.put)
    if MARK in expression:
        message = "a variable cannot say what a task waits for: the graph is drawn before it has a value"
        inside.say("depends", route, message)
        return
    for needed, result in graph.depends(expression):
        if needed not in known:
            _unknown(inside, needed, route, known, alone=expression == needed)
        elif result and result not in graph.RESULTS:
            close = nearest(result, graph.RESULTS)
            hint = f"did you mean '{close}'?" if close else f"there are {', '.join(graph.RESULTS)}"
            inside.say("depends", route, f"'{needed}.{result}' is no result of a task", hint)
        elif result in graph.OF_ITEMS and not loops.looped(tasks[known[needed]]):
            message = f"'{needed}.{result}' speaks of items, and '{needed}' runs only once"
            inside.say("depends", route, message)


def _unknown(inside: Inside, needed: str, route: Route, known: Mapping[str, int], alone: bool) -> None:
    close = nearest(needed, known)
    hint = f"did you mean '{close}'?" if close else ""
    inside.say("unknown-task", route, f"there is no task '{needed}'", hint, close if alone else None)
