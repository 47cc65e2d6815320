"""Read YAML strictly, with every fault of the text located.

libyaml parses, `bot.document.compose` folds its events; this module knows the text and its scalars.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any

import yaml

from bot.document import slips
from bot.document.compose import Composer, Reading, Stop
from bot.document.slip import COLONS
from bot.document.tree import Tree
from bot.finding import Span

TEXT_KEYS = frozenset({"option"})  # dagg's options are raw text: 1.10 stays 1.10
MAX_DIGITS = 40  # more is no number anybody means, and int() refuses 4,301

_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_KEYLIKE = re.compile(rf"[\w-]+[{COLONS}]")  # a whole file of which this is the beginning should have been a mapping
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
    composer = Composer(tree, reading, alone=alone)
    try:
        more = composer.fold(events)
        if isinstance(tree.data, str) and _KEYLIKE.match(tree.data) and _name_slips(tree, text, reading, alone=alone):
            tree.data = None
    except Stop:
        if tree.faults[-1][0].rule == "wrong-type":  # a mapping as a key, as text that begins with two braces looks
            _name_slips(tree, text, reading, alone=alone)
        tree.data = None
    except yaml.MarkedYAMLError as error:
        tree.data = None
        if not _name_slips(tree, text, reading, alone=alone):
            tree.fault("syntax", *_unnamed(error, text))
    except (yaml.YAMLError, ValueError) as error:
        tree.fault("syntax", Span(1, 1, 1, 1), f"this is not YAML: {error}")
        tree.data = None
    if tree.data is None:
        tree.root = None  # nothing is nowhere; libyaml puts it behind the end of the text
    return more


def _name_slips(tree: Tree, text: str, reading: Reading, *, alone: bool) -> bool:
    """Put what people wrote in the place of what a parser met; says whether it is known."""
    found = slips.find(text, lambda trial: _stop(trial, reading, alone=alone))
    if found:
        tree.faults.clear()
    for slip in found:
        tree.fault("syntax", slip.span, slip.message, slip.hint, fix=slip.fix)
    return bool(found)


def _stop(text: str, reading: Reading, *, alone: bool) -> slips.End | None:
    """Where reading a text ends before its end."""
    tree, events = Tree(), yaml.parse(text, Loader=yaml.CSafeLoader)
    composer = Composer(tree, reading, alone=alone)
    try:
        while composer.fold(events):
            pass
        if isinstance(tree.data, str) and tree.root is not None and not tree.root.style:  # one text, and no keys
            return slips.End(tree.root.start.line, len(text) - tree.root.start.index, tree.root.start.line)
    except Stop:
        span = tree.faults[-1][1]
        lines = text.split("\n")[span.line - 1 :]
        return slips.End(span.line - 1, sum(map(len, lines)) + len(lines) - span.column, span.line - 1)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        begun = error.context_mark or mark
        if mark is None or begun is None:
            return slips.End(0, len(text), 0)
        return slips.End(mark.line, len(text) - mark.index, begun.line)
    except (yaml.YAMLError, ValueError):
        return slips.End(0, len(text), 0)
    return None


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


def _unnamed(error: yaml.MarkedYAMLError, text: str) -> tuple[Span, str]:
    """Place and sentence of what no slip explains; what is not closed is told where it begins."""
    begun, end = error.context_mark, error.problem_mark or error.context_mark
    if begun and (error.context or "").startswith("while parsing a flow") and end and begun.line < end.line:
        span = _near(begun, text)
        return span, f"the `{text.split(chr(10))[begun.line][begun.column]}` here is not closed"
    words = f"{error.context}, " if error.context else ""
    return _near(end, text), f"this is not YAML: {words}{error.problem or 'cannot be read'}"


def resolve(text: str) -> Any:
    """A plain scalar's value by YAML 1.2's core rules; `on`, `no`, `012`, `12:30` and `1_000` stay text."""
    if text in _NULL:
        return None
    if text[0] in _NUMERIC:
        if _INT.match(text):
            return int(text, 0) if len(text) <= MAX_DIGITS else text
        return float(text) if _FLOAT.match(text) else text
    return _BOOL.get(text, text)


EXPERIMENT = Reading(resolve, text_keys=TEXT_KEYS, plain_keys=True)
MAX_BYTES = EXPERIMENT.max_bytes
