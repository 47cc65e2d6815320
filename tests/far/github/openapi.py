"""GitHub's published description of its API: what it would say to a request, and to an answer of ours."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator
from jsonschema.exceptions import best_match
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT4

from tests.far.github.server import Request

ROOT = Path(__file__).parents[3]
PACKAGES = ROOT / "node_modules" / "@octokit"
DESCRIPTION = PACKAGES / "openapi" / "generated" / "api.github.com.json"
EXAMPLES = PACKAGES / "webhooks-examples" / "api.github.com" / "index.json"
INSTALL = "bash .ci/github"
HOME = "urn:github"
# A fork that is gone is null in what GitHub sends, which its description forgets.
FORGOTTEN = ("head", "repo")


def _nullable(check: Any) -> Any:
    def checked(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
        return None if instance is None and schema.get("nullable") else check(validator, value, instance, schema)

    return checked


_KEYWORDS = ("type", "enum", "allOf", "anyOf", "oneOf")
Validator = extend(Draft4Validator, {name: _nullable(Draft4Validator.VALIDATORS[name]) for name in _KEYWORDS})  # type: ignore[no-untyped-call]


def _shut(schema: Any) -> Any:
    """The schema without room for keys that it does not name: a typing error is no extension."""
    if isinstance(schema, list):
        return [_shut(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    shut = {key: _shut(part) for key, part in schema.items()}
    if "properties" in shut and isinstance(shut.get("type"), str):
        shut.setdefault("additionalProperties", False)
    return shut


class Description:
    """The description, read once."""

    def __init__(self, path: Path) -> None:
        self.document: dict[str, Any] = json.loads(path.read_bytes())

    @cached_property
    def registry(self) -> Any:
        """Where references lead."""
        return Registry().with_resource(HOME, DRAFT4.create_resource(self.document))

    @cached_property
    def _templates(self) -> list[tuple[re.Pattern[str], str]]:
        """The paths of a repository, those with the fewest blanks first."""
        mine = sorted((p for p in self.document["paths"] if p.startswith("/repos/")), key=lambda p: p.count("{"))
        return [(re.compile(re.sub(r"\\\{[^{}]+\\\}", "[^/]+", re.escape(path))), path) for path in mine]

    def faults(self, request: Request) -> list[str]:
        """What GitHub would not understand in a request; [] is none."""
        return [f"{request.method} {request.path}: {fault}" for fault in self._faults(request)]

    def answers(self, request: Request) -> list[str]:
        """What in our answer GitHub would not send."""
        operation = self._operation(request)
        if operation is None or not request.answer or not 200 <= request.status < 300:
            return []
        response = self._follow(operation["responses"].get(str(request.status), {}))
        schema = response.get("content", {}).get("application/json", {}).get("schema")
        if schema is None:
            return [f"{request.method} {request.path}: {request.status} is no answer of GitHub's"]
        return [
            f"{request.method} {request.path}: {error.json_path}: {error.message:.300}"
            for error in self._validator(schema).iter_errors(json.loads(request.answer))
            if not (tuple(error.absolute_path)[-2:] == FORGOTTEN and error.instance is None)
        ]

    def _faults(self, request: Request) -> Iterator[str]:
        operation = self._operation(request)
        if operation is None:
            yield "there is no such operation"
            return
        parameters = [self._follow(parameter) for parameter in operation.get("parameters", ())]
        known = {p["name"]: p["schema"] for p in parameters if p["in"] == "query"}
        for name, value in request.query.items():
            if name not in known:
                yield f"there is no parameter {name}"
            elif found := best_match(self._validator(known[name]).iter_errors(_typed(value, known[name]))):
                yield f"{name}: {found.message}"
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if schema is None:
            if request.body is not None:
                yield "there is no body"
        elif found := best_match(self._validator(_shut(schema)).iter_errors(request.body or {})):
            yield f"{found.json_path}: {found.message:.300}"

    def _operation(self, request: Request) -> dict[str, Any] | None:
        for pattern, path in self._templates:
            operation = self.document["paths"][path].get(request.method.lower())
            if operation is not None and pattern.fullmatch(request.path):
                return dict(operation)
        return None

    def _follow(self, part: dict[str, Any]) -> Any:
        return self.registry.resolver(HOME).lookup(part["$ref"]).contents if "$ref" in part else part

    def _validator(self, schema: dict[str, Any]) -> Any:
        return Validator(_homed(schema), registry=self.registry)


def _typed(value: str, schema: dict[str, Any]) -> Any:
    return int(value) if schema.get("type") == "integer" and value.isdigit() else value


def _homed(schema: Any) -> Any:
    """The schema with references that lead into the description."""
    if isinstance(schema, list):
        return [_homed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: HOME + part if key == "$ref" and isinstance(part, str) and part.startswith("#") else _homed(part)
        for key, part in schema.items()
    }
