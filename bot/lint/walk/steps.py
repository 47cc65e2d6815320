"""Templates of steps: groups that run one after the other."""

from __future__ import annotations

from typing import Any

from bot.finding import Problem, Route
from bot.lint.parts import loops
from bot.lint.parts.names import FIELD, MAX_FIELD
from bot.lint.text.values import Data, at, part, parts, text
from bot.lint.text.variables import fill
from bot.lint.walk.composite import Composite


def steps(composite: Composite) -> None:
    """Check every step, with the outputs of the steps before it."""
    composite.misplaced()
    first: dict[str, Route] = {}
    groups: Any = composite.template.data.get("steps")
    for i, group in enumerate(groups if type(groups) is list else ()):
        for j, step in enumerate(parts({"": group}, "")):
            route, name = at(composite.template.route, "steps", i, j), fill(text(step, "name"), composite.put)
            _name(composite, name, at(route, "name"), first)
            _step(composite, step, route, f"steps.{name}")


def _name(composite: Composite, name: str, route: Route, first: dict[str, Route]) -> None:
    if not name:
        composite.say("name", route, "the step has no name", "add `name:`")
    elif not FIELD.match(name) or len(name) > MAX_FIELD:
        message = f"the step '{name}' may hold only letters, digits and hyphens, at most {MAX_FIELD}"
        composite.say("name", route, message)
    if name in first:
        message, related = f"a second step is named '{name}'", (("the first one", first[name]),)
        composite.add((Problem("duplicate-name", route, message, related=related),))
    first.setdefault(name, route)


def _step(composite: Composite, step: Data, route: Route, prefix: str) -> None:
    state, scope = composite.state, composite.scope
    scope.names.add(f"{prefix}.status")
    loops.items(step, scope)
    composite.check(step, route)
    composite.add(loops.hooks(part(step, "hooks"), at(route, "hooks")))
    callee = composite.follow(step, route)
    if loops.exits(step):
        state.outputs(callee, prefix, scope)
    composite.look(step, route, scope)
    state.outputs(callee, prefix, scope, many=loops.many(step))
    composite.supply(step, route, callee)
