"""The name that somebody most likely meant, in a time that does not depend on how many names there are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, lru_cache

DIGITS = re.compile("[0-9]")  # train-1 is no slip of train-2
LONGEST = 100  # characters; nobody mistypes more


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The first of the names that `word` is a slip of: a letter too few, too many, another or two swapped.

    Names that differ in their digits alone are different names.
    """
    return _nearest(word, _index(tuple(names)))


def finder(names: Iterable[str]) -> Callable[[str], str | None]:
    """As `nearest`, for many words among the same names, which are looked through for the first word only."""

    @cache
    def index() -> Mapping[str, str]:
        return _index(tuple(names))

    return lambda word: _nearest(word, index())


def _nearest(word: str, index: Mapping[str, str]) -> str | None:
    candidates = (index[slip] for slip in _slips(word) if slip in index)
    return next((name for name in candidates if DIGITS.sub("", name) != DIGITS.sub("", word)), None)


@lru_cache(maxsize=32)
def _index(names: tuple[str, ...]) -> dict[str, str]:
    index: dict[str, str] = {}
    for name in names:
        for slip in _slips(name):
            index.setdefault(slip, name)
    return index


def _slips(word: str) -> Iterator[str]:
    """The word, and what is left of it without one of its letters; two words one slip apart have one in common."""
    if len(word) <= LONGEST:
        word = word.lower()
        yield word
        for i in range(len(word)):
            yield word[:i] + word[i + 1 :]
