"""Calls: from a step, a task or an entrypoint to the template that it names, with the arguments that it gives."""

from __future__ import annotations

from collections.abc import Mapping

from bot.document.nearest import nearest
from bot.finding import Problem, Route
from bot.lint import inputs, leaf, metrics, outputs
from bot.lint.arguments import Arguments, values
from bot.lint.dag import dag
from bot.lint.inside import Inside
from bot.lint.manifest import Manifest, at
from bot.lint.proof import DEEPEST, Absent, Found, Proof, Scope
from bot.lint.steps import steps
from bot.lint.template import LEAVES, PODS, Base, Template
from bot.lint.values import Data, part, parts, text, whole
from bot.lint.variables import MARK, Tagged, fill, left, tagged

GIVE = "give its file with `--with FILE`"
POLICIES = ("Always", "OnError", "OnFailure", "OnTransientError")


def call(
    proof: Proof,
    holder: Data,
    place: tuple[Manifest, Route],
    base: Base,
    arguments: Arguments | None,
    known: Mapping[str, str],
) -> Found:
    """Find the template that the holder calls, and look at it as it is with these arguments.

    Without arguments every parameter is taken to be given. `known` are the values that are put in at the caller.
    """
    found = _find(proof, holder, place, base, known)
    if isinstance(found, Template):
        _template(proof, found, arguments)
    return found


def reference(proof: Proof, name: str, cluster: bool, place: tuple[Manifest, Route]) -> Base | None:
    """The object of templates that is referred to; the reader is told of one that was not given."""
    found = proof.references.find(name, cluster, proof.namespace)
    if found is None:
        kind = "ClusterWorkflowTemplate" if cluster else "WorkflowTemplate"
        if name.startswith(MARK):
            message, hint = f"which {kind} this refers to is only known while the workflow runs", ""
        else:
            message, hint = f"the {kind} '{name}' is not among the files, so that it was not followed", GIVE
        proof.say(place[0], "unresolved", place[1], message, hint)
    return found


def _find(proof: Proof, holder: Data, place: tuple[Manifest, Route], base: Base, known: Mapping[str, str]) -> Found:
    manifest, route = place
    name = fill(text(holder, "template"), known)
    refers = holder.get("templateRef")
    inline = holder.get("inline")
    if type(refers) is dict:
        return _referred(proof, refers, (manifest, at(route, "templateRef")), name, known)
    if name and name not in base.templates:
        close = nearest(name, base.templates)
        hint = f"did you mean '{close}'?" if close else ""
        shown = text(holder, "template")
        problem = Problem(
            "unknown-template", at(route, "template"), f"there is no template '{shown}'", hint, replace=close
        )
        proof.add(manifest, (problem,))
        return None
    if type(inline) is dict:
        return _typed(proof, Template(inline, at(route, "inline"), base, known), place)
    if not name:
        hint = "add `template:`, `templateRef:` or `inline:`"
        proof.say(manifest, "template-ref", route, "no template is named here", hint)
        return None
    return _typed(proof, base.templates[name], place)


def _referred(proof: Proof, refers: Data, place: tuple[Manifest, Route], name: str, known: Mapping[str, str]) -> Found:
    manifest, route = place
    if name:
        proof.say(manifest, "template-ref", route, "there are both `template` and `templateRef`", "keep one of them")
        return None
    for key in ("name", "template"):
        if not text(refers, key):
            proof.say(manifest, "template-ref", route, f"the reference has no `{key}`", f"add `{key}:`")
            return None
    owner, wanted = (fill(text(refers, key), known) for key in ("name", "template"))
    if left(owner) or left(wanted):
        return Absent()
    base = reference(proof, owner, refers.get("clusterScope") is True, (manifest, at(route, "name")))
    if base is None:
        return Absent(given=False)
    if wanted in base.templates:
        return _typed(proof, base.templates[wanted], place)
    if MARK not in wanted:
        close = nearest(wanted, base.templates)
        hint = f"did you mean '{close}'?" if close else f"it has {', '.join(list(base.templates)[:8])}"
        message = f"'{base.manifest.name}' has no template '{wanted}'"
        proof.add(manifest, (Problem("unknown-template", at(route, "template"), message, hint, replace=close),))
    return Absent()


def _typed(proof: Proof, found: Template, place: tuple[Manifest, Route]) -> Template | None:
    if len(found.types) != 1:
        what = "has no type" if not found.types else f"has several types: {', '.join(found.types)}"
        hint = f"it needs one of {', '.join(sorted(LEAVES | {'dag', 'steps', 'suspend'}))}"
        proof.say(found.manifest, "template-type", found.route, f"{found.shown} {what}", hint)
        return None
    return found


