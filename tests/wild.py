"""Values that nobody expects, and damage to what was expected."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

DEEP: Any = []
for _ in range(100):
    DEEP = [DEEP]
WILD: list[Any] = [
    None, True, False, 0, 7, -1, 1.5, 1e308, float("inf"), float("nan"), 1 << 70, "", "x", "Succeeded", "0" * 5_000,
    "\ud800", "\x1b[31m\r\n::error::x", "9999-12-31T23:59:59-14:00", "2026-02-30T00:00:00Z", "2026-11-23", [], [None],
    ["x"], [[]], [{}], {}, {"": {}}, {"x": None}, {"x": {"x": "x"}}, DEEP,
]  # fmt: skip


def places(value: Any, route: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The routes to everything in a value."""
    for key, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*route, key)
        yield from places(part, (*route, key))


def damaged(whole: Any, chance: random.Random) -> Any:
    """A copy with one thing wrong, or a few."""
    held = {"whole": copy.deepcopy(whole)}
    for _ in range(chance.choice([1, 1, 1, 2, 5])):
        *above, last = chance.choice(list(places(held)))
        parent: Any = held
        for step in above:
            parent = parent[step]
        kind = chance.choice(["other", "other", "gone", "moved"])
        if kind == "other" or isinstance(parent, list) or parent is held:
            parent[last] = copy.deepcopy(chance.choice(WILD))
        elif kind == "gone":
            del parent[last]
        else:
            parent[chance.choice(["", "x", "é\ud800"])] = parent.pop(last)
    return held["whole"]
