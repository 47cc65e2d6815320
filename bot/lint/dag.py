"""Templates of tasks that depend on each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

from bot.document.nearest import nearest
from bot.finding import Problem, Route
from bot.lint import arguments, graph, loops, names
from bot.lint.manifest import at
from bot.lint.proof import Found, Proof, Scope
from bot.lint.steps import filled, inline, nonleaf
from bot.lint.template import Template
from bot.lint.values import Data, part, parts, text, texts
from bot.lint.variables import MARK, dynamic, fill, tagged

Call = Callable[..., Found]
Needs = Mapping[str, Mapping[str, str]]
"""What each task waits for, and with which result."""


def dag(proof: Proof, template: Template, scope: Scope, put: Mapping[str, str], call: Call) -> None:
    """Look at the graph, then at every task with what the ones that it waits for give."""
    nonleaf(proof, template)
    manifest, route = template.manifest, at(template.route, "dag", "tasks")
    tasks = [
        {**task, "name": fill(text(task, "name"), put)} if "{{" in text(task, "name") else task
        for task in parts(part(template.data, "dag"), "tasks")
    ]
    if not tasks:
        proof.say(manifest, "depends", at(template.route, "dag"), f"{template.shown} has no task", "add one")
    proof.add(manifest, names.fields(tasks, route, "task"))
    known: dict[str, int] = {}
    for i, task in enumerate(tasks):
        known.setdefault(text(task, "name"), i)
    using = any(text(task, "depends") for task in tasks)
    needs = {name: _needs(tasks[i], put) for name, i in known.items()}
    for i, task in enumerate(tasks):
        _kinds(proof, template, task, at(route, i), using)
        _known(proof, template, task, at(route, i), known, tasks, put)
    circle = graph.cycle(needs)
    if circle:
        edges = tuple((f"'{a}' waits for '{b}'", at(route, known[a])) for a, b in list(pairwise(circle))[1:])
        message = f"tasks wait for each other: {' -> '.join(circle)}"
        on = "depends" if text(tasks[known[circle[0]]], "depends") else "dependencies"
        proof.add(manifest, (Problem("cycle", at(route, known[circle[0]], on), message, related=edges),))
    found = {}
    order = graph.ordered(needs) if not circle else list(known)
    for name in order:
        task, where = tasks[known[name]], at(route, known[name])
        found[name] = call(proof, task, (manifest, where), template.base, None, put)
        proof.outputs(found[name], f"tasks.{name}", scope, loops.many(task))
    _target(proof, template, known, scope, put)
    for name in order:
        _task(proof, template, name, tasks[known[name]], at(route, known[name]), found[name], needs, scope, put, call)


def _needs(task: Data, put: Mapping[str, str]) -> dict[str, str]:
    expression = fill(text(task, "depends"), put)
    if not expression:
        return dict.fromkeys(texts(task, "dependencies"), "")
    found: dict[str, str] = {}
    for name, result in graph.depends(expression):
        if result in graph.OF_ITEMS or name not in found:
            found[name] = result
    return found


def _kinds(proof: Proof, template: Template, task: Data, route: Route, using: bool) -> None:
    name, manifest = text(task, "name"), template.manifest
    listed = bool(task.get("dependencies"))
    if (using or listed) and name[:1].isdigit():
        message = f"the task '{name}' may not begin with a digit where tasks depend on each other"
        proof.say(manifest, "name", at(route, "name"), message)
    if using and listed:
        message = f"{template.shown} says both `depends` and `dependencies`"
        proof.say(manifest, "depends", at(route, "dependencies"), message, "use one of them for all of its tasks")
    if using and task.get("continueOn") is not None:
        hint = "say `depends: task.Failed` or `task.Errored` instead"
        proof.say(manifest, "depends", at(route, "continueOn"), "`continueOn` does not go with `depends`", hint)


def _known(
    proof: Proof,
    template: Template,
    task: Data,
    route: Route,
    known: Mapping[str, int],
    tasks: list[Data],
    put: Mapping[str, str],
) -> None:
    manifest, expression = template.manifest, fill(text(task, "depends"), put)
    if MARK in expression:
        message = "a variable cannot say what a task waits for: the graph is drawn before it has a value"
        proof.say(manifest, "depends", at(route, "depends"), message)
        return
    for j, needed in enumerate(texts(task, "dependencies") if not expression else ()):
        if needed not in known:
            _unknown(proof, template, needed, at(route, "dependencies", j), known, whole=True)
    for needed, result in graph.depends(expression):
        where = at(route, "depends")
        if needed not in known:
            _unknown(proof, template, needed, where, known, whole=expression == needed)
        elif result and result not in graph.RESULTS:
            close = nearest(result, graph.RESULTS)
            hint = f"did you mean '{close}'?" if close else f"there are {', '.join(graph.RESULTS)}"
            proof.say(manifest, "depends", where, f"'{needed}.{result}' is no result of a task", hint)
        elif result in graph.OF_ITEMS and not loops.looped(tasks[known[needed]]):
            message = f"'{needed}.{result}' speaks of items, and '{needed}' runs only once"
            proof.say(manifest, "depends", where, message)


def _unknown(
    proof: Proof, template: Template, needed: str, route: Route, known: Mapping[str, int], whole: bool
) -> None:
    close = nearest(needed, known)
    hint = f"did you mean '{close}'?" if close else ""
    replace = close if whole else None
    problem = Problem("unknown-task", route, f"there is no task '{needed}'", hint, replace=replace)
    proof.add(template.manifest, (problem,))


def _target(proof: Proof, template: Template, known: Mapping[str, int], scope: Scope, put: Mapping[str, str]) -> None:
    manifest, where = template.manifest, at(template.route, "dag", "target")
    written = text(part(template.data, "dag"), "target")
    proof.look(tagged(manifest, written, where), put, scope)
    for name in fill(written, put).split(" ") if written else ():
        if name not in known and not dynamic(name):
            close = nearest(name, known)
            hint = f"did you mean '{close}'?" if close else ""
            proof.say(manifest, "unknown-task", where, f"there is no task '{name}' to be the target", hint)


def _task(
    proof: Proof,
    template: Template,
    name: str,
    task: Data,
    route: Route,
    found: Found,
    needs: Needs,
    scope: Scope,
    put: Mapping[str, str],
    call: Call,
) -> None:
    manifest, prefix, given = template.manifest, f"tasks.{name}", part(task, "arguments")
    if task.get("hooks") is not None:
        scope.names.add(f"{prefix}.status")
    proof.outputs(found, prefix, scope)
    own = Scope(scope.names | inline(task), scope.open) if task.get("inline") or loops.looped(task) else scope
    loops.items(task, own)
    before: set[str] | None = None

    def waited(variable: str) -> bool:
        nonlocal before
        step, _, rest = variable.removeprefix("tasks.").rpartition(".")
        if not variable.startswith("tasks.") or rest != "status":
            return False
        before = graph.ancestors(needs, name) if before is None else before
        return step in before

    proof.add(manifest, loops.problems(task, route))
    proof.look(tagged(manifest, task, route), put, own, waited)
    proof.add(manifest, arguments.problems(given, at(route, "arguments"), may_be_empty=False))
    _order(proof, template, name, given, at(route, "arguments"), needs)
    if isinstance(found, Template):
        supplied = arguments.given([(given, manifest, at(route, "arguments"))], (manifest, route))
        call(proof, task, (manifest, route), template.base, filled(supplied, put), put)


def _order(proof: Proof, template: Template, name: str, given: Data, route: Route, needs: Needs) -> None:
    """What an argument takes from another task must be there: the task waits for it."""
    for key, taken in (("parameters", "value"), ("artifacts", "from")):
        for i, item in enumerate(parts(given, key)):
            value = item.get(taken)
            if type(value) is not str or not value.startswith("{{tasks."):
                continue
            other = value.split(".")[1]
            if other not in graph.ancestors(needs, name):
                message = f"'{text(item, 'name')}' comes from the task '{other}', which '{name}' does not wait for"
                hint = f"add '{other}' to what it depends on"
                proof.say(template.manifest, "missing-dependency", at(route, key, i, taken), message, hint)
