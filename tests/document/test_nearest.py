"""Suggestions: the slips people make, and nothing far-fetched."""

from __future__ import annotations

import pytest

from bot.document.nearest import nearest

KNOWN = ["dependencies", "command", "commands", "name", "option", "all", "ab", "reco-batch", "stale", "train-2"]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("dependancies", "dependencies"),
        ("dependecies", "dependencies"),
        ("dependenciess", "dependencies"),
        ("comand", "command"),
        ("commmand", "command"),
        ("commandss", "commands"),
        ("nmae", "name"),
        ("Name", "name"),
        ("NAMES", "name"),
        ("stail", "stale"),
        ("al", "all"),
        ("reco-bacth", "reco-batch"),
        ("abtest", None),
        ("reco", None),
        ("", None),
        ("x" * 500_000, None),
    ],
)
def test_nearest(word: str, meant: str | None) -> None:
    assert nearest(word, KNOWN) == meant


def test_nothing_is_near_where_nothing_is() -> None:
    assert nearest("name", []) is None
