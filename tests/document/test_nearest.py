"""Suggestions: the slips people make, and nothing far-fetched."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.document.nearest import finder, nearest

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


def test_many_words_are_looked_for_among_the_same_names() -> None:
    """The names are looked through for the first word, and for it alone."""
    looked: list[str] = []

    def names() -> Iterator[str]:
        looked.append("once")
        yield from KNOWN

    meant = finder(names())
    assert not looked
    words = ["comand", "Name", "reco", "nmae", "comand"]
    assert [meant(word) for word in words] == [nearest(word, KNOWN) for word in words]
    assert looked == ["once"]


def test_nothing_is_near_where_nothing_is() -> None:
    assert nearest("name", []) is None
