"""What people write that YAML does not take, named as what it is and where it is.

libyaml tells where it could not read on, which is often a line below the cause, in its own words. Here each line near
that place is tried with what people most likely meant; what lets the text be read further was the cause.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from bot.document import layout
from bot.document.slip import COLONS, LOOKALIKES, QUOTES, Slip, column, unicode_name
from bot.document.tree import quote
from bot.finding import Edit, Span

MOST = 8  # slips told of one file; the rest is told when these are mended
TRIALS = 40  # texts tried for one slip
EFFORT = 1_000_000  # characters read in trials of one file: about a second
SHOWN = 80  # characters of a value that a hint repeats
LINES = 4  # looked at, from the place where reading ended upwards

_LOOKALIKE = re.compile("[" + "".join(LOOKALIKES) + r"]\s*")
_KEY = r"(?:[\w.$-]+|\"[^\"]*\"|'[^']*')"
_ODD = re.compile(r"[^\S \r\n]+")
_START = re.compile(rf"\s*(?:-\s+)*(?:{_KEY}\s*[{COLONS}]\s*)?")
_VALUE = re.compile(rf"(?:(?:\A|[{{\[,])\s*(?:-\s+)*{_KEY}\s*:|\A\s*(?:-\s+)*-)\s+(?=\S)")
_TIGHT = re.compile(r"(?:\A\s*(?:-\s+)*|[{,]\s*)[\w.$-]+(:)(?=[^\s:/\\])")
_DASH = re.compile(r"\A\s*(-)(?=[\w\"'])")
_COMMENT = re.compile(r"\s+(#.*)?\Z")
_AFTER = re.compile(r"(\[[^\[\]]*\]|\{[^{}]*\})\s*[^\s,\]}#]")
_SPECIAL = "@`%*&!|>{[]},"
_CONFLICT = re.compile(r"^(<{7}|={7}|>{7})(?=[ \r\n]|\Z).*$", re.MULTILINE)
_TEMPLATE = re.compile(r"\{\{-|\{%|\{\{ *(/\*|\.|include |if |range |end\b|template |define |with |toYaml )")


@dataclass(frozen=True, slots=True)
class End:
    """Where a text could not be read on: the line, the characters left, the line where what is open there began."""

    line: int
    left: int
    begun: int


Reads = Callable[[str], End | None]
"""Reads a text as far as it goes; None for all of it."""


def find(text: str, reads: Reads) -> list[Slip]:
    """The slips of a text that cannot be read, each proven by reading further without it; the first ones only."""
    effort, slips = EFFORT, list[Slip]()
    stop = reads(text)
    while stop is not None and len(slips) < MOST:
        slip, mended, left = None, text, None
        tries = islice(_candidates(text, stop), min(TRIALS, effort // (len(text) + 1)))
        for candidate in tries:
            effort -= len(text)
            trial = edited(text, candidate.trial)
            after = reads(trial)
            if after is None or (after.left < stop.left and (left is None or after.line > stop.line)):
                slip, mended, left = candidate, trial, after
            if slip is candidate and (after is None or after.line > stop.line):
                break
        if slip is None or _covers(slip, slips):
            break
        slips.append(_back(slip, slips))
        text, stop = mended, None if slip.alone else left
    return slips


def edited(text: str, edit: Edit) -> str:
    """The text with one edit, of one line, made."""
    lines = text.split("\n")
    line = lines[edit.span.line - 1]
    lines[edit.span.line - 1] = line[: edit.span.column - 1] + edit.text + line[edit.span.end_column - 1 :]
    return "\n".join(lines)


def _covers(slip: Slip, before: list[Slip]) -> bool:
    """Whether it is about words that only an edit tried before put there; it is told once that one is made."""
    begin, end = slip.span.column, slip.span.end_column
    edits = (other.trial.span for other in before)
    return any(edit.line == slip.span.line and begin <= edit.column < end for edit in edits)


def _back(slip: Slip, before: list[Slip]) -> Slip:
    """The slip at the columns that the text has without the edits that were tried before."""
    shift = 0
    for other in before:
        edit = other.trial
        if edit.span.line == slip.span.line and edit.span.column <= slip.span.column:
            shift += len(edit.text) - (edit.span.end_column - edit.span.column)
    return slip.moved(-shift) if shift else slip


def _candidates(text: str, stop: End) -> Iterator[Slip]:
    """What may be wrong near the place where reading ended, the likeliest first."""
    if conflict := _CONFLICT.search(text):
        line = text.count("\n", 0, conflict.start())
        span = column(line, 0, len(conflict[0]))
        message, hint = "a merge conflict is left in the file", "keep one side, and remove the marks"
        yield Slip(span, message, hint, Edit(span, "#"), alone=True)
    lines = text.split("\n")
    if template := _TEMPLATE.search(lines[stop.line] if stop.line < len(lines) else ""):
        span = column(stop.line, template.start(), template.end())
        hint = "render it first, as with `helm template`, and give the result"
        message = "this is a template, which becomes YAML when it is rendered"
        yield Slip(span, message, hint, Edit(span, "#"), alone=True)
    last = min(stop.line, len(lines) - 1)
    near = [n for n in range(last, -1, -1) if lines[n].strip()][:LINES]
    near += [stop.begun] if stop.begun not in near and stop.begun < len(lines) else []
    for look in (_spaces, _lookalikes, _values, _tight, layout.text_blocks):
        for n in near:
            yield from look(n, lines[n].rstrip("\r")) if look is not layout.text_blocks else look(n, lines)
    for n in near:
        yield from layout.indents(n, lines)
    yield from layout.quotes(last, lines)


def _spaces(n: int, line: str) -> Iterator[Slip]:
    begin = _START.match(line)
    for odd in _ODD.finditer(line, 0, begin.end() if begin else 0):
        span, tab = column(n, *odd.span()), "\t" in odd[0]
        where = "indents this line" if not line[: odd.start()].strip() else "stands here"
        what = "a tab" if tab else f"the character {unicode_name(odd[0][0])}"
        for width in (2, 4, 8, 1) if tab else (len(odd[0]), 2 * len(odd[0])):
            edit = Edit(span, " " * width)
            message = f"{what} {where}; YAML takes plain spaces only"
            yield Slip(span, message, "type spaces instead", edit, certain=not tab)


def _lookalikes(n: int, line: str) -> Iterator[Slip]:
    found = list(_LOOKALIKE.finditer(line))
    for one in found:
        plain, rest = LOOKALIKES[one[0][0]], line[one.end() :]
        new = plain if plain.endswith(" ") and rest else plain.rstrip() + one[0][1:]
        span = column(n, one.start(), one.end())
        yield _lookalike(span, one[0][0], Edit(span, new))
    if len(found) > 1 and all(one[0][0] in QUOTES for one in found):
        first, end = found[0].start(), found[-1].end()
        new = _LOOKALIKE.sub(lambda one: LOOKALIKES[one[0][0]], line[first:end])
        yield _lookalike(column(n, first, first + 1), found[0][0][0], Edit(column(n, first, end), new))


def _lookalike(span: Span, character: str, edit: Edit) -> Slip:
    plain = LOOKALIKES[character].strip()
    message = f"the character {unicode_name(character)} is no `{plain}`"
    return Slip(
        span, message, f"type a plain `{plain}`" + (" and a space" if plain in ":," else ""), edit, certain=True
    )


def _values(n: int, line: str) -> Iterator[Slip]:
    """Values that must be in quotes, since their first character or a colon in them means something else to YAML."""
    for begin in reversed(list(_VALUE.finditer(line))):
        start, first = begin.end(), line[begin.end()]
        flow = line[:start].count("{") + line[:start].count("[") > line[:start].count("}") + line[:start].count("]")
        for end in _ends(line, start, flow=flow):
            value = line[start:end]
            span = column(n, start, end)
            if first in "\"'":
                if first in value[1:-1]:
                    message, hint = (
                        "the text goes on after its closing quote",
                        "put all of it in the other kind of quotes",
                    )
                    yield Slip(span, message, hint, Edit(span, quote(value, "'")))
                continue
            if first in "[{" and not value.startswith("{{") and not _AFTER.match(value):
                continue  # a list or a mapping, which is not whole
            quoted = quote(value, '"')
            hint = f"put it in quotes: {quoted}" if len(quoted) < SHOWN else "put it in quotes"
            if first in _SPECIAL:
                begins = "{{" if value.startswith("{{") else first
                message = f"text that begins with {'a backtick' if first == '`' else f'`{begins}`'} needs quotes"
                yield Slip(span, message, hint, Edit(span, quoted), certain=True)
            elif ": " in value or value.endswith(":"):
                message = "text with `: ` in it needs quotes, since that begins a key"
                yield Slip(span, message, hint, Edit(span, quoted), certain=True)


def _ends(line: str, start: int, *, flow: bool) -> list[int]:
    """Where a value that starts there may end; between braces there are several places."""
    whole = len(_COMMENT.sub("", line + " "))
    if not flow:
        return [whole] if whole > start else []
    stop = re.compile(r"\}\}") if line.startswith("{{", start) else re.compile(r"(?=\s*[,}\]])")
    ends = [found.end() for found in stop.finditer(line, start + 1)]
    return [end for end in ends[:6] if end > start]


def _tight(n: int, line: str) -> Iterator[Slip]:
    for found in _TIGHT.finditer(line):
        span = column(n, found.start(1), found.end(1))
        yield Slip(span, "a space is missing after `:`", "add the space", Edit(span, ": "), certain=True)
    if dash := _DASH.match(line):
        at = dash.start(1)
        message, span = "a space is missing after `-`", column(n, at, at + 1)
        yield Slip(span, message, "add the space", Edit(span, "- "), certain=True)
        if at:  # what follows stands in the columns of an item that begins one column earlier
            yield Slip(span, message, "add the space", Edit(column(n, at - 1, at + 1), "- "))