def _template(proof: Proof, found: Template, arguments: Arguments | None) -> None:
    data, route, manifest = found.data, found.route, found.manifest
    supplied, missing = values(part(data, "inputs"), arguments)
    if arguments is not None:
        for kind, name in missing:
            message = f"{found.shown} needs the {kind} '{name}', which is not given"
            hint = f"add it to `arguments.{kind}s`, or give it a default"
            proof.say(arguments.place[0], "not-supplied", arguments.place[1], message, hint)
    key = (found.base.scope, found.name)  # as in Argo, which knows an inline template by no other name than ''
    if key in proof.seen and "timeout" not in data:
        return
    put = _put(proof, found, supplied, arguments is None)
    _timeout(proof, found, put)
    if key in proof.seen:
        return
    proof.seen.add(key)
    policy = text(part(data, "retryStrategy"), "retryPolicy")
    if policy and policy not in POLICIES:
        message = f"the retry policy '{policy}' is none of {', '.join(POLICIES)}"
        proof.say(manifest, "retry", at(route, "retryStrategy", "retryPolicy"), message)
    proof.add(manifest, inputs.problems(found))
    if proof.depth == DEEPEST:
        message = f"{found.shown} is called more than {DEEPEST} levels deep, where the controller gives up"
        proof.say(manifest, "deep", route, message)
        return
    proof.depth += 1
    scope = Scope(inputs.scope(found))
    if found.kind == "dag" or (found.kind == "steps" and data["steps"]):
        (dag if found.kind == "dag" else steps)(Inside(proof, found, scope, put, call))
    else:
        proof.look(_seen(found, arguments), put, scope)
        proof.add(manifest, leaf.problems(found, put))
    proof.look(tagged(manifest, data.get("outputs"), at(route, "outputs")), put, scope)
    proof.add(manifest, outputs.problems(found, put))
    proof.add(manifest, metrics.problems(found))
    proof.depth -= 1


def _put(proof: Proof, found: Template, supplied: dict[str, str | None], anybody: bool) -> dict[str, str]:
    """What is put in for variables in the template; what `anybody` may call has values that nobody knows."""
    put = {**proof.values, **inputs.paths(found)}
    if found.kind in PODS:
        put["pod.name"] = proof.unknown("pod.name")
    for name, value in supplied.items():
        if value is not None or anybody:
            variable = f"inputs.parameters.{name}"
            put[variable] = proof.unknown(variable) if value is None else value
    put["inputs.parameters"] = proof.unknown("inputs.parameters") if supplied else "null"
    return {**put, **found.outer}


def _timeout(proof: Proof, found: Template, put: dict[str, str]) -> None:
    timeout = text(found.data, "timeout")
    if not timeout:
        return
    where = at(found.route, "timeout")
    if not found.leaf:
        proof.say(found.manifest, "misplaced", where, f"`timeout` means nothing in a template of type {found.kind}")
    elif whole(fill(timeout, put)) is not None:
        message = f"the timeout '{fill(timeout, put)}' has no unit"
        proof.say(found.manifest, "deadline", where, message, "write 30s, 5m or 2h")


def _seen(found: Template, arguments: Arguments | None) -> list[Tagged]:
    """The texts that count in a leaf: what a caller gives takes the place of what the inputs say."""
    size, seen = len(found.route), list[Tagged]()
    inputs = part(found.data, "inputs")
    named: dict[str | int, list[str]] = {
        key: [text(item, "name") for item in parts(inputs, key)] for key in ("artifacts", "parameters")
    }
    for tag in [*tagged(found.manifest, found.data, found.route), *(found.base.metadata if found.name else ())]:
        route = tag[1][size:]
        if len(route) > 3 and route[0] == "inputs" and route[1] in named and isinstance(route[2], int):
            name = named[route[1]][route[2]]
            if route[1] == "artifacts":
                kept = route[3] in ("name", "path") or (arguments is not None and name not in arguments.artifacts)
            else:
                kept = route[3] not in ("value", "valueFrom")
                kept = kept or (arguments is not None and name not in arguments.parameters)
            if not kept:
                continue
        seen.append(tag)
    if arguments is not None:
        for key, supplied in (("artifacts", arguments.artifacts), ("parameters", arguments.parameters)):
            for name in named[key]:
                if name in supplied:
                    item, manifest, where = supplied[name]
                    seen += tagged(manifest, item, where)
    return seen
