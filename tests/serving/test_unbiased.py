"""Rankers that are equally good come out equal, whatever their lists look like, and a better one comes out better."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random

import pytest

from examples.serving.draft import Item, draft, seed
from tests.fuzz import count

ITEMS: list[Item] = [f"i{n}" for n in range(12)]
LENGTH = 10
SIMULATED = count(2_000, most=10_000)
Lists = Sequence[Sequence[Item | None]]


def shuffled(random: Random, rankers: int) -> Lists:
    """Rankers that know nothing."""
    return [random.sample(ITEMS, len(ITEMS)) for _ in range(rankers)]


def equal(_: Random, rankers: int) -> Lists:
    """Rankers that agree."""
    return [ITEMS] * rankers


def shifted(_: Random, rankers: int) -> Lists:
    """The same items in the same order, each ranker beginning one later: of such lists balanced favours one."""
    return [ITEMS[n:] + ITEMS[:n] for n in range(rankers)]


def short(_: Random, rankers: int) -> Lists:
    """All but the first have few."""
    return [ITEMS, *[ITEMS[:3]] * (rankers - 1)]


def short_control(_: Random, rankers: int) -> Lists:
    """The first has few, and others of its own."""
    return [ITEMS[-3:], *[ITEMS] * (rankers - 1)]


def repeated(random: Random, rankers: int) -> Lists:
    """Rows come twice, and NULL among them."""
    return [[None, *random.choices(ITEMS, k=20)] for _ in range(rankers)]


def preference(method: str, kind: Callable[[Random, int], Lists], rankers: int, liked: frozenset[Item]) -> list[float]:
    """How many standard errors each ranker is preferred to the one before it, over the simulations.

    A user looks at each place less often than at the one above it, and clicks what is liked more often. Of two rankers
    the one with more clicks is preferred in this list.
    """
    random, names = Random(rankers), [f"r{n}" for n in range(rankers)]
    results: list[list[int]] = [[] for _ in names[1:]]
    for n in range(SIMULATED):
        lists = dict(zip(names, kind(random, rankers), strict=True))
        clicks = dict.fromkeys(names, 0)
        for place, (item, ranker) in enumerate(draft(method, lists, LENGTH, seed("salt", f"user-{n}", "1"))):
            if ranker and random.random() < (0.6 if item in liked else 0.3) * 0.85**place:
                clicks[ranker] += 1
        for result, (one, other) in zip(results, pairwise(names), strict=True):
            result.append((clicks[other] > clicks[one]) - (clicks[other] < clicks[one]))
    return [z(result) for result in results]


def z(values: Sequence[int]) -> float:
    """The mean in its standard errors."""
    mean = sum(values) / len(values)
    return mean / math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1) / len(values))


NONE = frozenset[Item]()
KINDS = [shuffled, equal, shifted, short, short_control, repeated]


@pytest.mark.slow
@pytest.mark.parametrize("rankers", [2, 3, 4, 5])
@pytest.mark.parametrize("method", ["team", "probabilistic"])
@pytest.mark.parametrize("kind", KINDS)
def test_equal_rankers_come_out_equal(kind: Callable[[Random, int], Lists], method: str, rankers: int) -> None:
    assert all(abs(score) < 3 for score in preference(method, kind, rankers, NONE))


@pytest.mark.parametrize("kind", [shuffled, equal, repeated])
def test_balanced_is_fair_to_lists_that_are_alike(kind: Callable[[Random, int], Lists]) -> None:
    assert abs(preference("balanced", kind, 2, NONE)[0]) < 3


def test_balanced_favours_a_shifted_list_where_team_does_not() -> None:
    assert preference("balanced", shifted, 2, NONE)[0] > 10
    assert abs(preference("team", shifted, 2, NONE)[0]) < 3


@pytest.mark.parametrize("method", ["team", "balanced", "probabilistic"])
def test_the_better_ranker_is_preferred(method: str) -> None:
    """The second has what is liked at the top."""

    def better(random: Random, rankers: int) -> Lists:
        rest = random.sample(ITEMS, len(ITEMS))
        return [rest, sorted(rest, key=lambda item: item not in liked)]

    liked = frozenset(ITEMS[:4])
    assert preference(method, better, 2, liked)[0] > 5


@pytest.mark.slow
@pytest.mark.parametrize("method", ["team", "balanced", "probabilistic"])
def test_each_ranker_begins_half_of_the_lists(method: str) -> None:
    """100,000 lists: 0.005 is three standard errors."""
    lists = {"a": ITEMS, "b": ITEMS[::-1]}
    firsts = [draft(method, lists, 1, seed("salt", f"user-{n}", "1"))[0][1] for n in range(100_000)]
    assert abs(firsts.count("a") / len(firsts) - 0.5) < 0.005
