"""Shares of cases that come in clusters, with intervals that know it: one user's cases are alike.

Everything is made of a few sums over units (users), so that a warehouse can make them and no row leaves it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist

NORMAL = NormalDist()
CONFIDENCE = 0.95
POWER = 0.95  # of tests with a preference of `SMALLEST`, the share that names the right ranker
SMALLEST = 0.05  # the preference that is worth finding: of 200 decided lists 105 against 95
CLEAR = 5.0  # standard errors that no chance brings, however often one looks
RARE = 3.0  # what was seen in none of n units may still be in 3 of n (95%): no error is 0
FEWEST = 10.0  # degrees of freedom, below which no verdict is to be trusted


@dataclass(frozen=True, slots=True)
class Sums:
    """Each unit has `n` cases that sum up to `x`; these are the sums over units of both, and of their products."""

    x: float = 0
    n: float = 0
    xx: float = 0
    xn: float = 0
    nn: float = 0
    nnn: float = 0
    nnnn: float = 0


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over cases, its standard error, and the degrees of freedom of that error: few where few users weigh."""

    value: float
    error: float
    degrees: float

    def interval(self, confidence: float = CONFIDENCE) -> tuple[float, float]:
        """Where the true value is, in `confidence` of all tests that are looked at once."""
        width = self.error * student((1 + confidence) / 2, self.degrees)
        return self.value - width, self.value + width

    @property
    def spread(self) -> float:
        """The error of a normal distribution whose interval is as wide."""
        return self.error * student((1 + CONFIDENCE) / 2, self.degrees) / NORMAL.inv_cdf((1 + CONFIDENCE) / 2)


def estimate(sums: Sums, *, signed: bool) -> Estimate | None:
    """The mean over all cases, with the error of a ratio of sums over units; None without two units of weight.

    A case is 1 or -1 if it is `signed`, else 1 or 0.
    """
    if sums.n**2 <= sums.nn:
        return None
    mean = sums.x / sums.n
    left = max(sums.xx - 2 * mean * sums.xn + mean**2 * sums.nn, 0.0)
    error = sqrt(left) / sums.n or RARE * sums.nn / sums.n**2
    return Estimate(mean, error, _degrees(sums, left, (1 - mean) * (mean + signed)))


def _degrees(sums: Sums, left: float, variance: float) -> float:
    """Those of the error (Satterthwaite), by how alike a unit's cases are: 0 as if drawn anew, 1 all the same."""
    more = (sums.nn - sums.n) * variance
    alike = min(1.0, max(0.0, (left - sums.n * variance) / more)) if more > 0 else 1.0
    whole = (1 - alike) * sums.n + alike * sums.nn
    parts = (1 - alike) ** 2 * sums.nn + 2 * alike * (1 - alike) * sums.nnn + alike**2 * sums.nnnn
    return max(1.0, whole**2 / parts - 1)


def student(probability: float, degrees: float) -> float:
    """The quantile of Student's t, by its expansion around the normal one; within 1% from 5 degrees on."""
    z = NORMAL.inv_cdf(probability)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    return z + first / degrees + second / degrees**2


def bound(rivals: int) -> float:
    """How many standard errors a preference must be away from 0 to be named, with so many rankers beside the control.

    By the reflection of a random walk: a walk of no preference is beyond it on any day, up to the last one, in twice as
    many tests as on the last day alone. So it holds for who looks every day.
    """
    return NORMAL.inv_cdf(1 - (1 - CONFIDENCE) / rivals / 4)


def progress(preference: Estimate, rivals: int) -> float:
    """What part of the needed impressions was seen: 1 where a preference of `SMALLEST` would be named by `POWER`."""
    return (SMALLEST / preference.spread / (bound(rivals) + NORMAL.inv_cdf(POWER))) ** 2


def named(preference: Estimate, rivals: int) -> int:
    """1 or -1 where the preference is beyond the bound, by its sign; 0 where it may be none.

    Before all needed impressions were seen the bound is further out, by as much as fewer were seen, up to `CLEAR`.
    """
    limit = min(CLEAR, bound(rivals) / sqrt(min(1.0, progress(preference, rivals))))
    if preference.degrees < FEWEST or abs(preference.value) <= limit * preference.spread:
        return 0
    return 1 if preference.value > 0 else -1


def needed(seen: int, preference: Estimate, rivals: int) -> int | None:
    """How many impressions like the `seen` ones are needed; None where that cannot be told yet."""
    return ceil(seen / progress(preference, rivals)) if preference.degrees >= FEWEST else None
