"""Text from outside, made harmless by construction: only `Markdown` is put into Markdown as it is.

`fill` is the one way to build it: every value that is not Markdown already becomes a code span in which nothing is
active (no mention, link, image, table break). Encoding `@` alone does not stop a mention, so a zero width space
follows it.
"""

from __future__ import annotations

import re
import unicodedata

ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
HIDDEN = ("Cc", "Cf", "Cs", "Co")  # controls, direction marks and joiners, surrogates, private use
BREAKS = "\r\n\t\u2028\u2029"
LIMIT = 300  # characters of one value


class Markdown(str):
    """Text that is Markdown of ours, or was made harmless."""

    __slots__ = ()


def clean(text: str, keep: str = "") -> str:
    """Without escape sequences and invisible characters; breaks become spaces unless they are in `keep`."""
    return "".join(
        c if c in keep else " " if c in BREAKS else c
        for c in ANSI.sub("", text)
        if c in BREAKS or unicodedata.category(c) not in HIDDEN
    )


def cut(text: str, limit: int = LIMIT) -> str:
    """At most `limit` characters, with an ellipsis for what is gone."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def code(text: object, limit: int = LIMIT) -> Markdown:
    """A code span that shows the text and does nothing."""
    return Markdown(f"<code>{_inert(text, limit)}</code>")


def prose(text: object, limit: int = LIMIT) -> Markdown:
    """The text as running words; everything that could mean something is encoded."""
    return _inert(text, limit)


def _inert(text: object, limit: int) -> Markdown:
    return Markdown(
        "".join(
            c if c.isalnum() or c == " " else "&#64;&#8203;" if c == "@" else _between(c)
            for c in cut(clean(str(text)), limit)
        )
    )


def _between(character: str) -> str:
    # A zero width space keeps www.x.y, http://… and #12 from becoming links; commas and brackets cannot start one.
    return (
        character
        if character in ",;()"
        else f"&#{ord(character)};&#8203;"
        if character in ".:/#"
        else f"&#{ord(character)};"
    )


def fence(text: str, kind: str = "") -> Markdown:
    """A fenced block that no text can close."""
    text = clean(text, keep="\n")
    ticks = "`" * (max([2, *map(len, re.findall("`+", text))]) + 1)
    return Markdown(f"{ticks}{kind}\n{text}\n{ticks}")


def fill(template: str, *values: object) -> Markdown:
    """`template` with its `{}` filled: Markdown as it is, numbers as they are, everything else as a code span."""
    return Markdown(template.format(*(v if isinstance(v, Markdown | int) else code(v) for v in values)))


def join(parts: list[Markdown], between: str = "\n") -> Markdown:
    """Markdown made of Markdown."""
    return Markdown(between.join(parts))
