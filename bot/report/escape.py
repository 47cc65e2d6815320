"""Text from outside, made harmless by construction: only `Markdown` is put into Markdown as it is.

`fill` is the one way to build it: every value that is not Markdown already becomes a code span in which nothing is
active (no mention, link, image, table break). Encoding `@` alone stops neither a mention nor an e-mail link, so a
zero width space follows it, as it does whatever else begins an address or a reference.
"""

from __future__ import annotations

import re
import unicodedata

ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
HIDDEN = ("Cc", "Cf", "Cs", "Co")  # controls, direction marks and joiners, surrogates, private use
BREAKS = "\r\n\t\u2028\u2029"
HARMLESS = frozenset(" -,;.()'\"%+=?/")  # the rest is encoded: it could be markup, a link, a formula or an entity
START = re.compile(r"\A([0-9]*)([-+=.)])")  # at the start of a line they make lists and headings
ADDRESS = re.compile(r"&#64;|&#58;(?=/)|&#35;(?=[0-9])|\bwww(?=\.)|\bGH(?=-[0-9])", re.IGNORECASE)
LIMIT = 300  # characters of one value
READ = 20_000  # characters of a text of which LIMIT are shown; a message can have millions


class Markdown(str):
    """Text that is Markdown of ours, or was made harmless."""

    __slots__ = ()


def clean(text: str, keep: str = "") -> str:
    """Without escape sequences and invisible characters; breaks become spaces unless they are in `keep`."""
    if text.isascii() and text.isprintable():  # as nearly all is
        return text
    return "".join(
        c if c in keep else " " if c in BREAKS else c
        for c in ANSI.sub("", text)
        if c in BREAKS or unicodedata.category(c) not in HIDDEN
    )


def console(text: str) -> str:
    """The text on one line of a terminal or a workflow's log, where no part of it is taken for a command."""
    text = clean(text).replace("##[", "##\u200b[")
    return f"\u200b{text}" if text.lstrip().startswith("::") else text


def cut(text: str, limit: int = LIMIT) -> str:
    """At most `limit` characters, with an ellipsis for what is gone."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def code(text: object, limit: int = LIMIT) -> Markdown:
    """A code span that shows the text and does nothing."""
    return Markdown(f"<code>{_inert(_clean(text), limit)}</code>")


def prose(text: object, limit: int = LIMIT) -> Markdown:
    """The text as running words; everything that could mean something is encoded."""
    shown = _inert(_clean(text).lstrip(), limit)  # spaces at the start of a line make a block of code
    return Markdown(START.sub(lambda found: f"{found[1]}&#{ord(found[2])};", shown))


def _clean(text: object) -> str:
    return clean(str(text)[:READ])


def _inert(text: str, limit: int) -> str:
    shown = "".join(c if c.isalnum() or c in HARMLESS else f"&#{ord(c)};" for c in cut(text, limit))
    return ADDRESS.sub(lambda found: f"{found[0]}&#8203;", shown)


def fence(text: str, kind: str = "", keep: str = "\n") -> Markdown:
    """A fenced block that no text can close."""
    text = clean(text, keep)
    ticks = "`" * (max([2, *map(len, re.findall("`+", text))]) + 1)
    return Markdown(f"{ticks}{kind}\n{text}\n{ticks}")


def fill(template: str, *values: object) -> Markdown:
    """`template` with its `{}` filled: Markdown as it is, numbers as they are, everything else as a code span."""
    return Markdown(template.format(*(v if isinstance(v, Markdown | int) else code(v) for v in values)))


def join(parts: list[Markdown], between: str = "\n") -> Markdown:
    """Markdown made of Markdown."""
    return Markdown(between.join(parts))
