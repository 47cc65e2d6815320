"""A line of text, and what it is: a terminal may colour it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.report.escape import console

Style = Literal["error", "warning", "notice", "plain", "good", "faint", "head"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line, whatever it was made of: it has no breaks and controls, shows no secret, and is no command."""

    text: str
    kind: Style = "plain"

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", console(self.text))
