"""One form of a secret: what tells that it may be there, and what of it is hidden."""

from __future__ import annotations

import re
from dataclasses import dataclass

HIDDEN = "***"
MOST = 4_000  # characters of one value; a longer one is a text of its own


@dataclass(frozen=True, slots=True)
class Form:
    """One form: nothing is looked for unless one of `signs`, in lower case, is in the text.

    What is kept of a match is its group `keep`.
    """

    name: str
    signs: tuple[str, ...]
    pattern: str
    flags: re.RegexFlag = re.NOFLAG

    @property
    def compiled(self) -> re.Pattern[str]:
        """The pattern, compiled when it is first needed; `re` remembers it."""
        return re.compile(self.pattern, self.flags)

    def hide(self, text: str) -> str:
        """The text with the secrets of this form hidden."""
        return self.compiled.sub(_hidden, text)


def _hidden(match: re.Match[str]) -> str:
    return (match["keep"] if "keep" in match.re.groupindex else "") + HIDDEN


def form(name: str, signs: str, pattern: str, flags: re.RegexFlag = re.NOFLAG) -> Form:
    """A form whose signs stand in one text, with spaces between them."""
    return Form(name, tuple(signs.split(" ")), pattern, flags)
