# ruff: noqa: RUF001  these characters are what this is about
"""One slip of the pen in a text: where it is, what it is, and what was meant."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

from bot.finding import Edit, Span

LOOKALIKES = {
    "：": ": ", "，": ", ", "、": ", ", "；": ";", "｛": "{", "｝": "}", "［": "[", "］": "]", "＃": "#", "－": "-",
    "“": '"', "”": '"', "„": '"', "＂": '"', "‘": "'", "’": "'", "＇": "'",
}  # fmt: skip
COLONS = ":" + "".join(c for c, plain in LOOKALIKES.items() if plain.strip() == ":")
NO_KEY = re.compile(rf"[{COLONS[1:]}]|[^\S ]")  # what no plain key has but by a slip
QUOTES = "".join(c for c, plain in LOOKALIKES.items() if plain in "\"'") + "「」"


@dataclass(frozen=True, slots=True)
class Slip:
    """Why a text cannot be read; `trial` is the edit that shows it, `certain` says that it is what was meant.

    `alone`: it says what the whole file is, so that nothing else is worth saying.
    """

    span: Span
    message: str
    hint: str
    trial: Edit
    certain: bool = False
    alone: bool = False

    @property
    def fix(self) -> Edit | None:
        """The edit, where it is certain to be what was meant."""
        return self.trial if self.certain else None

    def moved(self, by: int) -> Slip:
        """The same some columns further right."""
        return replace(self, span=_moved(self.span, by), trial=replace(self.trial, span=_moved(self.trial.span, by)))


def column(line: int, start: int, end: int) -> Span:
    """A stretch of one line; line and columns from 0."""
    return Span(line + 1, start + 1, line + 1, end + 1)


def unicode_name(character: str) -> str:
    """A character by its number and its name, as in U+3000 (ideographic space)."""
    return f"U+{ord(character):04X} ({unicodedata.name(character, 'without a name').lower()})"


def _moved(span: Span, by: int) -> Span:
    return replace(span, column=span.column + by, end_column=span.end_column + by)
