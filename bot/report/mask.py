"""The one mask: what this process knows to be secret, and what looks so, is hidden wherever text becomes output.

It is one for the whole process, since what must not be said does not depend on who says it. `bot.report.escape`, the
reports as JSON and `Printer` apply it; nobody else needs to think of it.
"""

from __future__ import annotations

import base64
import html
import json
import re
import urllib.parse
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from bot.report.form import HIDDEN
from bot.report.patterns import hide

LEAST = 6  # characters: what is shorter stands in other words, too, and protects nothing
COMMON = frozenset(
    ["default", "disabled", "enabled", "optional", "password", "production", "required", "secret", "staging", "unset"]
)
ENCODED = 8  # characters of a piece in base64: fewer are found by chance
WRAPPED = (64, 76)  # where base64 is broken into lines: by PEM and by MIME
PASSWORD = re.compile(
    r"://[^\s:/@]{0,200}:([^\s]{1,500})@|\b(?:password|pwd) ?= ?(?:'([^']{1,500})'|([^\s;']{1,500}))", re.I
)


class Mask:
    """Hides values, in every form in which they are usually written down, and what looks like a secret."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self.values = frozenset(values)
        self._written = sorted({w for value in self.values for w in written(value)}, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """The text with everything hidden that is known or looks like a secret."""
        return hide(self.known(text))

    def known(self, text: str) -> str:
        """The text with what is known hidden: for what is no message, but a document that must stay as it is."""
        for word in self._written:
            if word in text:
                text = text.replace(word, HIDDEN)
        return text


def written(value: str) -> Iterator[str]:
    """The forms in which a value may stand in a text; none of a value that protects nothing."""
    match = PASSWORD.search(value)
    parts = {value, value.strip(), *value.splitlines(), *(match.groups() if match else ())} - {None}
    for part in parts:
        assert part is not None
        word = part.strip()
        if len(word) >= LEAST and word.lower() not in COMMON:
            yield from _plain(word)
            yield from _based(word.encode("utf-8", "surrogatepass"))
    if len(value) > ENCODED:
        yield from _based(value.encode("utf-8", "surrogatepass"))


def _plain(word: str) -> Iterator[str]:
    yield word
    yield from (urllib.parse.quote(word, safe="", errors="replace"), urllib.parse.quote_plus(word, errors="replace"))
    yield urllib.parse.quote(word, errors="replace")
    if len(unquoted := urllib.parse.unquote(word)) >= LEAST:
        yield unquoted
    yield from (json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1], html.escape(word), repr(word)[1:-1])


def _based(raw: bytes) -> Iterator[str]:
    """The value within base64, wherever it begins in it: what its neighbours have no part in."""
    for before in range(3):
        text = base64.b64encode(b"\0" * before + raw).decode()
        whole = text[(before * 8 + 5) // 6 : (before + len(raw)) * 8 // 6]
        if len(whole) >= ENCODED:
            yield from (whole, whole.translate(_URL))
        if before == 0:
            for width in WRAPPED:
                yield from (
                    line
                    for i in range(0, len(text) - ENCODED, width)
                    if len(line := text[i : i + width]) >= ENCODED and len(text) > width
                )


_URL = str.maketrans("+/", "-_")
_mask = Mask()


def masked(text: str) -> str:
    """The text as it may be shown."""
    return _mask(text)


def known(text: str) -> str:
    """The same for a document: only what is known to be secret is hidden."""
    return _mask.known(text)


def learn(values: Iterable[str]) -> None:
    """Never show these values from now on."""
    global _mask
    new = frozenset(values)
    if not new <= _mask.values:
        _mask = Mask(_mask.values | new)


@contextmanager
def knowing(values: Iterable[str]) -> Iterator[None]:
    """Never show these values, nor what is learnt meanwhile, until the end of the block."""
    global _mask
    before = _mask
    try:
        learn(values)
        yield
    finally:
        _mask = before
