"""Intervals hold what they say, for users of very different weight, and for who looks every day."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.readout.statistics import (
    CONFIDENCE,
    POWER,
    SMALLEST,
    Estimate,
    bound,
    estimate,
    named,
    needed,
    progress,
    student,
)
from tests.fuzz import count, drawn
from tests.readout.worlds import drafted, leaning, sums

UNITS = st.lists(st.tuples(st.integers(-9, 9), st.integers(1, 9)).map(list), min_size=2, max_size=12)


def read(units: Iterable[list[int]]) -> Estimate:
    """The preference of units."""
    found = estimate(sums(units), signed=True)
    assert found is not None
    return found


@given(UNITS)
@drawn(100)
def test_the_error_is_that_of_a_ratio(units: list[list[int]]) -> None:
    """As the delta method has it, a unit at a time."""
    found = read(units)
    x, n = (sum(unit[i] for unit in units) for i in (0, 1))
    assert found.value == pytest.approx(x / n)
    if (error := sqrt(sum((unit[0] - x / n * unit[1]) ** 2 for unit in units)) / n) > 1e-6:
        assert found.error == pytest.approx(error, rel=1e-4)
    else:
        assert found.error > 0, "nothing is certain"


def test_degrees_of_freedom_are_those_of_who_weighs() -> None:
    """One of each of 100 users counts as 99; if some come often and stay what they are, they are the sample."""
    once = [[1, 1], [-1, 1]] * 50
    often = [[40, 40], [-40, 40]] * 4
    assert read(once).degrees == pytest.approx(99)
    assert read([*once, *often]).degrees == pytest.approx(7, abs=0.5)


def test_a_single_unit_says_nothing() -> None:
    assert estimate(sums([]), signed=True) is None
    assert estimate(sums([[5, 9]]), signed=True) is None


def test_what_all_do_is_not_certain() -> None:
    """Of 60 users who all prefer one, 3 in 60 of those to come may prefer the other."""
    low, high = read([[1, 1]] * 60).interval()
    assert low == pytest.approx(0.9, abs=0.002)
    assert high == pytest.approx(1.1, abs=0.002)


@pytest.mark.parametrize(("degrees", "table"), [(5, 2.571), (10, 2.228), (30, 2.042), (1e9, 1.960)])
def test_students_quantiles(degrees: float, table: float) -> None:
    assert student(0.975, degrees) == pytest.approx(table, rel=0.01)


def test_more_rankers_need_more() -> None:
    assert bound(1) == pytest.approx(2.2414, abs=1e-4), "half of 5%, by both signs"
    found = read(leaning(Random("rivals"), 500, 0.0))
    wanted = [needed(1_000, found, rivals) or 0 for rivals in (1, 2, 4)]
    assert wanted == sorted(wanted)
    assert wanted[0] < wanted[-1]


def test_twice_the_error_needs_four_times_as_many() -> None:
    one, four = (read(leaning(Random("needed"), users, 0.0)) for users in (1_000, 4_000))
    assert progress(four, 1) / progress(one, 1) == pytest.approx(4, rel=0.25)


def is_near(hits: int, cases: int, share: float) -> bool:
    """Whether so many hits are what a share says: within 1%, or within four standard errors for fewer cases."""
    return abs(hits / cases - share) <= max(0.01, 4 * sqrt(share * (1 - share) / cases))


@pytest.mark.slow
@pytest.mark.parametrize("per", ["ranking", "unit_day"])
def test_intervals_cover_where_rankers_are_equal(per: str) -> None:
    cases, covered = count(20, 10_000), 0
    for number in range(cases):
        found = read(drafted(Random(f"aa-{per}-{number}"), 400, per).values())
        low, high = found.interval()
        covered += low <= 0 <= high
    assert is_near(covered, cases, CONFIDENCE), covered / cases


@pytest.mark.slow
def test_the_right_ranker_is_named_at_the_claimed_number() -> None:
    """The number is what the first users' spread says; the preference is the smallest that is worth finding."""
    pilot = leaning(Random("pilot"), 20_000, SMALLEST)
    found = read(pilot)
    seen = sum(n for _, n in pilot)
    users = round(20_000 * (needed(seen, found, 1) or 0) / seen)
    cases, right = count(50, 10_000), 0
    for number in range(cases):
        test = read(leaning(Random(f"power-{number}"), users, SMALLEST))
        right += named(test, 1) == 1
    assert right / cases >= POWER - max(0.01, 4 * sqrt(POWER * (1 - POWER) / cases)), right / cases


@pytest.mark.slow
def test_who_looks_every_day_is_seldom_wrong() -> None:
    """28 looks at equal rankers, until the needed impressions are there: one is named in no more than 5%."""
    cases, wrong = count(15, 5_000), 0
    pilot = leaning(Random("pilot"), 20_000, 0.0)
    found = read(pilot)
    users = round(20_000 / progress(found, 1))
    for number in range(cases):
        test = leaning(Random(f"looks-{number}"), users, 0.0)
        looks = (read(test[: users * day // 28]) for day in range(1, 29))
        wrong += any(named(look, 1) for look in looks)
    assert wrong / cases <= 0.05 + max(0.01, 4 * sqrt(0.05 * 0.95 / cases)), wrong / cases
