"""Arguments: those that a workflow, a step or a task gives, and the values that a template gets of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.document.nearest import nearest
from bot.finding import Problem, Route
from bot.lint.parts import names
from bot.lint.text.manifest import Manifest
from bot.lint.text.values import EMPTY, Data, at, part, parts, spelled, text
from bot.lint.text.variables import MARK

CallSite = tuple[Manifest, Route]
"""Where a template is called: the manifest of the caller, and the caller's route in it."""
LOCATIONS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "artifactory": (("url", "usernameSecret"), "url"),
    "azure": (("endpoint", "container", "blob"), "blob"),
    "git": (("repo",), ""),
    "gcs": (("bucket", "key"), "key"),
    "hdfs": (("addresses",), "path"),
    "http": (("url",), "url"),
    "oss": (("bucket", "endpoint", "key"), "key"),
    "raw": ((), ""),
    "s3": (("endpoint", "bucket", "key"), "key"),
    "plugin": (("name", "configuration", "key"), "key"),
}
"""The locations of an artifact in Argo's order: the keys of a complete one, and the key that suffices alone."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments that a caller gives, each with its manifest and route."""

    parameters: Mapping[str, tuple[Data, Manifest, Route]]
    artifacts: Mapping[str, tuple[Data, Manifest, Route]]
    site: CallSite


def given(holders: Sequence[tuple[Data, Manifest, Route]], site: CallSite) -> Arguments:
    """The arguments of all the holders; the first to give a name wins."""
    given: dict[str, dict[str, tuple[Data, Manifest, Route]]] = {"parameters": {}, "artifacts": {}}
    for arguments, manifest, route in holders:
        for key, named in given.items():
            for i, item in enumerate(parts(arguments, key)):
                named.setdefault(text(item, "name"), (item, manifest, at(route, key, i)))
    return Arguments(given["parameters"], given["artifacts"], site)


def problems(arguments: Data, route: Route, *, may_be_empty: bool) -> Iterator[Problem]:
    """Problems of the arguments; `may_be_empty`: their values may come when the object is submitted."""
    parameters, artifacts = parts(arguments, "parameters"), parts(arguments, "artifacts")
    yield from names.words(parameters, at(route, "parameters"), "parameter")
    yield from names.words(artifacts, at(route, "artifacts"), "artifact")
    for i, parameter in enumerate(parameters):
        where = at(route, "parameters", i)
        yield from _parameter(parameter, where, may_be_empty=may_be_empty)
        if may_be_empty and _choices(parameter) and parameter.get("value") is None:
            return  # Argo stops here, too: after a choice without a value, it checks nothing more
    for i, artifact in enumerate(artifacts):
        name, where = text(artifact, "name"), at(route, "artifacts", i)
        if not text(artifact, "from") and not located(artifact):
            message = f"the artifact '{name}' has neither `from` nor a location"
            yield Problem("argument", where, message, "add `from:` or a location such as `s3: {key: …}`")
        if text(artifact, "from") and text(artifact, "fromExpression"):
            yield Problem("argument", where, f"the artifact '{name}' has both `from` and `fromExpression`", "keep one")


def _choices(parameter: Data) -> list[str]:
    choices = parameter.get("enum")
    return [spelled(choice) or "" for choice in choices] if type(choices) is list else []


def _parameter(parameter: Data, route: Route, *, may_be_empty: bool) -> Iterator[Problem]:
    name, value, source = text(parameter, "name"), parameter.get("value"), parameter.get("valueFrom")
    if value is None and source is None and not may_be_empty:
        message = f"the parameter '{name}' has no value"
        yield Problem("argument", at(route, "value"), message, "add `value:` or `valueFrom:`")
    if type(source) is dict:
        right = source.get("configMapKeyRef") is not None or text(source, "event") or source.get("supplied") is not None
        wrong = next((key for key in ("path", "jsonPath", "parameter", "expression") if text(source, key)), "")
        if wrong or not right:
            message = f"the argument '{name}' may take its value only from configMapKeyRef, event or supplied"
            yield Problem("argument", at(route, "valueFrom", *([wrong] if wrong else [])), message, on="key")
    if parameter.get("enum") is None:
        return
    choices = _choices(parameter)
    if not choices:
        yield Problem("argument", at(route, "enum"), f"the `enum` of the parameter '{name}' is empty")
    elif value is None and not may_be_empty:
        yield Problem("argument", at(route, "value"), f"the parameter '{name}' has choices, but no value")
    elif value is not None and spelled(value) not in choices:
        message = f"the value of '{name}' is '{spelled(value)}', which its `enum` does not have"
        yield Problem("argument", at(route, "value"), message, f"its choices: {', '.join(choices[:10])}")


def located(artifact: Data) -> bool:
    """Whether an artifact has a location: a complete one, or a key in the default one."""
    for kind, (complete, key) in LOCATIONS.items():
        location = artifact.get(kind)
        if type(location) is not dict:
            continue
        if all(location.get(name) not in (None, "", []) for name in complete):
            return True
        path = text(location, key) if key else ""
        if key == "url" and path:
            try:
                path = urlsplit(path).path
            except ValueError:
                path = ""
        return bool(path)
    return False


def values(inputs: Data, arguments: Arguments | None) -> tuple[dict[str, str | None], list[tuple[str, str]]]:
    """The values of a template's parameters (None: known at run time), and the kinds and names of missing inputs.

    Without arguments the caller is unknown: every value is None, and no input is missing.
    """
    supplied: dict[str, str | None] = {}
    missing: list[tuple[str, str]] = []
    for parameter in parts(inputs, "parameters"):
        name = text(parameter, "name")
        if arguments is None:
            supplied[name] = None
            continue
        value, source = spelled(parameter.get("value")), part(parameter, "valueFrom")
        value = spelled(parameter.get("default")) if value is None else value
        if name in arguments.parameters:
            argument = arguments.parameters[name][0]
            value, source = spelled(argument.get("value")), part(argument, "valueFrom")
            source = EMPTY if value is not None else source
        if source.get("configMapKeyRef") is not None:
            supplied[name] = value
        elif value is None:
            missing.append(("parameter", name))
        else:
            supplied[name] = value
    if arguments is None:
        return supplied, missing
    for artifact in parts(inputs, "artifacts"):
        name = text(artifact, "name")
        if artifact.get("optional") is not True and not located(artifact) and name not in arguments.artifacts:
            missing.append(("artifact", name))
    return supplied, missing


def unused(inputs: Data, shown: str, arguments: Arguments) -> Iterator[tuple[Manifest, Problem]]:
    """What a step or a task gives that the template, `shown` so, does not have: Argo drops it without a word.

    A workflow's own arguments are not only the entrypoint's.
    """
    for key, given in (("parameters", arguments.parameters), ("artifacts", arguments.artifacts)):
        known = [text(item, "name") for item in parts(inputs, key)]
        for name, (_, manifest, route) in given.items():
            if name in known or MARK in name or "{{" in name or not {"steps", "tasks"} & set(route):
                continue
            close = nearest(name, [one for one in known if one not in given])
            message = f"{shown} has no {key[:-1]} '{name}': Argo drops this value"
            hint = f"did you mean '{close}'?" if close else f"it has {', '.join(known[:8])}" if known else ""
            yield manifest, Problem("unused-argument", at(route, "name"), message, hint, replace=close)
