"""Variables, `{{...}}` in a text: putting in their values, and finding those that have none.

Argo puts in the values that it knows before a run. It rejects a variable that is left if its name begins like one of
its own. It evaluates an expression, `{{=...}}`, while the workflow runs, so we do not check expressions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

PREFIXES = ("item.", "steps.", "inputs.", "outputs.", "pod.", "workflow.", "tasks.")
LATER = (
    "outputs.", "workflow.creationTimestamp", "workflow.scheduledTime", "workflow.duration", "tasks.name",
    "steps.name", "node.name",
)  # fmt: skip
"""Variables that begin like this get their value while the workflow runs; Argo's lint accepts them."""
ANY_ITEM = "item.*"
ANY_PARAMETER, ANY_ARTIFACT = "workflow.outputs.parameters.*", "workflow.outputs.artifacts.*"
ALWAYS = (
    "workflow.name", "workflow.namespace", "workflow.mainEntrypoint", "workflow.serviceAccountName", "workflow.uid",
    "workflow.annotations", "workflow.annotations.json", "workflow.labels", "workflow.labels.json", "workflow.status",
)  # fmt: skip
TAG = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
SPACES = " \xa0"
PLAIN = re.compile(r"\{\{[-a-zA-Z0-9]+(\.[-a-zA-Z0-9_]+)*\}\}")
MARK = "__argo__internal__placeholder-"  # Argo's own: a value that is not known yet begins with it


@dataclass(slots=True)
class Scope:
    """The variables that have a meaning at one place; `open`: prefixes with which any variable has one."""

    names: set[str]
    open: set[str] = field(default_factory=set)


class Unknown:
    """Values that are not known yet: each name gets a mark of its own, the same one each time."""

    def __init__(self) -> None:
        self.marks: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        return self.marks.setdefault(name, f"{MARK}{len(self.marks)}")


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with the values put in; of a variable within a variable, the inner one first."""

    def put(match: re.Match[str]) -> str:
        tag: str = match[1]
        if tag.startswith("="):
            return match[0]
        value = values.get(tag.strip(SPACES))
        if value is not None:
            return value
        before, nested, name = tag.rpartition("{{")
        if nested and before and name in values:
            return "{{" + before + values[name]  # the nested one ended at the inner braces; the outer ones follow
        return match[0]

    return _replaced(put, _replaced(put, text)) if "{{" in text else text


def _replaced(put: Callable[[re.Match[str]], str], text: str) -> str:
    """The text with each variable replaced."""
    end = _end(text)
    return TAG.sub(put, text[:end]) + text[end:]


def _end(text: str) -> int:
    """Where the last variable ends; beyond it, the search for the end of each `{{` would read all of the rest."""
    return text.rfind("}}") + 2 if "}}" in text else 0


def unresolved(text: str, values: Mapping[str, str]) -> Iterator[str]:
    """The variables left in `text` that have no value and begin like Argo's own."""
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
