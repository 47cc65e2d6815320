"""A line of text, and what it is: a terminal may colour it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["error", "warning", "notice", "plain", "good", "faint", "head"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line; breaks in it would be somebody else's text, and are not there."""

    text: str
    kind: Kind = "plain"
