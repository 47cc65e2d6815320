"""Slips of layout: a line that is indented otherwise than its neighbours, text that is not indented, open quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.document.slip import Slip, column
from bot.finding import Edit

ABOVE = 50  # lines whose indents are known
_INDENT = re.compile(r"( *)((?:- +)*)")
_TEXT = re.compile(r"[:-]\s+[|>][-+0-9]*\s*(#.*)?\Z")


def indents(n: int, lines: Sequence[str]) -> Iterator[Slip]:
    """The line at the columns of the lines above it, the nearest column first."""
    indent = _indent(lines[n])
    columns: dict[int, int] = {}
    for above in range(n - 1, max(-1, n - 1 - ABOVE), -1):
        found = _INDENT.match(lines[above])
        if found and lines[above].strip():
            columns.setdefault(len(found[1]), above)
            columns.setdefault(len(found[0]), above)
    for wanted, above in sorted(columns.items(), key=lambda item: (abs(item[0] - indent), item[0])):
        if wanted != indent:
            span = column(n, 0, indent)
            message = f"this line is indented by {_spaces(indent)}, which fits no line above it"
            hint = f"indent it as what it belongs to: by {wanted}, if that is in line {above + 1}"
            yield Slip(column(n, indent, indent + 1), message, hint, Edit(span, " " * wanted))


def text_blocks(n: int, lines: Sequence[str]) -> Iterator[Slip]:
    """Text after `|` or `>` that is not indented more than its key."""
    above = n - 1
    if above >= 0 and _TEXT.search(lines[above]):
        found = _INDENT.match(lines[above])
        wanted = (len(found[0]) if found else 0) + 2
        indent = _indent(lines[n])
        if indent < wanted:
            message = f"the text after `|` or `>` in line {n} must be indented more than its key"
            hint = f"indent it by {_spaces(wanted)} or more"
            yield Slip(column(n, indent, indent + 1), message, hint, Edit(column(n, 0, indent), " " * wanted))


def quotes(n: int, lines: Sequence[str]) -> Iterator[Slip]:
    """A quote that is opened in a line and not closed in it."""
    for above in range(n, max(-1, n - ABOVE), -1):
        for mark in "\"'":
            line = lines[above].rstrip("\r")
            if line.replace('\\"', "").count(mark) % 2:
                start = line.rfind(mark)
                message, hint = f"the quote `{mark}` is not closed in this line", "close it"
                span = column(above, len(line), len(line))
                yield Slip(column(above, start, start + 1), message, hint, Edit(span, mark))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _spaces(count: int) -> str:
    return f"{count} space{'' if count == 1 else 's'}"
