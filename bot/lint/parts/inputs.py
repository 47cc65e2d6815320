"""A template's inputs: their names, the paths of artifacts, and the variables that they become."""

from __future__ import annotations

from collections.abc import Iterator

from bot.finding import Problem, Route
from bot.lint.parts import names
from bot.lint.parts.template import PODS, Template
from bot.lint.text.values import Data, at, part, parts, text


def problems(template: Template) -> Iterator[Problem]:
    """Problems of the inputs, and of the containers that start before the template's own."""
    inputs, route = part(template.data, "inputs"), at(template.route, "inputs")
    artifacts = parts(inputs, "artifacts")
    yield from names.words(parts(inputs, "parameters"), at(route, "parameters"), "parameter")
    yield from names.words(artifacts, at(route, "artifacts"), "artifact")
    for i, artifact in enumerate(artifacts):
        name, where = text(artifact, "name"), at(route, "artifacts", i)
        if template.works:
            yield from path(artifact, where)
        elif text(artifact, "path"):
            message = f"the artifact '{name}' has a `path`, but a template of type {template.kind} has no files"
            yield Problem("input", at(where, "path"), message, "remove `path`")
        if text(artifact, "from"):
            yield Problem("input", at(where, "from"), f"the input artifact '{name}' may not have `from`", _FROM)
        yield from location(artifact, where)
    for i, container in enumerate(parts(template.data, "initContainers")):
        if not text(container, "name"):
            message = "the init container has no name"
            yield Problem("name", at(template.route, "initContainers", i, "name"), message, "add `name:`")


_FROM = "the caller's arguments say where an artifact comes from"


def scope(template: Template) -> set[str]:
    """The variables that have a meaning within the template."""
    inputs, outputs = part(template.data, "inputs"), part(template.data, "outputs")
    names = {f"inputs.parameters.{text(parameter, 'name')}" for parameter in parts(inputs, "parameters")}
    if names:
        names.add("inputs.parameters")
    for artifact in parts(inputs, "artifacts"):
        name = f"inputs.artifacts.{text(artifact, 'name')}"
        names.update((name, f"{name}.path") if template.works else (name,))
    if template.kind in PODS:
        names.add("pod.name")
    if template.works:
        names.update(f"outputs.artifacts.{text(a, 'name')}.path" for a in parts(outputs, "artifacts"))
        names.update(f"outputs.parameters.{text(p, 'name')}.path" for p in parts(outputs, "parameters"))
    return names


def paths(template: Template) -> dict[str, str]:
    """The variables that stand for the template's own paths, with these paths."""
    inputs, outputs = part(template.data, "inputs"), part(template.data, "outputs")
    variables = {f"inputs.artifacts.{text(a, 'name')}.path": text(a, "path") for a in parts(inputs, "artifacts")}
    variables |= {f"outputs.artifacts.{text(a, 'name')}.path": text(a, "path") for a in parts(outputs, "artifacts")}
    for parameter in parts(outputs, "parameters"):
        place = text(part(parameter, "valueFrom"), "path")
        variables[f"outputs.parameters.{text(parameter, 'name')}.path"] = place
    return {name: place for name, place in variables.items() if place}


def path(artifact: Data, route: Route) -> Iterator[Problem]:
    """The path of an artifact in a container: there is one, and it does not climb out of its folder."""
    name, place = text(artifact, "name"), text(artifact, "path")
    if not place:
        yield Problem("input", at(route, "path"), f"the artifact '{name}' has no path", "add `path:`")
        return
    above, climbs, _ = place.partition("/../")
    safe = above if climbs else place[:-3] if place.endswith("/..") else ""
    if safe and not (clean(place).startswith(f"{safe}/") and len(clean(place)) > len(safe) + 1):
        yield Problem(
            "input", at(route, "path"), f"the path '{place}' climbs out of its folder", "write it without '..'"
        )


def clean(place: str) -> str:
    """The shortest path to the same place, as Go's filepath.Clean finds it."""
    steps: list[str] = []
    rooted = place.startswith("/")
    for step in place.split("/"):
        if step == ".." and steps and steps[-1] != "..":
            steps.pop()
        elif step not in ("", ".") and not (step == ".." and rooted):
            steps.append(step)
    return ("/" if rooted else "") + "/".join(steps) or "."


def location(artifact: Data, route: Route) -> Iterator[Problem]:
    """Problems of an artifact's location; Argo checks git and HDFS only."""
    git, hdfs = artifact.get("git"), artifact.get("hdfs")
    if type(git) is dict and not text(git, "repo"):
        yield Problem("input", at(route, "git", "repo"), "the git artifact has no `repo`", "add `repo:`")
    if type(hdfs) is dict:
        fault = next(_hdfs(hdfs), "")
        if fault:
            yield Problem("input", at(route, "hdfs"), f"the HDFS artifact {fault}")


def _hdfs(hdfs: Data) -> Iterator[str]:
    ticket, keytab = hdfs.get("krbCCacheSecret") is not None, hdfs.get("krbKeytabSecret") is not None
    principal = bool(text(hdfs, "krbServicePrincipalName")) and hdfs.get("krbConfigConfigMap") is not None
    if not hdfs.get("addresses"):
        yield "has no `addresses`"
    if not text(hdfs, "path").startswith("/"):
        yield "needs an absolute `path`"
    if not (text(hdfs, "hdfsUser") or ticket or keytab):
        yield "needs `hdfsUser`, `krbCCacheSecret` or `krbKeytabSecret`"
    if keytab and not (principal and text(hdfs, "krbUsername") and text(hdfs, "krbRealm")):
        yield "needs krbServicePrincipalName, krbConfigConfigMap, krbUsername and krbRealm beside krbKeytabSecret"
    if ticket and not principal:
        yield "needs krbServicePrincipalName and krbConfigConfigMap beside krbCCacheSecret"
