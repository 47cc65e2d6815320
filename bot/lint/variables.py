"""Variables: where a manifest holds `{{...}}`, what each of them becomes, and which mean nothing there.

Argo replaces what it knows before a run and refuses the rest, if it begins as one of its own variables do. An
expression, `{{=...}}`, is evaluated while the workflow runs, and is not looked into.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bot.finding import Route
from bot.lint.manifest import Manifest

PREFIXES = ("item.", "steps.", "inputs.", "outputs.", "pod.", "workflow.", "tasks.")
LATER = (
    "outputs.", "workflow.creationTimestamp", "workflow.scheduledTime", "workflow.duration", "tasks.name",
    "steps.name", "node.name",
)  # fmt: skip
"""What begins like this is only known while the workflow runs, and passes."""
ANY_ITEM = "item.*"
ANY_PARAMETER, ANY_ARTIFACT = "workflow.outputs.parameters.*", "workflow.outputs.artifacts.*"
ALWAYS = (
    "workflow.name", "workflow.namespace", "workflow.mainEntrypoint", "workflow.serviceAccountName", "workflow.uid",
    "workflow.annotations", "workflow.annotations.json", "workflow.labels", "workflow.labels.json", "workflow.status",
)  # fmt: skip
TAG = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
SPACES = " \xa0"
PLAIN = re.compile(r"\{\{[-a-zA-Z0-9]+(\.[-a-zA-Z0-9_]+)*\}\}")
MARK = "__argo__internal__placeholder-"  # how a value that is not known yet is told from one that is

Tagged = tuple[Manifest, Route, str]
"""A text with a variable in it, and where it stands."""


class Unknown:
    """Values that nobody knows yet: each name gets a mark of its own, the same one each time."""

    def __init__(self) -> None:
        self.marks: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        return self.marks.setdefault(name, f"{MARK}{len(self.marks)}")


def tagged(manifest: Manifest, value: Any, route: Route) -> list[Tagged]:
    """Every text below `value` that has a variable, keys of mappings included."""
    found: list[Tagged] = []
    _collect(manifest, value, list(route), found)
    return found


def _collect(manifest: Manifest, value: Any, path: list[str | int], found: list[Tagged]) -> None:
    kind = type(value)
    if kind is str:
        if "{{" in value:
            found.append((manifest, tuple(path), value))
    elif kind is dict:
        for key, child in value.items():
            kind = type(child)
            if "{{" in key:
                found.append((manifest, (*path, key), key))
            if kind is str:
                if "{{" in child:
                    found.append((manifest, (*path, key), child))
            elif kind is dict or kind is list:
                path.append(key)
                _collect(manifest, child, path, found)
                path.pop()
    elif kind is list:
        for i, child in enumerate(value):
            path.append(i)
            _collect(manifest, child, path, found)
            path.pop()


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with what is known put in; a variable within a variable is put in first."""

    def put(found: re.Match[str]) -> str:
        tag: str = found[1]
        if tag.startswith("="):
            return found[0]
        value = values.get(tag.strip(SPACES))
        if value is not None:
            return value
        before, nested, name = tag.rpartition("{{")
        if nested and before and name in values:
            return "{{" + before + values[name]  # the nested one ended at the inner braces; the outer ones follow
        return found[0]

    return _replaced(put, _replaced(put, text)) if "{{" in text else text


def _replaced(put: Callable[[re.Match[str]], str], text: str) -> str:
    """The text with something in the place of each variable."""
    end = _end(text)
    return TAG.sub(put, text[:end]) + text[end:]


def _end(text: str) -> int:
    """Where the last variable ends: from each one that has no end, all of the rest would be read for it."""
    return text.rfind("}}") + 2 if "}}" in text else 0


def unresolved(text: str, values: Mapping[str, str]) -> Iterator[str]:
    """The variables left in `text` that begin as Argo's own do, in which nothing more can be put."""
    tags = TAG.findall(text, 0, _end(text))
    if any("{{" in tag or "{{" in values.get(tag.strip(SPACES), "") for tag in tags):
        text = fill(text, values)
        tags = TAG.findall(text, 0, _end(text))
    for tag in tags:
        name = tag.strip(SPACES)
        if name.startswith(PREFIXES) and name not in values:
            yield name
    _, opened, rest = _replaced(lambda _: "", text).rpartition("{{")
    if opened and rest.strip(SPACES).startswith(PREFIXES):
        yield rest.strip(SPACES)  # it is never closed


def dynamic(text: str) -> bool:
    """Whether the text is, or holds, a variable."""
    return PLAIN.search(text) is not None


def left(text: str) -> bool:
    """Whether a variable is left in the text, expressions apart."""
    return any(not tag.startswith("=") for tag in TAG.findall(text, 0, _end(text)))
