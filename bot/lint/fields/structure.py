"""The structure of a manifest: unknown keys, and values of the wrong type."""

from __future__ import annotations

import re
from typing import Any

from bot.document.nearest import nearest
from bot.finding import Problem, Route
from bot.lint.fields.table import ARGO, Fields, Type
from bot.lint.fields.versions import VERSIONS, FieldChange
from bot.lint.text.manifest import Manifest
from bot.lint.text.values import Data, at

QUANTITY = re.compile(
    r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+))?\Z"
)
STEP = Type("model", model=(ARGO, "WorkflowStep"))
NOUNS = {
    "bool": "true or false", "int": "a whole number", "list": "a list", "map": "a mapping of keys to values",
    "model": "a mapping of keys to values", "number": "a number", "or-text": "a whole number or text",
    "quantity": "an amount such as 500m or 2Gi", "scalar": "text", "steps": "a list of steps",
    "text": "text (put it in quotes)",
}  # fmt: skip


def problems(manifest: Manifest, fields: Fields, version: str = "") -> list[Problem]:
    """Problems of the structure; a field of another version is an error with `version`, else a warning."""
    structure = _Structure(fields, version)
    structure.model(manifest.data, (ARGO, manifest.kind), (), strict=True)
    return structure.problems


class _Structure:
    def __init__(self, fields: Fields, version: str) -> None:
        self.fields, self.version = fields, version
        self.problems: list[Problem] = []

    def value(self, value: Any, kind: Type, route: Route, *, strict: bool) -> None:
        """Check one value; without `strict`, Argo ignores unknown keys."""
        if value is None or kind.kind == "any":
            return
        if not _fits(value, kind.kind):
            message = f"{_shown(route)} should be {NOUNS[kind.kind]}, not {_spelled(value)}"
            self.problems.append(Problem("wrong-type", route, message))
        elif kind.kind == "model":
            self.model(value, kind.model, route, strict=strict)
        elif kind.kind == "list" and kind.of is not None:
            for i, item in enumerate(value):
                self.value(item, kind.of, at(route, i), strict=strict)
        elif kind.kind == "map" and kind.of is not None:
            for key, item in value.items():
                self.value(item, kind.of, at(route, key), strict=strict)
        elif kind.kind == "steps":
            for i, step in enumerate(value):
                self.step(step, at(route, i))
        elif kind.kind == "scalar" and type(value) is list:
            for i, item in enumerate(value):
                self.value(item, Type("scalar"), at(route, i), strict=strict)

    def step(self, step: Any, route: Route) -> None:
        """Check a step: Argo rejects its unknown keys, but ignores those further down."""
        if step is None or type(step) is not dict:
            self.value(step, STEP, route, strict=True)
            return
        fields = self.fields.of(STEP.model)
        for key in step:
            if key not in fields:
                self.unknown(key, list(fields), at(route, key), strict=True)
        self.model({key: item for key, item in step.items() if key in fields}, STEP.model, route, strict=False)

    def model(self, value: Data, model: tuple[str, str], route: Route, *, strict: bool) -> None:
        """Check a mapping whose fields a model declares."""
        fields = self.fields.of(model)
        for key, item in value.items():
            where = at(route, key)
            field = fields.get(key)
            if field is None:
                self.unknown(key, list(fields), where, strict=strict)
                continue
            if field.change is not None:
                self.changed(key, field.change, where)
            self.value(item, field.type, where, strict=strict)

    def unknown(self, key: str, keys: list[str], route: Route, *, strict: bool) -> None:
        """Note a key that the model does not have."""
        close = nearest(key, keys) or next((name for name in keys if name.lower() == key.lower()), None)
        hint = f"did you mean '{close}'?" if close else f"known here: {', '.join(sorted(keys)[:12])}" if keys else ""
        rule, more = ("unknown-key", "") if strict else ("ignored-key", ", which Argo ignores")
        self.problems.append(Problem(rule, route, f"unknown key '{key}'{more}", hint, "key", replace=close))

    def changed(self, key: str, change: FieldChange, route: Route) -> None:
        """Note a field that the version, or any supported one, does not have."""
        hint = f"write `{change.instead}`" if change.instead else ""
        if self.version and not change.has(self.version):
            message = f"Argo {self.version} has no field '{key}', which exists {change.when}"
            self.problems.append(Problem("unknown-key", route, message, hint, "key"))
        elif not self.version and not all(change.has(version) for version in VERSIONS):
            message = f"'{key}' exists only {change.when}"
            self.problems.append(Problem("version", route, message, hint, "key"))


def _fits(value: Any, kind: str) -> bool:
    actual = type(value)
    if kind in ("model", "map"):
        return actual is dict
    if kind in ("list", "steps"):
        return actual is list
    if kind == "text":
        return actual is str
    if kind == "bool":
        return actual is bool
    if kind in ("int", "number"):
        return actual is int or (actual is float and (kind == "number" or value.is_integer()))
    if kind == "or-text":
        return actual in (int, str)
    if kind == "quantity":
        return actual in (int, float) or (actual is str and QUANTITY.match(value) is not None)
    return True


def _shown(route: Route) -> str:
    keys = [str(step) for step in route if isinstance(step, str)]
    return ".".join(keys[-2:]) or "the manifest"


def _spelled(value: Any) -> str:
    if type(value) in (dict, list):
        return "a mapping" if type(value) is dict else "a list"
    if type(value) is bool:
        return "true" if value else "false"
    text = repr(value) if type(value) is str else str(value)
    return text if len(text) <= 60 else text[:59] + "…"
