"""A metric's query made one that counts units, and the measurement made of its rows."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from bot.compile.names import digest
from bot.errors import Refused
from bot.ports import Baseline, Measurement
from bot.settings.metric import Metric
from bot.settings.query import inner

WEEK = 7  # days
WEEKS = 4  # that are measured: as long as most tests last
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "unit": ("STRING", "INT64"),
    "day": ("DATE",),
    "value": ("INT64", "FLOAT64", "NUMERIC", "BIGNUMERIC"),
}
"""What a query has to select, with the types that can be counted."""


def key(metric: Metric) -> str:
    """A digest of what is measured: of another one, a measurement says nothing."""
    return digest([metric.query, metric.unit, metric.type], 16)


def lacks(columns: Mapping[str, str]) -> list[str]:
    """What is wrong with the columns of a query, in phrases."""
    found = []
    for name, kinds in COLUMNS.items():
        if name not in columns:
            found.append(f"has no column `{name}`")
        elif columns[name] not in kinds:
            *others, last = kinds
            found.append(
                f"has `{name}` as {columns[name]}, not as {' or '.join([*filter(None, [', '.join(others)]), last])}"
            )
    return found


def statement(metric: Metric, since: date) -> str:
    """A row for each unit of the weeks from `since` on: its id, its first and last day, its value after each week.

    The same text for every warehouse.
    """
    ends = [since + timedelta(weeks=week) for week in range(1, WEEKS + 1)]
    sums = [f"SUM(CASE WHEN day < DATE '{end}' THEN value END) AS week{i}" for i, end in enumerate(ends, 1)]
    return (
        f"SELECT CAST(unit AS STRING) AS id, MIN(day) AS seen, MAX(day) AS left_on, {', '.join(sums)}\n"
        f"FROM (\n{inner(metric.query)}\n) AS metric\n"
        f"WHERE unit IS NOT NULL AND day >= DATE '{since}' AND day < DATE '{ends[-1]}'\nGROUP BY 1"
    )


@dataclass
class Count:
    """The units of a metric's statement, counted as they come."""

    metric: Metric
    since: date
    new: list[int] = field(default_factory=lambda: [0] * (WEEK * WEEKS))
    values: list[array[float]] = field(default_factory=lambda: [array("d") for _ in range(WEEKS)])
    last: date | None = None
    """The newest day that any of them was seen on."""

    def add(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Count these; raises Refused for a value that is no number."""
        for _, seen, left, *sums in rows:
            day = (seen - self.since).days
            self.new[day] += 1
            self.last = left if self.last is None else max(self.last, left)
            for week in range(day // WEEK, WEEKS):
                self.values[week].append(self._value(sums[week]))

    def _value(self, total: Any) -> float:
        value = float(total or 0)
        if not math.isfinite(value):
            raise Refused("the query's `value` is not a finite number everywhere")
        return value if self.metric.type == "mean" else float(value > 0)

    def measurement(self, name: str, at: datetime) -> Measurement:
        """What was counted; raises Refused where no unit was."""
        if not self.values[0]:
            raise Refused(f"the query has no units in the week from {self.since} on")
        baselines = tuple(map(_baseline, self.values))
        return Measurement(name, key(self.metric), at, self.since, baselines, tuple(self.new))


def _baseline(values: Sequence[float]) -> Baseline:
    mean = math.fsum(values) / len(values)
    squares = math.fsum((value - mean) ** 2 for value in values)
    return Baseline(len(values), mean, math.sqrt(squares / max(1, len(values) - 1)))
