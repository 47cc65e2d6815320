"""The frame of what is posted, in the readers' language; findings, reasons and steps stay as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import LiteralString

from bot.report.escape import Markdown, fill
from bot.report.japanese import JAPANESE
from bot.settings import Language

Say = Callable[[LiteralString], LiteralString]
"""Gives a form, such as `Next: {}`, in a language."""


def english(form: LiteralString) -> LiteralString:
    """The form as the code has it."""
    return form


def japanese(form: LiteralString) -> LiteralString:
    """The form in Japanese; a test finds each that has none."""
    return JAPANESE[form]


LANGUAGES: dict[Language, Say] = {"en": english, "ja": japanese}


def number(say: Say, how_many: int, one: LiteralString, many: LiteralString) -> Markdown:
    """So many of something, as in `1 problem`, `2 problems`."""
    return fill(say(one if how_many == 1 else many), how_many)
