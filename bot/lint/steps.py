"""Templates of steps: groups that run one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.finding import Problem
from bot.lint import arguments, loops
from bot.lint.manifest import at
from bot.lint.names import FIELD, MAX_FIELD
from bot.lint.proof import Found, Proof, Scope
from bot.lint.template import Template
from bot.lint.values import Data, part, parts, text
from bot.lint.variables import fill, tagged

Call = Callable[..., Found]


def nonleaf(proof: Proof, template: Template) -> None:
    """What has no meaning in a template that only calls others."""
    where = at(template.route, "activeDeadlineSeconds")
    if template.data.get("activeDeadlineSeconds") is not None:
        message = f"`activeDeadlineSeconds` means nothing in a template of type {template.kind}"
        proof.say(template.manifest, "misplaced", where, message, "put it on the templates that it calls")


def steps(proof: Proof, template: Template, scope: Scope, put: Mapping[str, str], call: Call) -> None:
    """Look at every step, with what the ones before it give."""
    nonleaf(proof, template)
    first: dict[str, tuple[int, int]] = {}
    groups: Any = template.data.get("steps")
    for i, group in enumerate(groups if type(groups) is list else ()):
        for j, step in enumerate(parts({"": group}, "")):
            route, name = at(template.route, "steps", i, j), fill(text(step, "name"), put)
            where = at(route, "name")
            if not name:
                proof.say(template.manifest, "name", where, "the step has no name", "add `name:`")
            elif not FIELD.match(name) or len(name) > MAX_FIELD:
                message = f"the step '{name}' may hold only letters, digits and hyphens, at most {MAX_FIELD}"
                proof.say(template.manifest, "name", where, message)
            if name in first:
                related = (("the first one", at(template.route, "steps", *first[name], "name")),)
                problem = Problem("duplicate-name", where, f"a second step is named '{name}'", related=related)
                proof.add(template.manifest, (problem,))
            first.setdefault(name, (i, j))
            _step(proof, template, step, (i, j), name, scope, put, call)


def _step(
    proof: Proof,
    template: Template,
    step: Data,
    place: tuple[int, int],
    name: str,
    scope: Scope,
    put: Mapping[str, str],
    call: Call,
) -> None:
    manifest, route, prefix = template.manifest, at(template.route, "steps", *place), f"steps.{name}"
    scope.names.add(f"{prefix}.status")
    loops.items(step, scope)
    proof.add(manifest, loops.problems(step, route))
    proof.add(manifest, loops.hooks(part(step, "hooks"), at(route, "hooks")))
    given = part(step, "arguments")
    proof.add(manifest, arguments.problems(given, at(route, "arguments"), may_be_empty=False))
    found = call(proof, step, (manifest, route), template.base, None, put)
    if loops.exits(step):
        proof.outputs(found, prefix, scope)
    own = Scope(scope.names | inline(step), scope.open) if step.get("inline") else scope
    proof.look(tagged(manifest, step, route), put, own)
    proof.outputs(found, prefix, scope, loops.many(step))
    if isinstance(found, Template):
        supplied = arguments.given([(given, manifest, at(route, "arguments"))], (manifest, route))
        call(proof, step, (manifest, route), template.base, filled(supplied, put), put)


def inline(holder: Data) -> set[str]:
    """What an inline template's own inputs are called where it is looked at from outside."""
    inputs = part(part(holder, "inline"), "inputs")
    return {f"inputs.parameters.{text(parameter, 'name')}" for parameter in parts(inputs, "parameters")}


def filled(supplied: arguments.Arguments, put: Mapping[str, str]) -> arguments.Arguments:
    """The arguments with what is known put into their values."""
    parameters = {
        name: ({**item, "value": fill(item["value"], put)}, manifest, route)
        if type(item.get("value")) is str and "{{" in item["value"]
        else (item, manifest, route)
        for name, (item, manifest, route) in supplied.parameters.items()
    }
    return arguments.Arguments(parameters, supplied.artifacts, supplied.place)
