"""Workflows, as they stand or as a template or a schedule makes them: the object first, then its templates."""

from __future__ import annotations

from collections.abc import Iterator

from bot.document.nearest import nearest
from bot.finding import Problem, Route
from bot.lint import arguments, cron, loops, names, newer
from bot.lint.call import call, reference
from bot.lint.manifest import Fault, Manifest, at
from bot.lint.proof import Proof
from bot.lint.template import Base, References
from bot.lint.values import EMPTY, Data, part, parts, spelled, text, texts
from bot.lint.variables import ALWAYS, ANY_ARTIFACT, dynamic

STRATEGIES = ("OnPodCompletion", "OnPodSuccess", "OnWorkflowCompletion", "OnWorkflowSuccess")
OPERATORS = ("DoesNotExist", "Exists", "In", "NotIn")


def prove(manifest: Manifest, references: References) -> list[Fault]:
    """What is wrong with an object and with all that it calls."""
    spec = part(manifest.data, "spec")
    route: Route = ("spec",)
    proof = Proof(references, manifest.kind.endswith("Template"), manifest.namespace)
    proof.add(manifest, names.object_name(manifest))
    labels, annotations = names.labels(manifest.data)
    if manifest.kind == "CronWorkflow":
        proof.add(manifest, cron.problems(spec))
        metadata = part(spec, "workflowMetadata")
        labels = {"workflows.argoproj.io/cron-workflow": "", **part(metadata, "labels")}
        annotations = {"workflows.argoproj.io/scheduled-time": "", **part(metadata, "annotations")}
        spec, route = part(spec, "workflowSpec"), ("spec", "workflowSpec")
    base = Base(manifest, spec, route, "local/")
    _workflow(proof, base, labels, annotations, may_be_empty=manifest.kind != "CronWorkflow")
    return proof.faults


def _workflow(proof: Proof, base: Base, labels: Data, annotations: Data, may_be_empty: bool) -> None:
    manifest, spec, route = base.manifest, base.spec, base.route
    refers, other = spec.get("workflowTemplateRef"), None
    if type(refers) is dict:
        if parts(spec, "templates"):
            message = "a workflow that refers to a template has no `templates` of its own"
            proof.add(manifest, (Problem("template-ref", at(route, "templates"), message, on="key"),))
        place = (manifest, at(route, "workflowTemplateRef", "name"))
        other = reference(proof, text(refers, "name"), refers.get("clusterScope") is True, place)
    proof.add(manifest, names.fields(parts(spec, "templates"), at(route, "templates"), "template"))
    where = at(route, "arguments")
    holders = [(part(spec, "arguments"), manifest, where)]
    holders += [(part(other.spec, "arguments"), other.manifest, at(other.route, "arguments"))] if other else []
    supplied = arguments.given(holders, (manifest, where))
    own = arguments.problems(holders[0][0], where, may_be_empty)
    merged = type(refers) is dict  # with the other's arguments, of which Argo takes the first of each name
    proof.add(manifest, (problem for problem in own if not (merged and problem.rule == "duplicate-name")))
    proof.add(manifest, _inherited(supplied, other, where, may_be_empty))
    _globals(proof, base, other, labels, annotations, supplied)
    owner = base if type(refers) is not dict else other
    if owner is not None:
        _entrypoints(proof, base, owner, supplied)
    proof.add(manifest, loops.hooks(part(spec, "hooks"), at(route, "hooks")))
    proof.add(manifest, _pod_gc(part(spec, "podGC"), at(route, "podGC")))
    proof.add(manifest, newer.problems(spec, route))
    if owner is None:
        return
    for name in owner.templates:
        call(proof, {"template": name}, (owner.manifest, owner.templates[name].route), owner, None, EMPTY)


def _inherited(
    supplied: arguments.Arguments, other: Base | None, where: Route, may_be_empty: bool
) -> Iterator[Problem]:
    """What is wrong with the arguments that a workflow leaves to the template that it refers to."""
    if other is None:
        return
    left = {
        key: [item for item, manifest, _ in found.values() if manifest is other.manifest]
        for key, found in (("parameters", supplied.parameters), ("artifacts", supplied.artifacts))
    }
    for problem in arguments.problems(left, where, may_be_empty):
        message = f"{problem.message} in '{other.manifest.name}', and none is given here"
        yield Problem("argument", where, message, problem.hint, "key")


