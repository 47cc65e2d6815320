"""Arguments: what a workflow, a step or a task gives, and whether a template gets all that it needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.finding import Problem, Route
from bot.lint import names
from bot.lint.manifest import Manifest, at
from bot.lint.values import EMPTY, Data, part, parts, spelled, text

Place = tuple[Manifest, Route]
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
"""Where an artifact may be, in the order in which Argo looks: what makes it complete, and what alone is enough."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a caller gives, each with its place; `place` is the caller's own."""

    parameters: Mapping[str, tuple[Data, Manifest, Route]]
    artifacts: Mapping[str, tuple[Data, Manifest, Route]]
    place: Place


def given(holders: Sequence[tuple[Data, Manifest, Route]], place: Place) -> Arguments:
    """The arguments of all the holders; the first to give a name wins."""
    found: dict[str, dict[str, tuple[Data, Manifest, Route]]] = {"parameters": {}, "artifacts": {}}
    for arguments, manifest, route in holders:
        for key, named in found.items():
            for i, item in enumerate(parts(arguments, key)):
                named.setdefault(text(item, "name"), (item, manifest, at(route, key, i)))
    return Arguments(found["parameters"], found["artifacts"], place)


def problems(arguments: Data, route: Route, may_be_empty: bool) -> Iterator[Problem]:
    """What is wrong with the arguments as such; top-level ones of what is submitted later may have no value yet."""
    parameters, artifacts = parts(arguments, "parameters"), parts(arguments, "artifacts")
    yield from names.words(parameters, at(route, "parameters"), "parameter")
    yield from names.words(artifacts, at(route, "artifacts"), "artifact")
    for i, parameter in enumerate(parameters):
        where = at(route, "parameters", i)
        yield from _parameter(parameter, where, may_be_empty)
        if may_be_empty and _choices(parameter) and parameter.get("value") is None:
            return  # as Argo does: what comes after a choice that is left open is not looked at
    for i, artifact in enumerate(artifacts):
        name, where = text(artifact, "name"), at(route, "artifacts", i)
        if not text(artifact, "from") and not located(artifact):
            message = f"the artifact '{name}' says neither `from` nor where it is"
            yield Problem("argument", where, message, "add `from:` or a location such as `s3: {key: …}`")
        if text(artifact, "from") and text(artifact, "fromExpression"):
            yield Problem("argument", where, f"the artifact '{name}' has both `from` and `fromExpression`", "keep one")


def _choices(parameter: Data) -> list[str]:
    choices = parameter.get("enum")
    return [spelled(choice) or "" for choice in choices] if type(choices) is list else []


def _parameter(parameter: Data, route: Route, may_be_empty: bool) -> Iterator[Problem]:
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
        yield Problem("argument", at(route, "enum"), f"the parameter '{name}' has no choice in its `enum`")
    elif value is None and not may_be_empty:
        yield Problem("argument", at(route, "value"), f"the parameter '{name}' has choices, but no value")
    elif value is not None and spelled(value) not in choices:
        message = f"the value of '{name}' is '{spelled(value)}', which its `enum` does not have"
        yield Problem("argument", at(route, "value"), message, f"its choices: {', '.join(choices[:10])}")


def located(artifact: Data) -> bool:
    """Whether an artifact says where it is: a whole location, or the key in the default one."""
    for kind, (complete, key) in LOCATIONS.items():
        place = artifact.get(kind)
        if type(place) is not dict:
            continue
        if all(place.get(name) not in (None, "", []) for name in complete):
            return True
        found = text(place, key) if key else ""
        if key == "url" and found:
            try:
                found = urlsplit(found).path
            except ValueError:
                found = ""
        return bool(found)
    return False


def values(inputs: Data, arguments: Arguments | None) -> tuple[dict[str, str | None], list[tuple[str, str]]]:
    """The values of a template's parameters (None: known at run time), and what the caller does not supply.

    Without arguments, the caller is anybody: every value is then unknown, and none is missing.
    """
    found: dict[str, str | None] = {}
    missing: list[tuple[str, str]] = []
    for parameter in parts(inputs, "parameters"):
        name = text(parameter, "name")
        if arguments is None:
            found[name] = None
            continue
        value, source = spelled(parameter.get("value")), part(parameter, "valueFrom")
        value = spelled(parameter.get("default")) if value is None else value
        if name in arguments.parameters:
            argument = arguments.parameters[name][0]
            value, source = spelled(argument.get("value")), part(argument, "valueFrom")
            source = EMPTY if value is not None else source
        if source.get("configMapKeyRef") is not None:
            found[name] = value
        elif value is None:
            missing.append(("parameter", name))
        else:
            found[name] = value
    if arguments is None:
        return found, missing
    for artifact in parts(inputs, "artifacts"):
        name = text(artifact, "name")
        if artifact.get("optional") is not True and not located(artifact) and name not in arguments.artifacts:
            missing.append(("artifact", name))
    return found, missing
