"""Templates of steps: groups that run one after the other."""

from __future__ import annotations

from typing import Any

from bot.finding import Problem, Route
from bot.lint import loops
from bot.lint.inside import Inside
from bot.lint.manifest import at
from bot.lint.names import FIELD, MAX_FIELD
from bot.lint.values import Data, part, parts, text
from bot.lint.variables import fill


def steps(inside: Inside) -> None:
    """Look at every step, with what the ones before it give."""
    inside.nonleaf()
    first: dict[str, Route] = {}
    groups: Any = inside.template.data.get("steps")
    for i, group in enumerate(groups if type(groups) is list else ()):
        for j, step in enumerate(parts({"": group}, "")):
            route, name = at(inside.template.route, "steps", i, j), fill(text(step, "name"), inside.put)
            _named(inside, name, at(route, "name"), first)
            _step(inside, step, route, f"steps.{name}")


def _named(inside: Inside, name: str, route: Route, first: dict[str, Route]) -> None:
    if not name:
        inside.say("name", route, "the step has no name", "add `name:`")
    elif not FIELD.match(name) or len(name) > MAX_FIELD:
        message = f"the step '{name}' may hold only letters, digits and hyphens, at most {MAX_FIELD}"
        inside.say("name", route, message)
    if name in first:
        message, related = f"a second step is named '{name}'", (("the first one", first[name]),)
        inside.add((Problem("duplicate-name", route, message, related=related),))
    first.setdefault(name, route)


def _step(inside: Inside, step: Data, route: Route, prefix: str) -> None:
    proof, scope = inside.proof, inside.scope
    scope.names.add(f"{prefix}.status")
    loops.items(step, scope)
    inside.checked(step, route)
    inside.add(loops.hooks(part(step, "hooks"), at(route, "hooks")))
    found = inside.follow(step, route)
    if loops.exits(step):
        proof.outputs(found, prefix, scope)
    inside.look(step, route, scope)
    proof.outputs(found, prefix, scope, loops.many(step))
    inside.supply(step, route, found)
