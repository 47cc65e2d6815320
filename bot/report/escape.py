"""Text from outside, made harmless by construction: only `Markdown` is put into Markdown as it is.

`fill` is the one way to build it: every value that is not Markdown already becomes a code span in which nothing is
active (no mention, link, image, table break). Encoding `@` alone stops neither a mention nor an e-mail link, so a
zero width space follows it, as it does whatever else begins an address or a reference. Outside of this module
`Markdown` and `fill` take literals only, which a test looks after. Whatever is made harmless here is masked here.
"""

from __future__ import annotations

import re
import unicodedata
import urllib.parse
from collections.abc import Iterable
from typing import LiteralString

from bot.report.mask import masked

ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
HIDDEN = ("Cc", "Cf", "Cs", "Co")  # controls, direction marks and joiners, surrogates, private use
BREAKS = "\r\n\t\u2028\u2029"
HARMLESS = frozenset(" -,;.()'\"%+=?/")  # the rest is encoded: it could be markup, a link, a formula or an entity
START = re.compile(r"\A([0-9]*)([-+=.)])")  # at the start of a line they make lists and headings
ADDRESS = re.compile(r"&#64;|&#58;(?=/)|&#35;(?=[0-9])|\bwww(?=\.)|\bGH(?=-[0-9])", re.IGNORECASE)
CALLS = re.compile(r"@|:(?=/)|\bwww(?=\.)", re.IGNORECASE)
ADDRESSED = "/:?#&=%~"  # of an address: nothing that ends it, or makes anything but one of it
LIMIT = 300  # characters of one value
LINE = 4_000  # characters of a line: longer ones are data, which nobody reads in a log
READ = 20_000  # characters of any text that are looked at; a message can have millions
WORD = re.compile(r"[A-Za-z0-9]{1,100}|[0-9]{1,20}\.[0-9]{1,20}")  # nothing in it means anything, anywhere
NAME = re.compile(r"[A-Za-z0-9_.:-][A-Za-z0-9_.: -]{0,100}(?<! )")  # nor in this within a code span


class Markdown(str):
    """Text that is Markdown of ours, or was made harmless."""

    __slots__ = ()

    def __new__(cls, text: LiteralString) -> Markdown:
        """Markdown of ours, word for word."""
        return _made(text)


def _made(text: str) -> Markdown:
    return str.__new__(Markdown, text)


def clean(text: str, keep: str = "") -> str:
    """Without secrets, escape sequences and invisible characters; breaks become spaces unless they are in `keep`.

    Of a text that is longer than READ, only so much is there.
    """
    text = masked(visible(text[: READ + 1]))
    return cut("".join(" " if c in BREAKS and c not in keep else c for c in text), READ)


def visible(text: str) -> str:
    """The text without escape sequences and invisible characters; breaks stay."""
    if text.isascii() and text.isprintable():  # as nearly all is
        return text
    return "".join(c for c in ANSI.sub("", text) if c in BREAKS or unicodedata.category(c) not in HIDDEN)


def console(text: str) -> str:
    """The text on one line of a terminal or a workflow's log, where no part of it is taken for a command."""
    text = cut(clean(text), LINE).replace("##[", "##\u200b[")
    return f"\u200b{text}" if text.lstrip().startswith("::") else text


def chat(text: str, limit: int = LIMIT) -> str:
    """The text for a chat of any kind: it calls nobody and links nowhere."""
    harmless = cut(console(text), limit).replace("<", "(").replace(">", ")").replace("](", "]\u200b(")
    return CALLS.sub(lambda match: f"{match[0]}\u200b", harmless)


def cut(text: str, limit: int = LIMIT) -> str:
    """At most `limit` characters, with an ellipsis for what is gone."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def code(text: object, limit: int = LIMIT) -> Markdown:
    """A code span that shows the text and does nothing."""
    return _made(f"<code>{_inert(clean(str(text)), limit)}</code>")


def word(text: object) -> Markdown:
    """A word of letters and digits as it is, such as a digest; anything else as `prose`."""
    return _made(str(text)) if WORD.fullmatch(str(text)) else prose(text)


def name(text: object) -> Markdown:
    """A name of ours in a code span; any other text as `code`."""
    return _made(f"`{text}`") if NAME.fullmatch(str(text)) else code(text)


def count(number: int, noun: LiteralString) -> Markdown:
    """So many of something."""
    return _made(f"{number} {noun}{'s' if number != 1 else ''}")


def link(text: Markdown, address: str) -> Markdown:
    """The text as a link; without a link where the address is not one of the web."""
    if not address.startswith(("https://", "http://")):
        return text
    return _made(f"[{text}]({urllib.parse.quote(address, safe=ADDRESSED)})")


def prose(text: object, limit: int = LIMIT) -> Markdown:
    """The text as running words; everything that could mean something is encoded."""
    inert = _inert(clean(str(text)).lstrip(), limit)  # spaces at the start of a line make a block of code
    return _made(START.sub(lambda match: f"{match[1]}&#{ord(match[2])};", inert))


def phrase(text: object, limit: int = LIMIT) -> Markdown:
    """Running words in which what stands between backticks is code, as in our own messages; the rest as `prose`."""
    parts = cut(clean(str(text)).lstrip(), limit).split("`")
    if len(parts) % 2 == 0:  # one of them has no other
        parts[-2:] = [f"{parts[-2]}`{parts[-1]}"]
    shown = [prose(parts[0], limit)]
    for i, part in enumerate(parts[1:], 1):
        shown.append(
            code(part, limit) if i % 2 and part.strip() else _made(_inert(f"`{part}`" if i % 2 else part, limit))
        )
    return join(shown, "")


def _inert(text: str, limit: int) -> str:
    encoded = "".join(c if c.isalnum() or c in HARMLESS else f"&#{ord(c)};" for c in cut(text, limit))
    return ADDRESS.sub(lambda match: f"{match[0]}&#8203;", encoded)


def fence(text: str, kind: str = "", keep: str = "\n") -> Markdown:
    """A fenced block that no text can close."""
    text = clean(text, keep)
    ticks = "`" * (max([2, *map(len, re.findall("`+", text))]) + 1)
    return _made(f"{ticks}{kind}\n{text}\n{ticks}")


def fill(template: LiteralString, *values: object) -> Markdown:
    """`template` with its `{}` filled: Markdown as it is, numbers as they are, everything else as a code span."""
    return _made(template.format(*(v if isinstance(v, Markdown | int) else code(v) for v in values)))


def join(parts: Iterable[Markdown], between: LiteralString = "\n", end: LiteralString = "") -> Markdown:
    """Markdown made of Markdown."""
    parts = list(parts)
    assert all(isinstance(part, Markdown) for part in parts)
    return _made(between.join(parts) + end)
