"""The power of a test, against what brute force finds, and the counts that it is worked out from."""

from __future__ import annotations

import math
import random
import statistics
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from bot.compile.metric import Count, lacks, statement
from bot.compile.power import arrived, expected, needed, power
from bot.errors import Refused
from bot.experiment.arms import Serving
from bot.ports import Baseline, Measurement
from bot.settings import Settings
from bot.settings.metric import Metric
from tests.fuzz import count
from tests.some import some
from tests.traffic.conftest import ab, file, repository

NOW, SINCE = datetime(2026, 11, 30, 4, tzinfo=UTC), date(2026, 11, 2)
MEAN = Metric(query="SELECT unit, day, value FROM logs.clicks", unit="user_id", type="mean")
PROPORTION = MEAN.model_copy(update={"type": "proportion"})
Z = statistics.NormalDist().inv_cdf(0.975)


@pytest.mark.parametrize(("effect", "ratio", "wanted"), [(0.05, 8, 14_128), (0.02, 8, 88_300), (0.05, 1, 25_117)])
def test_what_an_arm_needs(effect: float, ratio: float, wanted: int) -> None:
    """A mean of 0.8 with a standard deviation of 1.6, as any calculator of sample sizes has it."""
    assert abs(some(needed(Baseline(1_000, 0.8, 1.6), effect, ratio)) - wanted) <= 1
    assert needed(Baseline(1_000, 0.0, 0.0), effect, ratio) is None


Draw = Callable[[random.Random, float], float]


def visits(draw: random.Random, lift: float) -> float:
    """A skewed value: most users do little, some do much."""
    return int(draw.expovariate(0.5)) + lift / (math.exp(0.5) - 1)


def buys(draw: random.Random, lift: float) -> float:
    """A rare event."""
    return float(draw.random() < 0.15 * (1 + lift))


CASES = [(visits, 0.20, 1.0), (visits, 0.15, 3.0), (buys, 0.30, 1.0), (buys, 0.30, 4.0), (buys, 0.40, 0.25)]


def rejects(draw: random.Random, value: Draw, n: int, ratio: float, lift: float) -> bool:
    """Whether one test finds a change of the mean."""
    arm, control = ([value(draw, up) for _ in range(round(size))] for up, size in ((lift, n), (0.0, n * ratio)))
    spread = statistics.pvariance(arm) / len(arm) + statistics.pvariance(control) / len(control)
    return abs(statistics.fmean(arm) - statistics.fmean(control)) > Z * math.sqrt(spread)


@pytest.mark.slow
@pytest.mark.parametrize(("value", "lift", "ratio"), CASES)
def test_so_many_units_find_it_in_four_of_five_tests(value: Draw, lift: float, ratio: float) -> None:
    """And where nothing has changed, one of twenty tests finds something."""
    draw, times = random.Random(f"{value.__name__} {lift} {ratio}"), count(150, 20_000)
    values = [value(draw, 0.0) for _ in range(100_000)]
    n = some(needed(Baseline(len(values), statistics.fmean(values), statistics.stdev(values)), lift, ratio))
    for share, change in ((0.8, lift), (0.05, 0.0)):
        found = sum(rejects(draw, value, n, ratio, change) for _ in range(times)) / times
        slack = 4 * math.sqrt(share * (1 - share) / times) + 0.05  # an arm that buys more has another spread
        assert abs(found - share) < slack, (n, share, found)


def measurement(new: int, *baselines: Baseline) -> Measurement:
    """So many new units a day."""
    return Measurement("clicks", "0badcafe", NOW, SINCE, baselines, (new,) * 7 * len(baselines))


def serving(**more: Any) -> Serving:
    """The test of `tests/traffic`, which is read by a metric."""
    (experiment,) = repository(file("reco", ab(metrics={"primary": "clicks"}, **more))).experiments
    return some(experiment.spec.serving)


FOUR = [Baseline(7_000 * week, 0.8, 1.6) for week in range(1, 5)]


def test_what_an_arm_gets() -> None:
    """By weight (20 of 100), slots (half) and holdouts (5%); after the four weeks as fast as in the last one."""
    settings = Settings.model_validate({"holdouts": {"h": {"share": "5%", "start": "2026-07-01", "end": "2027-01-01"}}})
    test = serving(slots={"start": 0, "end": 5_000})
    found = measurement(1_000, *FOUR)
    new = expected(test, found, settings)
    assert new == pytest.approx([1_000 * 0.2 * 0.5 * 0.95] * 28)
    of_test = some(power(test, found, new))
    assert (of_test.arm, of_test.days, of_test.gets) == ("als", 21, 1_995)
    assert arrived(new, 56) == pytest.approx(56 * 95)
    needs = some(of_test.needs)
    assert not of_test.is_enough
    assert of_test.weeks is None, "52 weeks bring 34,580"
    assert needs > 34_580


