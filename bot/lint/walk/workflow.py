"""Workflows, by themselves or in a WorkflowTemplate or CronWorkflow: the object first, then its templates."""

from __future__ import annotations

from collections.abc import Iterator

from bot.document.nearest import nearest
from bot.finding import Problem, Route
from bot.lint.parts import argo41, arguments, cron, loops, names, pod_gc
from bot.lint.parts.template import Base, References
from bot.lint.text.manifest import Manifest, ManifestProblem
from bot.lint.text.values import EMPTY, Data, at, part, parts, spelled, text
from bot.lint.text.variables import ALWAYS, ANY_ARTIFACT, dynamic
from bot.lint.walk.call import call
from bot.lint.walk.callee import reference
from bot.lint.walk.walk_state import WalkState


def check(manifest: Manifest, references: References) -> list[ManifestProblem]:
    """Problems of an object and of all templates that it calls."""
    spec = part(manifest.data, "spec")
    route: Route = ("spec",)
    state = WalkState(references, manifest.namespace, reusable=manifest.kind.endswith("Template"))
    state.add(manifest, names.object_name(manifest.kind, manifest.name))
    labels, annotations = names.labels(manifest.data)
    if manifest.kind == "CronWorkflow":
        state.add(manifest, cron.problems(spec))
        metadata = part(spec, "workflowMetadata")
        labels = {"workflows.argoproj.io/cron-workflow": "", **part(metadata, "labels")}
        annotations = {"workflows.argoproj.io/scheduled-time": "", **part(metadata, "annotations")}
        spec, route = part(spec, "workflowSpec"), ("spec", "workflowSpec")
    base = Base(manifest, spec, route, "local/")
    _workflow(state, base, labels, annotations, may_be_empty=manifest.kind != "CronWorkflow")
    return state.problems


def _workflow(state: WalkState, base: Base, labels: Data, annotations: Data, *, may_be_empty: bool) -> None:
    manifest, spec, route = base.manifest, base.spec, base.route
    ref, other = spec.get("workflowTemplateRef"), None
    if type(ref) is dict:
        if parts(spec, "templates"):
            message = "a workflow that refers to a template has no `templates` of its own"
            state.add(manifest, (Problem("template-ref", at(route, "templates"), message, on="key"),))
        site = (manifest, at(route, "workflowTemplateRef", "name"))
        other = reference(state, text(ref, "name"), site, cluster=ref.get("clusterScope") is True)
    state.add(manifest, names.fields(parts(spec, "templates"), at(route, "templates"), "template"))
    where = at(route, "arguments")
    holders = [(part(spec, "arguments"), manifest, where)]
    holders += [(part(other.spec, "arguments"), other.manifest, at(other.route, "arguments"))] if other else []
    supplied = arguments.given(holders, (manifest, where))
    own = arguments.problems(holders[0][0], where, may_be_empty=may_be_empty)
    merged = type(ref) is dict  # with the other's arguments, of which Argo takes the first of each name
    state.add(manifest, (problem for problem in own if not (merged and problem.rule == "duplicate-name")))
    state.add(manifest, _inherited(supplied, other, where, may_be_empty=may_be_empty))
    _globals(state, base, other, labels, annotations, supplied)
    owner = base if type(ref) is not dict else other
    if owner is not None:
        _entrypoints(state, base, owner, supplied)
    state.add(manifest, loops.hooks(part(spec, "hooks"), at(route, "hooks")))
    state.add(manifest, pod_gc.problems(part(spec, "podGC"), at(route, "podGC")))
    state.add(manifest, argo41.problems(spec, route))
    if owner is None:
        return
    for name in owner.templates:
        call(state, {"template": name}, (owner.manifest, owner.templates[name].route), owner, None, EMPTY)


def _inherited(
    supplied: arguments.Arguments, other: Base | None, where: Route, *, may_be_empty: bool
) -> Iterator[Problem]:
    """Problems of the arguments that a workflow leaves to the template that it refers to."""
    if other is None:
        return
    left = {
        key: [item for item, manifest, _ in named.values() if manifest is other.manifest]
        for key, named in (("parameters", supplied.parameters), ("artifacts", supplied.artifacts))
    }
    for problem in arguments.problems(left, where, may_be_empty=may_be_empty):
        message = f"{problem.message} in '{other.manifest.name}', and this workflow gives none"
        yield Problem("argument", where, message, problem.hint, "key")


def _globals(
    state: WalkState, base: Base, other: Base | None, labels: Data, annotations: Data, supplied: arguments.Arguments
) -> None:
    """Give values to the variables that every template knows; those that a run decides are unknown."""
    values = {name: state.unknown(name) for name in ALWAYS}
    if supplied.parameters:
        values.update((n, state.unknown(n)) for n in ("workflow.parameters", "workflow.parameters.json"))
    for name, (parameter, _, _) in supplied.parameters.items():
        value = spelled(parameter.get("value"))
        variable = f"workflow.parameters.{name}"
        values[variable] = state.unknown(variable) if value is None else value
    metadata = [part(base.spec, "workflowMetadata"), part(other.spec, "workflowMetadata") if other else EMPTY]
    sources = [("labels", labels), ("annotations", annotations)]
    sources += [(key, part(m, key)) for m in metadata for key in ("labels", "annotations")]
    sources += [("labels", part(m, "labelsFrom")) for m in metadata]
    variables = [f"workflow.{key}.{name}" for key, named in sources for name in named]
    values.update((variable, state.unknown(variable)) for variable in variables)
    if base.spec.get("priority") is not None:
        values["workflow.priority"] = str(base.spec["priority"])
    state.values = values


def _entrypoints(state: WalkState, base: Base, owner: Base, supplied: arguments.Arguments) -> None:
    """Check the templates that start and end the workflow, with the arguments that they get."""
    manifest, route = base.manifest, base.route
    start = text(base.spec, "entrypoint") or (text(owner.spec, "entrypoint") if owner is not base else "")
    if start:
        _named(state, base, owner, "entrypoint", start, None if state.reusable else supplied)
    elif not state.reusable:
        choices = ", ".join(list(owner.templates)[:8])
        hint = f"add `entrypoint:` with one of {choices}" if choices else "add `entrypoint:`"
        state.say(manifest, "entrypoint", at(route, "entrypoint"), "the workflow does not say where it starts", hint)
    end = text(base.spec, "onExit") or (text(owner.spec, "onExit") if owner is not base else "")
    if end:
        state.values["workflow.failures"] = state.unknown("workflow.failures")
        artifacts = (
            output
            for holder in (base, owner)
            for template in parts(holder.spec, "templates")
            for output in parts(part(template, "outputs"), "artifacts")
        )
        if any(dynamic(text(output, "globalName")) for output in artifacts):
            state.values[ANY_ARTIFACT] = "true"
        own = arguments.given([(part(base.spec, "arguments"), manifest, at(route, "arguments"))], supplied.site)
        _named(state, base, owner, "onExit", end, own)


def _named(
    state: WalkState, base: Base, owner: Base, key: str, name: str, supplied: arguments.Arguments | None
) -> None:
    if name in owner.templates:
        site = supplied.site if supplied else (base.manifest, base.route)
        call(state, {"template": name}, site, owner, supplied, EMPTY)
        return
    close = nearest(name, owner.templates)
    hint = f"did you mean '{close}'?" if close else f"there are {', '.join(list(owner.templates)[:8])}"
    problem = Problem("entrypoint", at(base.route, key), f"there is no template '{name}'", hint, replace=close)
    state.add(base.manifest, (problem,))
