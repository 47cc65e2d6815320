"""The structure of a manifest: keys that Argo does not know, and values of the wrong kind."""

from __future__ import annotations

import re
from typing import Any

from bot.document.nearest import nearest
from bot.finding import Problem, Route
from bot.lint.fields import ARGO, Fields, Type
from bot.lint.manifest import Manifest, at
from bot.lint.values import Data
from bot.lint.versions import VERSIONS, Change

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
    """What is wrong with the structure; with a version, what that one does not know is an error, else a warning."""
    found = _Structure(fields, version)
    found.model(manifest.data, (ARGO, manifest.kind), (), strict=True)
    return found.problems


class _Structure:
    def __init__(self, fields: Fields, version: str) -> None:
        self.fields, self.version = fields, version
        self.problems: list[Problem] = []

    def value(self, value: Any, kind: Type, route: Route, strict: bool) -> None:
        """One value; without `strict`, Argo passes over unknown keys."""
        if value is None or kind.kind == "any":
            return
        if not _fits(value, kind.kind):
            message = f"{_shown(route)} should be {NOUNS[kind.kind]}, not {_said(value)}"
            self.problems.append(Problem("wrong-type", route, message))
        elif kind.kind == "model":
            self.model(value, kind.model, route, strict)
        elif kind.kind == "list" and kind.of is not None:
            for i, item in enumerate(value):
                self.value(item, kind.of, at(route, i), strict)
        elif kind.kind == "map" and kind.of is not None:
            for key, item in value.items():
                self.value(item, kind.of, at(route, key), strict)
        elif kind.kind == "steps":
            for i, step in enumerate(value):
                self.step(step, at(route, i))
        elif kind.kind == "scalar" and type(value) is list:
            for i, item in enumerate(value):
                self.value(item, Type("scalar"), at(route, i), strict)

    def step(self, step: Any, route: Route) -> None:
        """A step of a group: Argo is strict with its own keys, but with none further down."""
        if step is None or type(step) is not dict:
            self.value(step, STEP, route, strict=True)
            return
        known = self.fields.of(STEP.model)
        for key in step:
            if key not in known:
                self.unknown(key, list(known), at(route, key), strict=True)
        self.model({key: item for key, item in step.items() if key in known}, STEP.model, route, strict=False)

    def model(self, value: Data, model: tuple[str, str], route: Route, strict: bool) -> None:
        """A mapping with fields of its own."""
        known = self.fields.of(model)
        for key, item in value.items():
            where = at(route, key)
            field = known.get(key)
            if field is None:
                self.unknown(key, list(known), where, strict)
                continue
            if field.change is not None:
                self.changed(key, field.change, where)
            self.value(item, field.type, where, strict)

    def unknown(self, key: str, known: list[str], route: Route, strict: bool) -> None:
        close = nearest(key, known) or next((name for name in known if name.lower() == key.lower()), None)
        hint = f"did you mean '{close}'?" if close else f"known here: {', '.join(sorted(known)[:12])}" if known else ""
        rule, more = ("unknown-key", "") if strict else ("ignored-key", ", which Argo passes over")
        self.problems.append(Problem(rule, route, f"unknown key '{key}'{more}", hint, "key", replace=close))

    def changed(self, key: str, change: Change, route: Route) -> None:
        hint = f"write `{change.instead}`" if change.instead else ""
        if self.version and not change.has(self.version):
            message = f"Argo {self.version} does not know '{key}', which is there {change.said}"
            self.problems.append(Problem("unknown-key", route, message, hint, "key"))
        elif not self.version and not all(change.has(version) for version in VERSIONS):
            message = f"'{key}' is there only {change.said}"
            self.problems.append(Problem("version", route, message, hint, "key"))


def _fits(value: Any, kind: str) -> bool:
    found = type(value)
    if kind in ("model", "map"):
        return found is dict
    if kind in ("list", "steps"):
        return found is list
    if kind == "text":
        return found is str
    if kind == "bool":
        return found is bool
    if kind in ("int", "number"):
        return found is int or (found is float and (kind == "number" or value.is_integer()))
    if kind == "or-text":
        return found in (int, str)
    if kind == "quantity":
        return found in (int, float) or (found is str and QUANTITY.match(value) is not None)
    return True


def _shown(route: Route) -> str:
    keys = [str(step) for step in route if isinstance(step, str)]
    return ".".join(keys[-2:]) or "the manifest"


def _said(value: Any) -> str:
    if type(value) in (dict, list):
        return "a mapping" if type(value) is dict else "a list"
    if type(value) is bool:
        return "true" if value else "false"
    text = repr(value) if type(value) is str else str(value)
    return text if len(text) <= 60 else text[:59] + "…"
