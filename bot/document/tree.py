"""A YAML file as plain values, and the line and column of every one of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.finding import Edit, Problem, Route, Span

FAULT = "!"  # a route `(FAULT, n)` is the n-th fault of the text, which no keys lead to

_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*\Z")


class TreeNode:
    """One YAML node: its value, where it stands, and the nodes below it; `size` counts them, aliases followed."""

    __slots__ = ("children", "end", "keys", "scalar", "size", "start", "style", "value")

    def __init__(self, value: Any, start: Any, end: Any, style: str | None = None, scalar: str = "") -> None:
        self.value = value
        self.start, self.end = start, end
        self.style = style
        self.scalar = scalar
        self.size = 1
        self.keys: dict[str, TreeNode] = NO_KEYS
        self.children: dict[str | int, TreeNode] = NO_CHILDREN

    @property
    def span(self) -> Span:
        """The node's own stretch of text."""
        return Span(self.start.line + 1, self.start.column + 1, self.end.line + 1, self.end.column + 1)


NO_KEYS: dict[str, TreeNode] = {}  # shared by all scalars, which most nodes are; never written to
NO_CHILDREN: dict[str | int, TreeNode] = {}


@dataclass(slots=True)
class Tree:
    """A file's values and the places they stand at."""

    data: Any = None
    root: TreeNode | None = None
    faults: list[tuple[Problem, Span, Edit | None]] = field(default_factory=list)

    def span(self, route: Route, on: Literal["key", "value"] = "value") -> Span:
        """Where `route` stands; a key that is not written falls back to the nearest one that is."""
        if route[:1] == (FAULT,):
            return self.faults[int(route[1])][1]
        node, key = self._walk(route)
        if node is None:
            return Span(1, 1, 1, 1)
        if key is not None and (on == "key" or node.children):
            return key.span
        while node.children:
            first = next(iter(node.children))
            node = node.keys[first] if isinstance(first, str) and first in node.keys else node.children[first]
        return node.span

    def edit(self, route: Route, new: str | float, on: Literal["key", "value"] = "value") -> Edit | None:
        """The edit that puts a scalar in the place of the one (or the key) at `route`: text quoted as it must be."""
        if route[:1] == (FAULT,):
            return self.faults[int(route[1])][2]
        if not self.written(route):
            return None
        node, key = self._walk(route)
        target = key if on == "key" else node
        if target is None or target.children or target.style not in (None, "", "'", '"'):
            return None
        if not isinstance(new, str):
            return Edit(target.span, str(new).lower() if isinstance(new, bool) else f"{new}")
        return Edit(target.span, quote(new, target.style or ""))

    def written(self, route: Route) -> bool:
        """Whether every key of `route` stands in the file."""
        node = self.root
        for step in route:
            if node is None or step not in node.children:
                return False
            node = node.children[step]
        return node is not None

    def written_as(self, route: Route) -> str | None:
        """The text of the scalar at `route` as it stands in the file; None for anything else."""
        if not self.written(route):
            return None
        node, _ = self._walk(route)
        return node.scalar if node is not None and not node.children else None

    def fault(
        self, rule: str, span: Span, message: str, hint: str = "", first: Span | None = None, fix: Edit | None = None
    ) -> None:
        """Note a fault of the text itself; `first` is an earlier place that belongs to it, `fix` a certain one."""
        here = len(self.faults)
        related: tuple[tuple[str, Route], ...] = (("the first one", (FAULT, here + 1)),) if first else ()
        replace = fix.text if fix else None
        self.faults.append((Problem(rule, (FAULT, here), message, hint, replace=replace, related=related), span, fix))
        if first is not None:  # a place only, named by the one before
            self.faults.append((Problem("", (FAULT, here + 1), ""), first, None))

    def problems(self) -> list[Problem]:
        """The faults of the text itself, in the order they were met."""
        return [problem for problem, *_ in self.faults if problem.rule]

    def _walk(self, route: Route) -> tuple[TreeNode | None, TreeNode | None]:
        node, key = self.root, None
        for step in route:
            if node is None or step not in node.children:
                break
            if isinstance(step, str):
                key = node.keys[step]
            elif node.children[step].children:
                key = None  # an item of a list is shown by its own first key
            node = node.children[step]
        return node, key


def quote(text: str, style: str = "") -> str:
    """`text` as a YAML scalar that reads back as that very string."""
    if style == "'" and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    plain = _PLAIN.match(text) and text.lower() not in _WORDS
    if plain and style != '"':
        return text
    return '"' + "".join(_escape(c) for c in text) + '"'


def _escape(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08x}"