def _globals(
    proof: Proof, base: Base, other: Base | None, labels: Data, annotations: Data, supplied: arguments.Arguments
) -> None:
    values = {name: proof.unknown(name) for name in ALWAYS}
    if supplied.parameters:
        values.update((n, proof.unknown(n)) for n in ("workflow.parameters", "workflow.parameters.json"))
    for name, (parameter, _, _) in supplied.parameters.items():
        value = spelled(parameter.get("value"))
        variable = f"workflow.parameters.{name}"
        values[variable] = proof.unknown(variable) if value is None else value
    metadata = [part(base.spec, "workflowMetadata"), part(other.spec, "workflowMetadata") if other else EMPTY]
    found = [("labels", labels), ("annotations", annotations)]
    found += [(key, part(m, key)) for m in metadata for key in ("labels", "annotations")]
    found += [("labels", part(m, "labelsFrom")) for m in metadata]
    variables = [f"workflow.{key}.{name}" for key, named in found for name in named]
    values.update((variable, proof.unknown(variable)) for variable in variables)
    if base.spec.get("priority") is not None:
        values["workflow.priority"] = str(base.spec["priority"])
    proof.values = values


def _entrypoints(proof: Proof, base: Base, owner: Base, supplied: arguments.Arguments) -> None:
    """The template that starts and the one that ends it, with the arguments that they get."""
    manifest, route = base.manifest, base.route
    start = text(base.spec, "entrypoint") or (text(owner.spec, "entrypoint") if owner is not base else "")
    if start:
        _named(proof, base, owner, "entrypoint", start, None if proof.reusable else supplied)
    elif not proof.reusable:
        names_there = ", ".join(list(owner.templates)[:8])
        hint = f"add `entrypoint:` with one of {names_there}" if names_there else "add `entrypoint:`"
        proof.say(manifest, "entrypoint", at(route, "entrypoint"), "the workflow does not say where it starts", hint)
    end = text(base.spec, "onExit") or (text(owner.spec, "onExit") if owner is not base else "")
    if end:
        proof.values["workflow.failures"] = proof.unknown("workflow.failures")
        artifacts = (
            output
            for holder in (base, owner)
            for template in parts(holder.spec, "templates")
            for output in parts(part(template, "outputs"), "artifacts")
        )
        if any(dynamic(text(output, "globalName")) for output in artifacts):
            proof.values[ANY_ARTIFACT] = "true"
        own = arguments.given([(part(base.spec, "arguments"), manifest, at(route, "arguments"))], supplied.place)
        _named(proof, base, owner, "onExit", end, own)


def _named(proof: Proof, base: Base, owner: Base, key: str, name: str, supplied: arguments.Arguments | None) -> None:
    if name in owner.templates:
        call(
            proof,
            {"template": name},
            supplied.place if supplied else (base.manifest, base.route),
            owner,
            supplied,
            EMPTY,
        )
        return
    close = nearest(name, owner.templates)
    hint = f"did you mean '{close}'?" if close else f"there are {', '.join(list(owner.templates)[:8])}"
    problem = Problem("entrypoint", at(base.route, key), f"there is no template '{name}'", hint, replace=close)
    proof.add(base.manifest, (problem,))


def _pod_gc(found: Data, route: Route) -> Iterator[Problem]:
    strategy = text(found, "strategy")
    if strategy and strategy not in STRATEGIES:
        message = f"the strategy '{strategy}' is none of {', '.join(STRATEGIES)}"
        yield Problem("pod-gc", at(route, "strategy"), message)
    selector = part(found, "labelSelector")
    for i, wanted in enumerate(parts(selector, "matchExpressions")):
        where, operator = at(route, "labelSelector", "matchExpressions", i), text(wanted, "operator")
        if operator not in OPERATORS:
            message = f"the operator '{operator}' is none of {', '.join(OPERATORS)}"
            yield Problem("pod-gc", at(where, "operator"), message)
        elif bool(texts(wanted, "values")) != (operator in ("In", "NotIn")):
            what = "needs" if operator in ("In", "NotIn") else "takes no"
            yield Problem("pod-gc", at(where, "values"), f"the operator {operator} {what} values")
