"""Drafts for other languages to be proven by: what goes in, and what the reference makes of it."""

from __future__ import annotations

import json
from random import Random

from examples.serving.draft import METHODS, Item, draft, seed

COUNT = 1_000
UNITS = ("user-{}", "{}", "ユーザー{}", "🦊:{}", "é\x1f{}", " {} ")
RANKERS = ("als-v3", "als-v4", "2", "1", "next")  # names that are numbers: JavaScript would sort them as keys

Lists = list[tuple[str, list[Item | None]]]


def page() -> str:
    """All of them as JSON, one a line."""
    lines = (json.dumps(vector(n), ensure_ascii=False, separators=(",", ":")) for n in range(COUNT))
    return "[\n" + ",\n".join(lines) + "\n]\n"


def vector(n: int) -> dict[str, object]:
    """The vector with this number. Some need more than one block of coins, some have a list that is short or empty."""
    random = Random(n)  # only `random()` gives the same in every version of Python
    method = (*METHODS, "team")[n % 4]
    long = n % 100 == 0
    lists = drawn(random, 2 if method == "balanced" else 2 + int(random.random() * 4), 250 if long else 9)
    length = 1 + int(random.random() * (500 if long else 12))
    text = seed(f"next-locale:{n % 3}", UNITS[n % len(UNITS)].format(n), f"2026-11-{n % 30 + 1:02}")
    drafted = draft(method, dict(lists), length, text)
    items, rankers = [item for item, _ in drafted], [ranker for _, ranker in drafted]
    given = {"method": method, "lists": lists, "length": length, "seed": text}
    return {**given, "items": items, "rankers": rankers}


def drawn(random: Random, rankers: int, longest: int) -> Lists:
    """As many lists, which share some items, of texts and numbers, with NULL and duplicates; few are short or empty."""
    names = RANKERS[:rankers] if random.random() < 0.5 else RANKERS[::-1][:rankers]
    lengths = [int((longest + 1) * (1 - random.random() ** 6)) for _ in names]
    return [(name, [item(random, longest) for _ in range(long)]) for name, long in zip(names, lengths, strict=True)]


def item(random: Random, longest: int) -> Item | None:
    """One of about twice as many items as the longest list has."""
    number = int(random.random() * 2 * longest)
    return None if number == 0 else number if number % 5 == 0 else f"{number}" if number % 5 == 1 else f"i{number}"
