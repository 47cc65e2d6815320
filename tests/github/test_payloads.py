"""Our events have nothing that real ones do not have."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.far.github.openapi import EXAMPLES, INSTALL
from tests.far.github.payloads import CASES, Payload

TYPES = {
    dict: "object", list: "array", str: "string", bool: "boolean", int: "number", float: "number", type(None): "null"
}  # fmt: skip
# What no example shows: the repository of a fork that is gone, a dispatch without inputs, and a comment on a pull
# request, which GitHub's description has as `webhook-workflow-dispatch` and `webhook-issue-comment-created`.
UNSHOWN = {
    ("pull_request.head.repo", "null"), ("inputs", "null"),
    ("issue.pull_request", "object"), ("issue.pull_request.url", "string"),
}  # fmt: skip


def paths(value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Every key with the type of its value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            path = f"{at}.{key}".lstrip(".")
            yield (
                path,
                {dict: "object", list: "array", str: "string", bool: "boolean", int: "number"}.get(type(inner), "null"),
            )
            yield from paths(inner, path)


@pytest.fixture(scope="module")
def real() -> dict[str, set[tuple[str, str]]]:
    """The keys of real events, by the event's name."""
    if not EXAMPLES.exists():
        pytest.skip(f"GitHub's examples of its events are not installed: {INSTALL}")
    events = json.loads(EXAMPLES.read_bytes())
    return {event["name"]: {found for example in event["examples"] for found in paths(example)} for event in events}


@pytest.mark.parametrize("case", [case for case, (name, _) in CASES.items() if name != "schedule"])
def test_every_key_is_githubs(
    case: str, payload: Callable[[str], tuple[str, Payload]], real: dict[str, set[tuple[str, str]]]
) -> None:
    name, made = payload(case)
    chosen = {f"inputs.{key}" for key in made.get("inputs") or {}}  # their names are the workflow's own
    strange = {(path, kind) for path, kind in paths(made) if path not in chosen} - real[name]
    assert strange <= UNSHOWN
