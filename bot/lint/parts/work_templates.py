"""Templates that run work: container, script, container set, resource, data, http, plugin."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.document.read import read_all
from bot.finding import Problem, Route
from bot.graph import cycle
from bot.lint.parts import names
from bot.lint.parts.template import Template
from bot.lint.text.scalars import MANIFESTS
from bot.lint.text.values import Data, at, part, parts, text, texts, whole
from bot.lint.text.variables import MARK, fill

EXPRESSION = re.compile(r"\{\{\s*=\s*(.+?)\s*\}\}")
ACTIONS = ("apply", "create", "delete", "get", "patch", "replace")


def problems(template: Template, put: Mapping[str, str]) -> Iterator[Problem]:
    """Problems of the template's work, with `put` put in for its variables."""
    data, route = template.data, template.route
    if template.kind == "container":
        yield from _mounts(part(data, "container"), at(route, "container"), put)
        yield from _landing(template, put)
    if template.kind in ("container", "script"):
        image = fill(text(part(data, template.kind), "image"), put)
        if not image and not template.base.image(template.kind):
            yield Problem("image", at(route, template.kind, "image"), f"{template.shown} has no image", "add `image:`")
    if template.kind == "containerSet":
        yield from _containers(template, put)
    if template.kind == "resource":
        yield from _resource(template, put)
    plugin = data.get("plugin")
    if type(plugin) is dict and len(plugin) != 1:
        message = f"a template of type plugin names one plugin, not {len(plugin)}"
        yield Problem("plugin", at(route, "plugin"), message, on="key")
    yield from _deadline(template, put)
    if data.get("parallelism") is not None:
        message = "`parallelism` means something only in templates of type steps or dag"
        yield Problem("misplaced", at(route, "parallelism"), message, on="key")


def _mounts(container: Data, route: Route, put: Mapping[str, str]) -> Iterator[Problem]:
    mounted: dict[str, int] = {}
    for i, mount in enumerate(parts(container, "volumeMounts")):
        place, where = fill(text(mount, "mountPath"), put), at(route, "volumeMounts", i, "mountPath")
        if place in mounted:
            first = at(route, "volumeMounts", mounted[place], "mountPath")
            yield Problem("mount", where, f"'{place}' is mounted twice", related=(("the first one", first),))
        mounted.setdefault(place, i)


def _landing(template: Template, put: Mapping[str, str]) -> Iterator[Problem]:
    mounts = parts(part(template.data, "container"), "volumeMounts")
    claimed = {fill(text(mount, "mountPath"), put): f"the volume '{text(mount, 'name')}'" for mount in mounts}
    for i, artifact in enumerate(parts(part(template.data, "inputs"), "artifacts")):
        place = fill(text(artifact, "path"), put)
        if place in claimed:
            message = f"the artifact '{text(artifact, 'name')}' has the path '{place}', as {claimed[place]} has"
            yield Problem("mount", at(template.route, "inputs", "artifacts", i, "path"), message)
        claimed.setdefault(place, f"the artifact '{text(artifact, 'name')}'")


def _containers(template: Template, put: Mapping[str, str]) -> Iterator[Problem]:
    whole_set, route = part(template.data, "containerSet"), at(template.route, "containerSet")
    containers = parts(whole_set, "containers")
    if not containers:
        yield Problem("container-set", at(route, "containers"), "the container set has no container", "add one")
    yield from names.fields(containers, at(route, "containers"), "container")
    yield from _mounts(whole_set, route, put)
    index = {text(container, "name"): i for i, container in enumerate(containers)}
    for i, container in enumerate(containers):
        for j, needed in enumerate(texts(container, "dependencies")):
            if needed not in index:
                message = f"the container '{needed}' is not in the set"
                yield Problem("container-set", at(route, "containers", i, "dependencies", j), message)
    ring = cycle({name: texts(containers[i], "dependencies") for name, i in index.items()})
    if ring:
        message = f"containers wait for each other: {' -> '.join([*ring, ring[0]])}"
        yield Problem("cycle", at(route, "containers", index[ring[0]], "dependencies"), message)
    data, outputs = part(template.data, "inputs"), part(template.data, "outputs")
    if (
        parts(data, "artifacts") or parts(outputs, "parameters") or parts(outputs, "artifacts")
    ) and "main" not in index:
        message = "inputs and outputs of a set need a container that is named 'main'"
        yield Problem("container-set", at(route, "containers"), message, on="key")


def _resource(template: Template, put: Mapping[str, str]) -> Iterator[Problem]:
    resource, route = part(template.data, "resource"), at(template.route, "resource")
    action = fill(text(resource, "action"), put)
    if action not in ACTIONS and not action.startswith(MARK):
        message = f"unknown action '{action}'; expected one of {', '.join(ACTIONS)}"
        yield Problem("resource", at(route, "action"), message)
    if action in ("delete", "get"):
        return
    written, source = fill(text(resource, "manifest"), put), resource.get("manifestFrom")
    if not written and source is None:
        yield Problem("resource", route, "there is neither `manifest` nor `manifestFrom`", "add one of them")
    if written and source is not None:
        yield Problem("resource", route, "there are both `manifest` and `manifestFrom`", "keep one of them")
    artifact = source.get("artifact") if type(source) is dict else None
    if type(artifact) is dict:
        name, inputs = text(artifact, "name"), parts(part(template.data, "inputs"), "artifacts")
        if all(text(other, "name") != name for other in inputs):
            message = f"the template has no input artifact '{name}'"
            yield Problem("resource", at(route, "manifestFrom", "artifact", "name"), message)
    if written and not written.startswith(MARK):
        trees = read_all(EXPRESSION.sub(MARK, written).encode(), MANIFESTS)
        for problem in trees[0].problems() if trees else ():
            if problem.rule in ("syntax", "wrong-type"):
                message = f"we cannot read the resource's manifest: {problem.message}"
                yield Problem("resource", at(route, "manifest"), message)
                return


def _deadline(template: Template, put: Mapping[str, str]) -> Iterator[Problem]:
    deadline, where = template.data.get("activeDeadlineSeconds"), at(template.route, "activeDeadlineSeconds")
    if type(deadline) is str:
        filled = fill(deadline, put)
        seconds = whole(filled)
        if seconds is None and not filled.startswith(MARK) and not (filled[:2] == "{{" and filled[-2:] == "}}"):
            message = f"activeDeadlineSeconds is '{filled}', but should be a whole number or a variable"
            yield Problem("deadline", where, message)
            return
        deadline = seconds
    if type(deadline) is int and deadline < 0:
        yield Problem("deadline", where, f"activeDeadlineSeconds is {deadline}, but should not be negative")
