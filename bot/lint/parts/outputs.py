"""A template's outputs: each has one source, of a kind that the template's type has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.finding import Problem, Route
from bot.lint.parts import names
from bot.lint.parts.inputs import location, path
from bot.lint.parts.template import Template
from bot.lint.text.values import Data, at, part, parts, text
from bot.lint.text.variables import dynamic, fill

SOURCES = ("path", "jqFilter", "jsonPath", "parameter", "expression", "supplied")
FITTING: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("container", "containerSet", "script"), ("path",)),
    "resource": ("jqFilter", "jsonPath"),
    **dict.fromkeys(("dag", "steps"), ("parameter", "expression")),
}
"""Which sources an output parameter may have, by type of template; the others may have any."""


def problems(template: Template, put: Mapping[str, str]) -> Iterator[Problem]:
    """Problems of the outputs, and of the place where their artifacts are kept."""
    outputs, route = part(template.data, "outputs"), at(template.route, "outputs")
    parameters, artifacts = (_filled(parts(outputs, key), put) for key in ("parameters", "artifacts"))
    yield from names.words(parameters, at(route, "parameters"), "output parameter")
    yield from names.words(artifacts, at(route, "artifacts"), "output artifact")
    for i, artifact in enumerate(artifacts):
        where = at(route, "artifacts", i)
        if template.works:
            yield from path(artifact, where)
        elif text(artifact, "path"):
            name = text(artifact, "name")
            message = f"the artifact '{name}' has a `path`, but a template of type {template.kind} has no files"
            yield Problem("output", at(where, "path"), message, "write `from:` with the step or task that makes it")
        yield from names.exported(artifact, where, dynamic=dynamic(text(artifact, "globalName")))
    for i, parameter in enumerate(parameters):
        where = at(route, "parameters", i)
        yield from _parameter(parameter, where, template.kind)
        yield from names.exported(parameter, where, dynamic=dynamic(text(parameter, "globalName")))
    yield from location(part(template.data, "archiveLocation"), at(template.route, "archiveLocation"))


def _filled(items: list[Data], put: Mapping[str, str]) -> list[Data]:
    keys = ("name", "globalName", "path")
    return [{**item, **{key: fill(text(item, key), put) for key in keys if "{{" in text(item, key)}} for item in items]


def _parameter(parameter: Data, route: Route, kind: str) -> Iterator[Problem]:
    name, value, source = text(parameter, "name"), parameter.get("value"), parameter.get("valueFrom")
    if value is not None:
        if source is not None:
            yield Problem("output", route, f"the output '{name}' has both `value` and `valueFrom`", "keep one of them")
            return
        return
    if type(source) is not dict:
        yield Problem("output", route, f"the output '{name}' has no value", "add `valueFrom:`")
        return
    sources = [key for key in SOURCES if (source.get(key) is not None if key == "supplied" else text(source, key))]
    fitting, where = FITTING.get(kind, SOURCES), at(route, "valueFrom")
    if len(sources) != 1:
        what = f"several sources: {', '.join(sources)}" if sources else "no source"
        yield Problem(
            "output", where, f"the output '{name}' has {what}", f"it needs one of {', '.join(fitting)}", "key"
        )
    elif sources[0] not in fitting:
        message = (
            f"the output '{name}' of a template of type {kind} comes from {' or '.join(fitting)}, not {sources[0]}"
        )
        yield Problem("output", where, message, on="key")
