"""The time zones that mean the same everywhere: those of IANA's, by their own names."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from bot.document.nearest import nearest

NOT_MEANT = frozenset({"Factory", "localtime"})  # they say nothing, or what a machine is set to
SHORT = {"JST": "Asia/Tokyo", "KST": "Asia/Seoul", "IST": "Asia/Kolkata", "SGT": "Asia/Singapore", "Z": "UTC"}
"""Abbreviations in use; those that several countries have are left out."""


@cache
def names() -> frozenset[str]:
    """Every zone that a file may name: those that the package tzdata lists; machines' folders hold others, too."""
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="ascii").split()) - NOT_MEANT


def meant(written: str) -> str | None:
    """The zone that another spelling certainly means: `asia/tokyo`, `Tokyo`, `JST`, `Asia/Tokio`."""
    words = written.strip().replace(" ", "_")
    if words.upper() in SHORT:
        return SHORT[words.upper()]
    named = [zone for zone in sorted(names()) if words.lower() in (zone.lower(), zone.lower().rpartition("/")[2])]
    return named[0] if len(named) == 1 else nearest(words, sorted(names()))
