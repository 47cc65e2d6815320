"""What a metric was over whole weeks: what the power of a test is worked out from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Baseline:
    """The values that units had by the end of some weeks: of how many, their mean and their standard deviation."""

    units: int
    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Measurement:
    """A metric from the day `since` on, as a test that began then would have found it.

    `key` is a digest of what was measured. `baselines` are those after one week, two, and so on. `new` are the units
    that were first seen on each day, so that the first week's add up to the units of the first baseline.
    """

    metric: str
    key: str
    at: datetime
    since: date
    baselines: tuple[Baseline, ...]
    new: tuple[int, ...]