def test_the_first_week_that_is_enough() -> None:
    """Each baseline is that of a test of so many weeks: a longer one may need more, and has to get it as well."""
    test, few = serving(), Baseline(7_000, 0.8, 0.8)
    new = [200] * 28
    for baselines, weeks in (((few,) * 4, 18), ((Baseline(7_000, 0.8, 0.15), *FOUR[1:]), 1)):
        of_test = some(power(test, measurement(1_000, *baselines), new))
        assert of_test.weeks == weeks
        enough = [n for n in range(1, 53) if 1_400 * n >= some(needed(baselines[min(n, 4) - 1], 0.02, 4.0))]
        assert of_test.weeks == enough[0]


def test_tests_of_other_kinds_have_no_power() -> None:
    arms = [{"name": "a", "control": True, "table": "reco.v3"}, {"name": "b", "table": "reco.v3"}]
    assert power(serving(kind="aa", arms=arms), measurement(1, *FOUR), [1] * 28) is None


def rows(values: list[tuple[str, date, float | None]], since: date) -> list[tuple[Any, ...]]:
    """What a warehouse answers to the statement: of each unit its days, and its sums after each week."""
    of: dict[str, list[tuple[date, float | None]]] = defaultdict(list)
    for unit, day, value in values:
        if since <= day < since + timedelta(28):
            of[unit].append((day, value))
    found = []
    for unit, each in of.items():
        days = sorted(day for day, _ in each)
        ends = [since + timedelta(7 * week) for week in range(1, 5)]
        sums = [[value for day, value in each if day < end and value is not None] for end in ends]
        found.append((unit, days[0], days[-1], *(sum(each) if each else None for each in sums)))
    return found


@pytest.mark.parametrize("metric", [MEAN, PROPORTION], ids=["mean", "proportion"])
def test_counts_are_those_of_the_units_one_by_one(metric: Metric) -> None:
    """A unit that was seen by the end of a week counts in it with all that it had by then, and with 0 for nothing."""
    for seed in range(count(20, 500)):
        draw = random.Random(seed)
        values = [
            (
                f"u{draw.randrange(30)}",
                SINCE + timedelta(draw.randint(-3, 30)),
                draw.choice([None, 0.0, 1.5, -1.0, 4.0]),
            )
            for _ in range(80)
        ]
        values.append(("u0", SINCE, 1.0))
        counting = Count(metric, SINCE)
        counting.add(rows(values, SINCE))
        found = counting.measurement("clicks", NOW)
        for week, baseline in enumerate(found.baselines, 1):
            seen: dict[str, float] = defaultdict(float)
            for unit, day, value in values:
                if SINCE <= day < SINCE + timedelta(7 * week):
                    seen[unit] += value or 0
            ones = [value if metric is MEAN else float(value > 0) for value in seen.values()]
            assert baseline.units == len(ones) == sum(found.new[: 7 * week])
            assert baseline.mean == pytest.approx(statistics.fmean(ones))
            assert baseline.deviation == pytest.approx(statistics.stdev(ones) if len(ones) > 1 else 0)
        assert counting.last == max(day for _, day, _ in values if day < SINCE + timedelta(28))
        assert all(one.units <= other.units for one, other in pairwise(found.baselines))


def test_what_cannot_be_counted() -> None:
    with pytest.raises(Refused, match=r"the query has no units in the week from 2026-11-02 on"):
        Count(MEAN, SINCE).measurement("clicks", NOW)
    for value in (math.nan, math.inf):
        with pytest.raises(Refused, match="is not a finite number everywhere"):
            Count(MEAN, SINCE).add([("u", SINCE, SINCE, *[value] * 4)])


def test_columns_that_a_query_has_to_select() -> None:
    right = {"unit": "STRING", "day": "DATE", "value": "NUMERIC", "more": "BYTES"}
    assert lacks(right) == []
    assert lacks({"unit": "BYTES", "day": "TIMESTAMP"}) == [
        "has `unit` as BYTES, not as STRING or INT64",
        "has `day` as TIMESTAMP, not as DATE",
        "has no column `value`",
    ]
    assert lacks({**right, "value": "BOOL"}) == ["has `value` as BOOL, not as INT64, FLOAT64, NUMERIC or BIGNUMERIC"]


def test_a_query_may_end_as_a_statement_does() -> None:
    text = statement(MEAN.model_copy(update={"query": "SELECT 1 AS unit -- all\n ;\n"}), SINCE)
    assert "FROM (\nSELECT 1 AS unit -- all\n) AS metric" in text
