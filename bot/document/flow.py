"""Keys that nobody wrote: what YAML makes of `{a:b}` and of `{a: f(1,2)}`, between braces."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from bot.document.tree import Tree, TreeNode, quote
from bot.finding import Edit, Span

_TIGHT = re.compile(r"([\w-]+):([^\s/].*)", re.DOTALL)


def slip(tree: Tree, resolve: Callable[[str], Any], parent: TreeNode, key: TreeNode, value: TreeNode) -> bool:
    """Note the fault of a key that stands alone, and read it as what was meant; False where there is none."""
    if value.scalar or value.children or value.start.index != value.end.index:
        return False
    return _tight(tree, resolve, parent, key) or _comma(tree, parent, key)


def _tight(tree: Tree, resolve: Callable[[str], Any], parent: TreeNode, key: TreeNode) -> bool:
    """A colon without a space after it."""
    found = _TIGHT.match(key.scalar)
    if found is None or found[1] in parent.keys:
        return False
    line, column = key.span.line, key.span.column + len(found[1])
    at = Span(line, column, line, column + 1)
    tree.fault("syntax", at, "a space is missing after `:`", "add the space", fix=Edit(at, ": "))
    value = TreeNode(resolve(found[2]), key.start, key.end, "&", found[2])
    parent.keys[found[1]], parent.children[found[1]], parent.value[found[1]] = key, value, value.value
    return True


def _comma(tree: Tree, parent: TreeNode, key: TreeNode) -> bool:
    """The rest of the value before it, which has a comma."""
    name = next(reversed(parent.children), None)
    if name is None or not _open(before := parent.children[name]):
        return False
    before.scalar = before.value = parent.value[name] = f"{before.scalar}, {key.scalar}"
    before.end = key.end
    if not _open(before):
        fix = Edit(before.span, quote(before.scalar, '"'))
        message, hint = "between braces a value with a comma in it needs quotes", f"put it in quotes: {fix.text}"
        tree.fault("syntax", before.span, message, hint, fix=fix)
    return True


def _open(node: TreeNode) -> bool:
    """Whether a plain text opens a bracket that it does not close, as the first half of `NUMERIC(10,2)`."""
    text = node.scalar if isinstance(node.value, str) and not node.style else ""
    return text.count("(") + text.count("<") > text.count(")") + text.count(">")
