"""Simulated interleaving tests: users of very different weight, who are alike to themselves from day to day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from random import Random
from typing import Any

from bot.readout.statistics import Sums
from examples.serving.draft import draft, seed

RANKERS = ("control", "other")
ITEMS, LENGTH = 12, 6
MOST = 28  # days on which the heaviest user comes: all of a test of four weeks
Cases = dict[int, list[int]]
"""Each unit's sum and how many cases it is over."""


def sums(units: Iterable[list[int]]) -> Sums:
    """What the query makes of units."""
    known = [unit for unit in units if unit[1]]
    powers = (sum(n**power for _, n in known) for power in (2, 3, 4))
    x, n = (sum(unit[i] for unit in known) for i in (0, 1))
    return Sums(x, n, sum(x * x for x, _ in known), sum(x * n for x, n in known), *powers)


def drafted(random: Random, users: int, per: str) -> Cases:
    """Equal rankers, whose lists for a user stay the same: who happens to like one's items does so every day."""
    cases: Cases = defaultdict(lambda: [0, 0])
    for user in range(users):
        lists: dict[str, list[Any]] = {name: random.sample(range(ITEMS), ITEMS) for name in RANKERS}
        liked, patience = set(random.sample(range(ITEMS), 3)), random.random()
        for day in range(min(int(random.paretovariate(1.2)), MOST)):
            visits = 1 + (random.random() < 0.5)
            for visit in range(1 if per == "unit_day" else visits):
                coins = seed("salt", f"{random.random()}", f"{day}-{visit}")
                takes = [
                    ranker
                    for place, (item, ranker) in enumerate(draft("team", lists, LENGTH, coins))
                    if item in liked and random.random() < patience ** (place / (visits if per == "unit_day" else 1))
                ]
                ahead = takes.count("other") - takes.count("control")
                cases[user][0] += (ahead > 0) - (ahead < 0)
                cases[user][1] += ahead != 0
    return cases


def leaning(random: Random, users: int, preference: float, spread: float = 0.3) -> list[list[int]]:
    """Users of whom each has a preference of its own around `preference`; a case is a decided list."""
    cases = []
    for _ in range(users):
        share = 0.5 + preference / 2 + random.uniform(-spread, spread) / 2
        n = min(int(random.paretovariate(1.5)), MOST)
        won = sum(random.random() < share for _ in range(n))
        cases.append([2 * won - n, n])
    return cases
