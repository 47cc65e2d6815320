"""Templates of tasks that depend on each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from bot.document.nearest import nearest
from bot.finding import Route
from bot.graph import ancestors, order
from bot.lint import loops
from bot.lint.depends import Needs, depends, needs_of
from bot.lint.inside import Inside
from bot.lint.manifest import at
from bot.lint.proof import Found, Scope
from bot.lint.values import Data, part, parts, text
from bot.lint.variables import dynamic, fill, tagged


def dag(inside: Inside) -> None:
    """Look at the graph, then at every task with what the ones that it waits for give."""
    inside.nonleaf()
    put, route = inside.put, at(inside.template.route, "dag", "tasks")
    tasks = [
        {**task, "name": fill(text(task, "name"), put)} if "{{" in text(task, "name") else task
        for task in parts(part(inside.template.data, "dag"), "tasks")
    ]
    known: dict[str, int] = {}
    for i, task in enumerate(tasks):
        known.setdefault(text(task, "name"), i)
    needs = {name: needs_of(tasks[i], put) for name, i in known.items()}
    depends(inside, tasks, known, needs)
    found: dict[str, Found] = {}
    for name in order(needs):
        task = tasks[known[name]]
        found[name] = inside.follow(task, at(route, known[name]))
        inside.proof.outputs(found[name], f"tasks.{name}", inside.scope, loops.many(task))
    _target(inside, known)
    for name, leads in found.items():
        _task(inside, name, tasks[known[name]], at(route, known[name]), leads, needs)


def _target(inside: Inside, known: Mapping[str, int]) -> None:
    where = at(inside.template.route, "dag", "target")
    written = text(part(inside.template.data, "dag"), "target")
    inside.proof.look(tagged(inside.template.manifest, written, where), inside.put, inside.scope)
    for name in fill(written, inside.put).split(" ") if written else ():
        if name not in known and not dynamic(name):
            close = nearest(name, known)
            hint = f"did you mean '{close}'?" if close else ""
            inside.say("unknown-task", where, f"there is no task '{name}' to be the target", hint)


def _task(inside: Inside, name: str, task: Data, route: Route, found: Found, needs: Needs) -> None:
    prefix, scope = f"tasks.{name}", inside.scope
    if task.get("hooks") is not None:
        scope.names.add(f"{prefix}.status")
    inside.proof.outputs(found, prefix, scope)
    own = Scope(set(scope.names), scope.open) if loops.looped(task) else scope
    loops.items(task, own)

    @cache
    def before() -> set[str]:
        return ancestors(needs, name)

    def waited(variable: str) -> bool:
        first, _, rest = variable.partition(".")
        step, _, last = rest.rpartition(".")
        return first == "tasks" and last == "status" and step in before()

    inside.checked(task, route)
    inside.look(task, route, own, waited)
    _order(inside, name, task, route, before)
    inside.supply(task, route, found)


def _order(inside: Inside, name: str, task: Data, route: Route, before: Callable[[], set[str]]) -> None:
    """What an argument takes from another task must be there: the task waits for it."""
    given = part(task, "arguments")
    for key, taken in (("parameters", "value"), ("artifacts", "from")):
        for i, item in enumerate(parts(given, key)):
            value = item.get(taken)
            if type(value) is not str or not value.startswith("{{tasks."):
                continue
            other = value.split(".")[1]
            if other not in before():
                message = f"'{text(item, 'name')}' comes from the task '{other}', which '{name}' does not wait for"
                where = at(route, "arguments", key, i, taken)
                inside.say("missing-dependency", where, message, f"add '{other}' to what it depends on")
