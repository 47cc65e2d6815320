"""How many units a test needs to find a change of its metric, and how many it gets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import NormalDist

from bot.compile import traffic
from bot.compile.metric import WEEK
from bot.document.share import HUNDREDTHS, hundredths
from bot.experiment.arms import Arm, Serving
from bot.ports import Baseline, Measurement
from bot.settings import Settings

ALPHA = 0.05  # the chance to find a change that is not there, in either direction
POWER = 0.8  # the chance to find one that is
LONGEST = 52  # weeks that are looked ahead


@dataclass(frozen=True, slots=True)
class Power:
    """What the smallest arm of a test needs and gets by its end, in units.

    `needs` is None where no change can be found, since the metric is 0 for all. `weeks` is the first one after which
    the arm has enough, None where it has not within LONGEST.
    """

    arm: str
    needs: int | None
    gets: int
    days: int
    weeks: int | None

    @property
    def is_enough(self) -> bool:
        """Whether the test can find what it looks for."""
        return self.needs is not None and self.gets >= self.needs

    @property
    def takes(self) -> str:
        """How long the arm takes to have enough, in words."""
        return f"more than {LONGEST} weeks" if self.weeks is None else lasting(self.weeks * WEEK)


def needed(baseline: Baseline, effect: float, ratio: float) -> int | None:
    """Units of an arm to find a change of the mean by `effect`, a share of it, beside `ratio` times as many others.

    The normal approximation: (1 + 1 / ratio) (z(1 - alpha/2) + z(power))^2 sd^2 / change^2. None where the mean is 0.
    """
    change = effect * abs(baseline.mean)
    if change == 0:
        return None
    z = NormalDist().inv_cdf(1 - ALPHA / 2) + NormalDist().inv_cdf(POWER)
    return max(2, math.ceil((1 + 1 / ratio) * (z * baseline.deviation / change) ** 2))


def power(serving: Serving, measurement: Measurement, new: Sequence[float]) -> Power | None:
    """Of the smallest arm beside the control, which gets so many `new` units on each day of the measurement.

    None where nobody looks for an effect between arms, or the test has no end.
    """
    arm, days = smallest(serving), length(serving)
    if serving.kind != "ab" or serving.metrics is None or arm is None or days is None:
        return None
    effect = hundredths(serving.metrics.effect) / HUNDREDTHS
    ratio = sum(one.weight for one in serving.arms if one.control) / arm.weight

    def needs(after: int) -> int | None:
        return needed(measurement.baselines[_week(measurement, after)], effect, ratio)

    enough = (n for n in range(1, LONGEST + 1) if (least := needs(n * WEEK)) and arrived(new, n * WEEK) >= least)
    return Power(arm.name, needs(days), round(arrived(new, days)), days, next(enough, None))


def expected(serving: Serving, measurement: Measurement, settings: Settings) -> list[float]:
    """New units of the smallest arm on each day, by the shares of slots, holdouts and weights.

    `conditions` and `surfaces` let in fewer than that: how many, the measurement does not say.
    """
    arm = smallest(serving)
    share = arm.weight / sum(one.weight for one in serving.arms) if arm is not None else 0
    return [share * traffic.inside(serving, settings) * units for units in measurement.new]


def arrived(new: Sequence[float], days: int) -> float:
    """Units that are in a test after so many days; after those that were measured they come as in the last week."""
    return math.fsum(new[:days]) + max(0, days - len(new)) * math.fsum(new[-WEEK:]) / WEEK


def smallest(serving: Serving) -> Arm | None:
    """The arm that has the fewest users to be compared with the control by; None if the test has no such arm."""
    others = [arm for arm in serving.arms if not arm.control]
    return min(others, key=lambda arm: arm.weight, default=None)


def length(serving: Serving) -> int | None:
    """The days that the test lasts, if it has an end."""
    period = serving.period
    return (period.end - period.start) // timedelta(days=1) if period is not None and period.end is not None else None


def lasting(days: int) -> str:
    """So many days, in weeks where they are whole."""
    weeks, rest = divmod(days, WEEK)
    number, word = (days, "day") if rest else (weeks, "week")
    return f"{number} {word}{'' if number == 1 else 's'}"


def units(unit: str) -> str:
    """What the ids of a unit are of, in the plural."""
    return f"{unit.removesuffix('_id')}s"


def _week(measurement: Measurement, days: int) -> int:
    """Which of the baselines is that of a test of so many days: the one of its whole weeks, as far as there is one."""
    return min(max(days // WEEK, 1), len(measurement.baselines)) - 1
