"""Calls: from a step, a task or an entrypoint to the template that it names, with the arguments that it gives."""

from __future__ import annotations

from collections.abc import Mapping

from bot.lint.parts import inputs, metrics, outputs, work_templates
from bot.lint.parts.arguments import Arguments, CallSite, unused, values
from bot.lint.parts.template import PODS, Base, Template
from bot.lint.text.manifest import Tagged, tagged
from bot.lint.text.values import Data, at, part, parts, text, whole
from bot.lint.text.variables import Scope, fill
from bot.lint.walk import callee
from bot.lint.walk.composite import Composite
from bot.lint.walk.dag import dag
from bot.lint.walk.steps import steps
from bot.lint.walk.walk_state import DEEPEST, Callee, WalkState

POLICIES = ("Always", "OnError", "OnFailure", "OnTransientError")


def call(
    state: WalkState,
    holder: Data,
    site: CallSite,
    base: Base,
    arguments: Arguments | None,
    put: Mapping[str, str],
) -> Callee:
    """Find the template that the holder calls, and check it with these arguments.

    Without arguments every parameter is taken to be given. `put` is put in for the caller's variables.
    """
    template = callee.find(state, holder, site, base, put)
    if isinstance(template, Template):
        _template(state, template, arguments)
    return template


def _template(state: WalkState, template: Template, arguments: Arguments | None) -> None:
    data, route, manifest = template.data, template.route, template.manifest
    supplied, missing = values(part(data, "inputs"), arguments)
    if arguments is not None:
        for kind, name in missing:
            message = f"{template.shown} needs the {kind} '{name}', which is not given"
            hint = f"add it to `arguments.{kind}s`, or give it a default"
            state.say(arguments.site[0], "not-supplied", arguments.site[1], message, hint)
        for manifest_of, problem in unused(part(data, "inputs"), template.shown, arguments):
            state.add(manifest_of, (problem,))
    key = (template.base.scope, template.name)  # as in Argo, for which every inline template has the name ''
    if key in state.seen and "timeout" not in data:
        return
    put = _put(state, template, supplied, anybody=arguments is None)
    _timeout(state, template, put)
    if key in state.seen:
        return
    state.seen.add(key)
    policy = text(part(data, "retryStrategy"), "retryPolicy")
    if policy and policy not in POLICIES:
        message = f"unknown retry policy '{policy}'; expected one of {', '.join(POLICIES)}"
        state.say(manifest, "retry", at(route, "retryStrategy", "retryPolicy"), message)
    state.add(manifest, inputs.problems(template))
    if state.depth == DEEPEST:
        message = f"{template.shown} is called more than {DEEPEST} levels deep, where the controller gives up"
        state.say(manifest, "deep", route, message)
        return
    state.depth += 1
    _body(state, template, arguments, put)
    state.depth -= 1


def _body(state: WalkState, template: Template, arguments: Arguments | None, put: Mapping[str, str]) -> None:
    """Check the template's work or calls, then its outputs and metrics."""
    data, route, manifest = template.data, template.route, template.manifest
    scope = Scope(inputs.scope(template))
    if template.kind == "dag":
        dag(Composite(state, template, scope, put, call))
    elif template.kind == "steps" and data["steps"]:
        steps(Composite(state, template, scope, put, call))
    else:
        state.look(_read(template, arguments), put, scope)
        state.add(manifest, work_templates.problems(template, put))
    state.look(tagged(manifest, data.get("outputs"), at(route, "outputs")), put, scope)
    state.add(manifest, outputs.problems(template, put))
    state.add(manifest, metrics.problems(template))


def _put(state: WalkState, template: Template, supplied: dict[str, str | None], *, anybody: bool) -> dict[str, str]:
    """The values to put in for the template's variables; of one that `anybody` may call they are unknown."""
    put = {**state.values, **inputs.paths(template)}
    if template.kind in PODS:
        put["pod.name"] = state.unknown("pod.name")
    for name, value in supplied.items():
        if value is not None or anybody:
            variable = f"inputs.parameters.{name}"
            put[variable] = state.unknown(variable) if value is None else value
    put["inputs.parameters"] = state.unknown("inputs.parameters") if supplied else "null"
    return {**put, **template.outer}


def _timeout(state: WalkState, template: Template, put: dict[str, str]) -> None:
    timeout = text(template.data, "timeout")
    if not timeout:
        return
    where = at(template.route, "timeout")
    if not template.works:
        message = f"`timeout` means nothing in a template of type {template.kind}"
        state.say(template.manifest, "misplaced", where, message)
    elif whole(fill(timeout, put)) is not None:
        message = f"the timeout '{fill(timeout, put)}' has no unit"
        state.say(template.manifest, "deadline", where, message, "write 30s, 5m or 2h")


def _read(template: Template, arguments: Arguments | None) -> list[Tagged]:
    """The texts that Argo reads in a template that runs work: an argument replaces what the input says."""
    size, texts = len(template.route), list[Tagged]()
    data = part(template.data, "inputs")
    named: dict[str | int, list[str]] = {
        key: [text(item, "name") for item in parts(data, key)] for key in ("artifacts", "parameters")
    }
    metadata = template.base.metadata if template.name else ()
    for tag in [*tagged(template.manifest, template.data, template.route), *metadata]:
        route = tag[1][size:]
        if len(route) > 3 and route[0] == "inputs" and route[1] in named and isinstance(route[2], int):
            name = named[route[1]][route[2]]
            if route[1] == "artifacts":
                is_read = route[3] in ("name", "path") or (arguments is not None and name not in arguments.artifacts)
            else:
                is_read = route[3] not in ("value", "valueFrom")
                is_read = is_read or (arguments is not None and name not in arguments.parameters)
            if not is_read:
                continue
        texts.append(tag)
    if arguments is not None:
        for key, supplied in (("artifacts", arguments.artifacts), ("parameters", arguments.parameters)):
            for name in named[key]:
                if name in supplied:
                    item, manifest, where = supplied[name]
                    texts += tagged(manifest, item, where)
    return texts
