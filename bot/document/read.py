"""Read YAML strictly, with every fault of the text located.

libyaml parses, `bot.document.compose` folds its events; this module knows the text and its scalars.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any

import yaml

from bot.document.compose import Composer, Reading, Stop
from bot.document.tree import Tree
from bot.finding import Span

TEXT_KEYS = frozenset({"option"})  # dagg's options are raw text: 1.10 stays 1.10
MAX_DIGITS = 40  # more is no number anybody means, and int() refuses 4,301

_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NUMERIC = frozenset("0123456789-+.")
# What YAML does not take, and what is a line break to libyaml only, so that lines would be counted apart.
_FORBIDDEN = re.compile("[^\t\n\r -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|\r(?!\n)")


def read(content: bytes) -> Tree:
    """The tree of a file's bytes; whatever is wrong with the text is in its `faults`, never raised."""
    tree = Tree()
    text = _text(content, tree, EXPERIMENT.max_bytes)
    if text is not None:
        _compose(tree, text, _events(text), EXPERIMENT)
    return tree


def read_all(content: bytes, reading: Reading) -> list[Tree]:
    """The trees of a file's documents, but the empty ones; the last one holds a fault that ends the reading."""
    first = Tree()
    text = _text(content, first, reading.max_bytes)
    if text is None:
        return [first]
    events, trees = _events(text), list[Tree]()
    while True:
        tree = Tree()
        more = _compose(tree, text, events, reading, alone=False)
        if tree.data is not None or tree.faults:
            trees.append(tree)
        if not more:
            return trees


def _events(text: str) -> Iterator[Any]:
    """What libyaml meets, one after the other; `yaml.parse` would ask it twice for each, from Python."""
    events: Iterator[Any] = iter(yaml.CSafeLoader(text).get_event, None)
    return events


def _text(content: bytes, tree: Tree, most: int) -> str | None:
    if len(content) > most:
        tree.fault("too-large", Span(1, 1, 1, 1), f"the file has {len(content):,} bytes, at most {most:,} are read")
        return None
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start].decode()
        tree.fault("syntax", _after(before), "this is not UTF-8 text", "save the file as UTF-8")
        return None
    forbidden = _FORBIDDEN.search(text)
    if forbidden is not None:
        message = f"the character U+{ord(forbidden[0]):04X} may not stand in YAML"
        tree.fault("syntax", _after(text[: forbidden.start()]), message, "remove it, or write it as an escape")
        return None
    return text


def _compose(tree: Tree, text: str, events: Iterator[Any], reading: Reading, *, alone: bool = True) -> bool:
    """Fill the tree from the events of one document; says whether another may follow."""
    more = False
    try:
        more = Composer(tree, reading, alone=alone).fold(events)
    except Stop:
        tree.data = tree.root = None
    except yaml.MarkedYAMLError as error:
        tree.fault("syntax", _near(error.problem_mark or error.context_mark, text), _sentence(error), _advice(error))
    except (yaml.YAMLError, ValueError) as error:
        tree.fault("syntax", Span(1, 1, 1, 1), f"this is not YAML: {error}")
    if tree.data is None:
        tree.root = None  # nothing is nowhere; libyaml puts it behind the end of the text
    return more


def _after(before: str) -> Span:
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return Span(line, column, line, column + 1)


def _near(mark: Any, text: str) -> Span:
    """One character at the mark; the end of the text, if the mark is behind it."""
    lines = text.rstrip().split("\n")
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if line > len(lines):
        line, column = len(lines), len(lines[-1]) + 1
    return Span(line, column, line, min(column + 1, max(column, len(lines[line - 1]) + 1)))


def _sentence(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "cannot be read"
    return f"this is not YAML: {error.context + ', ' if error.context else ''}{problem}"


def _advice(error: yaml.MarkedYAMLError) -> str:
    if "cannot start any token" in (error.problem or ""):
        return "indent with spaces, and quote text that starts with a special character"
    return ""


def resolve(text: str) -> Any:
    """A plain scalar's value by YAML 1.2's core rules; `on`, `no`, `012`, `12:30` and `1_000` stay text."""
    if text in _NULL:
        return None
    if text[0] in _NUMERIC:
        if _INT.match(text):
            return int(text, 0) if len(text) <= MAX_DIGITS else text
        return float(text) if _FLOAT.match(text) else text
    return _BOOL.get(text, text)


EXPERIMENT = Reading(resolve, text_keys=TEXT_KEYS)
MAX_BYTES = EXPERIMENT.max_bytes
