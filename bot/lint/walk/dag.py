"""Templates of tasks that depend on each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from bot.document.nearest import nearest
from bot.finding import Route
from bot.graph import ancestors, order
from bot.lint.parts import dependencies, loops
from bot.lint.parts.dependencies import Needs
from bot.lint.text.manifest import tagged
from bot.lint.text.values import Data, at, part, parts, text
from bot.lint.text.variables import Scope, dynamic, fill
from bot.lint.walk.composite import Composite
from bot.lint.walk.walk_state import Callee


def dag(composite: Composite) -> None:
    """Check the graph, then every task with the outputs of the tasks that it waits for."""
    composite.misplaced()
    put, route = composite.put, at(composite.template.route, "dag", "tasks")
    tasks = [
        {**task, "name": fill(text(task, "name"), put)} if "{{" in text(task, "name") else task
        for task in parts(part(composite.template.data, "dag"), "tasks")
    ]
    index = dependencies.positions(tasks)
    needs = {name: dependencies.needs_of(tasks[i], put) for name, i in index.items()}
    composite.add(dependencies.problems(composite.template, put, tasks, needs))
    callees: dict[str, Callee] = {}
    for name in order(needs):
        task = tasks[index[name]]
        callees[name] = composite.follow(task, at(route, index[name]))
        composite.state.outputs(callees[name], f"tasks.{name}", composite.scope, many=loops.many(task))
    _target(composite, index)
    for name, callee in callees.items():
        _task(composite, name, tasks[index[name]], at(route, index[name]), callee, needs)


def _target(composite: Composite, index: Mapping[str, int]) -> None:
    where = at(composite.template.route, "dag", "target")
    target = text(part(composite.template.data, "dag"), "target")
    composite.state.look(tagged(composite.template.manifest, target, where), composite.put, composite.scope)
    for name in fill(target, composite.put).split(" ") if target else ():
        if name not in index and not dynamic(name):
            close = nearest(name, index)
            hint = f"did you mean '{close}'?" if close else ""
            composite.say("unknown-task", where, f"the target '{name}' is not a task", hint)


def _task(composite: Composite, name: str, task: Data, route: Route, callee: Callee, needs: Needs) -> None:
    prefix, scope = f"tasks.{name}", composite.scope
    if task.get("hooks") is not None:
        scope.names.add(f"{prefix}.status")
    composite.state.outputs(callee, prefix, scope)
    own = Scope(set(scope.names), scope.open) if loops.looped(task) else scope
    loops.items(task, own)

    @cache
    def before() -> set[str]:
        return ancestors(needs, name)

    def has_status(variable: str) -> bool:
        first, _, rest = variable.partition(".")
        other, _, last = rest.rpartition(".")
        return first == "tasks" and last == "status" and other in before()

    composite.check(task, route)
    composite.look(task, route, own, has_status)
    _order(composite, name, task, route, before)
    composite.supply(task, route, callee)


def _order(composite: Composite, name: str, task: Data, route: Route, before: Callable[[], set[str]]) -> None:
    """Note arguments that come from a task that this one does not wait for."""
    given = part(task, "arguments")
    for key, source in (("parameters", "value"), ("artifacts", "from")):
        for i, item in enumerate(parts(given, key)):
            value = item.get(source)
            if type(value) is not str or not value.startswith("{{tasks."):
                continue
            other = value.split(".")[1]
            if other not in before():
                message = f"'{text(item, 'name')}' comes from the task '{other}', which '{name}' does not wait for"
                where = at(route, "arguments", key, i, source)
                composite.say("missing-dependency", where, message, f"add '{other}' to what it depends on")
