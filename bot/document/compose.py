"""Fold a parser's events into a tree: size, depth, aliases, tags and duplicate keys have a defined outcome.

A composer of PyYAML's would recurse, and take the last of two equal keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from bot.document import flow
from bot.document.slip import NO_KEY
from bot.document.tree import Tree, TreeNode

MAX_DEPTH = 30  # the deepest legal file has 7 levels
MAX_KEY = 1_024  # characters: what libyaml takes for a key that is written out; an alias could stand for more
MAX_NODES = 200_000  # counted after aliases are followed; 300 bytes of aliases can mean 9^9


@dataclass(frozen=True, slots=True)
class Reading:
    """How a kind of file is read; `tagged` gives a tagged scalar's value, and without it no tag is allowed.

    `plain_keys`: all keys are names, so that `{a:b}` and `{a: f(1,2)}` are slips, which YAML takes for keys.
    """

    resolve: Callable[[str], Any]
    tagged: Callable[[str, str], Any] | None = None
    text_keys: frozenset[str] = frozenset()
    plain_keys: bool = False
    max_bytes: int = 1 << 20  # an experiment with 5,000 jobs is about a third of this


class Stop(Exception):
    """The document is not read further; the tree says why."""


class _Frame:
    """A collection that is still open: its node, the key that waits for a value, whether its scalars stay text."""

    __slots__ = ("anchor", "key", "mapping", "merges", "node", "text")

    def __init__(self, node: TreeNode, anchor: str | None, *, mapping: bool, text: bool) -> None:
        self.node, self.mapping, self.text, self.anchor = node, mapping, text, anchor
        self.key: TreeNode | None = None
        self.merges: list[TreeNode] = []


class Composer:
    """Folds parser events into nodes; a frame per collection that is still open."""

    def __init__(self, tree: Tree, reading: Reading, *, alone: bool) -> None:
        self.tree, self.reading, self.alone = tree, reading, alone
        self.stack: list[_Frame] = []
        self.top: _Frame | None = None
        self.anchors: dict[str, TreeNode | None] = {}
        self.documents = 0
        self.nodes = 0

    def fold(self, events: Iterator[Any]) -> bool:
        """Read one document; False where the text ends."""
        for event in events:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                self.scalar(event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self.open(event, mapping=kind is yaml.MappingStartEvent)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self.close(event)
            elif kind is yaml.AliasEvent:
                self.alias(event)
            elif kind is yaml.DocumentStartEvent:
                self.documents += 1
                if self.documents > 1:
                    message = "a second document starts here; one file holds one experiment"
                    self.stop("syntax", event, message, "move it to a file of its own")
            elif kind is yaml.DocumentEndEvent and not self.alone:
                return True
        return False

    def stop(self, rule: str, event: Any, message: str, hint: str = "") -> None:
        self.tree.fault(rule, TreeNode(None, event.start_mark, event.end_mark).span, message, hint)
        raise Stop

    def count(self, nodes: int, event: Any) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            self.stop("too-large", event, f"aliases followed, the file holds more than {MAX_NODES:,} values")

    def scalar(self, event: Any) -> None:
        # Its anchor and its tag stand within an event's marks: such a scalar has no style to be replaced in.
        style = "&" if event.anchor or event.tag else event.style
        node = TreeNode(event.value, event.start_mark, event.end_mark, style, event.value)
        self.count(1, event)
        top = self.top
        typed = top is None or not (top.text or (top.mapping and top.key is None))
        if event.tag is not None:
            self.tag(event)
            if self.reading.tagged is not None:
                node.value = self.reading.tagged(event.tag, event.value)
        elif typed and event.implicit[0] and not event.style:
            node.value = self.reading.resolve(event.value)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        self.place(node, event)

    def tag(self, event: Any) -> None:
        if self.reading.tagged is not None:
            return
        span = TreeNode(None, event.start_mark, event.end_mark).span
        self.tree.fault("tag", span, f"the tag {event.tag} is not allowed", "remove it: values say what they are")

    def open(self, event: Any, *, mapping: bool) -> None:
        if len(self.stack) >= MAX_DEPTH:
            self.stop("too-large", event, f"nested deeper than {MAX_DEPTH} levels")
        if event.tag is not None:
            self.tag(event)
        top = self.top
        if top is not None and top.mapping and top.key is None:
            self.stop("wrong-type", event, "a key must be text, not a list or a mapping")
        self.count(1, event)
        node = TreeNode({} if mapping else [], event.start_mark, event.end_mark)
        node.keys, node.children = {}, {}
        text = top is not None and (top.text or (top.key is not None and top.key.scalar in self.reading.text_keys))
        self.top = _Frame(node, event.anchor, mapping=mapping, text=text)
        self.stack.append(self.top)
        if event.anchor is not None:
            self.anchors[event.anchor] = None

    def close(self, event: Any) -> None:
        frame = self.stack.pop()
        self.top = self.stack[-1] if self.stack else None
        frame.node.end = event.end_mark
        for source in reversed(frame.merges):
            self.merge(frame.node, source)
        if frame.anchor is not None:
            self.anchors[frame.anchor] = frame.node
        self.place(frame.node, event)

    def alias(self, event: Any) -> None:
        node = self.anchors.get(event.anchor)
        if node is None:
            what = "stands inside itself" if event.anchor in self.anchors else "is not defined above"
            self.stop("syntax", event, f"the alias *{event.anchor} {what}")
        assert node is not None
        self.count(node.size, event)
        here = TreeNode(node.value, event.start_mark, event.end_mark, "*", node.scalar)
        here.size, here.keys, here.children = node.size, node.keys, node.children
        self.place(here, event)

    def place(self, node: TreeNode, event: Any) -> None:
        top = self.top
        if top is None:
            self.tree.root, self.tree.data = node, node.value
            return
        parent = top.node
        parent.size += node.size
        if not top.mapping:
            parent.children[len(parent.value)] = node
            parent.value.append(node.value)
            return
        key, top.key = top.key, None
        if key is None:
            if type(node.value) in (dict, list):
                self.stop("wrong-type", event, "a key must be text, not a list or a mapping")
            if len(node.scalar) > MAX_KEY:
                self.stop("too-large", event, f"a key has at most {MAX_KEY:,} characters")
            if self.reading.plain_keys and not node.style and NO_KEY.search(node.scalar):
                self.stop("wrong-type", event, "a key is written without such characters")
            top.key = node
        elif not node.scalar and self._slip(parent, key, node):
            return
        elif key.scalar == "<<" and not key.style:
            top.merges.append(node)
        elif key.scalar in parent.keys:
            message = f"duplicate key '{key.scalar}'"
            self.tree.fault("duplicate-key", key.span, message, "keep one of them", parent.keys[key.scalar].span)
        else:
            parent.keys[key.scalar], parent.children[key.scalar] = key, node
            parent.value[key.scalar] = node.value

    def _slip(self, parent: TreeNode, key: TreeNode, value: TreeNode) -> bool:
        reading = self.reading
        return reading.plain_keys and not key.style and flow.slip(self.tree, reading.resolve, parent, key, value)

    def merge(self, node: TreeNode, source: TreeNode) -> None:
        sources = list(source.children.values()) if type(source.value) is list else [source]
        for mapping in sources:
            if type(mapping.value) is not dict:
                self.tree.fault("wrong-type", source.span, "'<<' merges mappings only")
                return
            for key, child in mapping.children.items():
                if key not in node.children:
                    node.keys[str(key)], node.children[key] = mapping.keys[str(key)], child
                    node.value[key] = child.value
