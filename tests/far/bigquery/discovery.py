"""Google's own description of BigQuery's API: which operation a request is, and what is wrong with it or its answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

HOME = "urn:bigquery"
FORGOTTEN = {"projection"}  # what Google's own client sends, and its description has no word for
Method = dict[str, Any]


@cache
def description() -> Description:
    """The description that Google's general client brings along."""
    found = find_spec("googleapiclient")
    assert found is not None
    assert found.origin is not None
    place = Path(found.origin).parent / "discovery_cache" / "documents" / "bigquery.v2.json"
    return Description(json.loads(place.read_bytes()))


class Description:
    """The description, with its schemas in the form that validators know."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    @cached_property
    def registry(self) -> Any:
        """Where references lead."""
        whole = {name: _plain(schema) for name, schema in self.document["schemas"].items()}
        return Registry().with_resource(HOME, DRAFT4.create_resource(whole))

    @cached_property
    def methods(self) -> list[tuple[re.Pattern[str], Method]]:
        """Every method with the pattern of its path, long ones first."""
        found = [m for each in self.document["resources"].values() for m in each["methods"].values()]
        found.sort(key=lambda method: -len(method["flatPath"]))
        start = re.escape("/" + self.document["servicePath"])
        return [(re.compile(start + re.sub(r"\\\{\w+\\\}", "[^/:]+", re.escape(m["flatPath"]))), m) for m in found]

    def operation(self, verb: str, path: str) -> Method | None:
        """The method that a request asks for."""
        fits = (m for pattern, m in self.methods if m["httpMethod"] == verb and pattern.fullmatch(path))
        return next(fits, None)

    def faults(self, verb: str, path: str, query: dict[str, str], body: Any) -> Iterator[str]:
        """What Google would not understand of a request."""
        method = self.operation(verb, path)
        if method is None:
            yield f"{verb} {path}: there is no such method"
            return
        for name in query:
            if name not in {*method.get("parameters", {}), *self.document["parameters"], *FORGOTTEN}:
                yield f"{method['id']}: there is no parameter {name}"
        if "request" in method:
            yield from self._against(method["request"]["$ref"], body, method["id"])
        elif body is not None:
            yield f"{method['id']}: there is no body"

    def answers(self, method: Method, body: Any) -> Iterator[str]:
        """What of an answer Google would not say."""
        if "response" in method:
            yield from self._against(method["response"]["$ref"], body, f"the answer to {method['id']}")

    def _against(self, schema: str, body: Any, what: str) -> Iterator[str]:
        validator = Draft4Validator({"$ref": f"{HOME}#/{schema}"}, registry=self.registry)
        for error in validator.iter_errors(body):
            yield f"{what}: {error.json_path}: {error.message:.200}"


def _plain(schema: Any) -> Any:
    """A schema of Google's as a JSON Schema without room for keys that it does not name: a slip is no extension."""
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": f"{HOME}#/{schema['$ref']}"}
    found: dict[str, Any] = {}
    if schema.get("type") not in (None, "any"):
        found["type"] = schema["type"]
    if "enum" in schema:
        found["enum"] = schema["enum"]
    if "properties" in schema:
        found["properties"] = {name: _plain(part) for name, part in schema["properties"].items()}
        found["additionalProperties"] = False
    if "items" in schema:
        found["items"] = _plain(schema["items"])
    if "additionalProperties" in schema:
        found["additionalProperties"] = _plain(schema["additionalProperties"])
    return found
