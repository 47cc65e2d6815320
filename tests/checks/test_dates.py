"""Schedules at hours that some days do not have, and periods that are over, on days that the test chooses."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.document import zones
from bot.experiment.load import load
from checks.dates import gaps, skipped
from tests.checks.conftest import Examine

NOW = datetime(2026, 11, 28, tzinfo=UTC)
SKIPPED = {
    ("30 2 * * *", "America/New_York"): date(2027, 3, 14),
    ("30 1 * * *", "America/New_York"): None,  # comes twice in autumn, and a date is made once
    ("0 0 * * *", "Africa/Cairo"): date(2027, 4, 30),
    ("0 0 * * *", "America/Santiago"): date(2027, 9, 5),
    ("30 2 * * SUN", "America/New_York"): date(2027, 3, 14),
    ("30 2 * * MON", "America/New_York"): None,
    ("30 2 1 * *", "America/New_York"): None,
    ("0 * * * *", "America/New_York"): None,
    ("*/10 2 * * *", "America/New_York"): date(2027, 3, 14),
    ("0 2,3 * * *", "America/New_York"): None,
    ("15 2 * * *", "Australia/Lord_Howe"): date(2027, 10, 3),  # half an hour
    ("45 2 * * *", "Australia/Lord_Howe"): None,
    ("30 2 * * *", "Asia/Tokyo"): None,
    ("30 2 * * *", "UTC"): None,
}


@pytest.mark.parametrize(("schedule", "wanted"), SKIPPED.items(), ids=lambda value: str(value))
def test_skipped(schedule: tuple[str, str], wanted: date | None) -> None:
    assert skipped(*schedule, NOW) == wanted


@pytest.mark.parametrize("zone", sorted(zones.names())[::7])
def test_gaps_are_where_no_moment_is(zone: str) -> None:
    """Against every half hour of two days around, by the zone itself."""
    where = ZoneInfo(zone)
    for day, begins, ends in gaps(zone, NOW.date()):
        assert begins.date() == day
        for minutes in range(-24 * 60, 24 * 60, 15):
            clock = begins + timedelta(minutes=minutes)
            there = clock.replace(tzinfo=where).astimezone(UTC).astimezone(where).replace(tzinfo=None) == clock
            assert there is not (begins <= clock < ends), clock


AB = """\
name: job-reco
jobs: [{{name: infer, command: x}}]
serving:
  kind: ab
  arms: [{{name: a, control: true, table: reco.v3}}, {{name: b, table: reco.v4}}]
  period: {{{0}}}
"""


@pytest.mark.parametrize(
    ("period", "before", "wanted"),
    [
        ("start: 2025-12-01, end: 2026-01-01", None, "dates.over"),
        ("start: 2025-12-01, end: 2026-01-01", "start: 2025-12-01, end: 2026-12-01", "dates.over"),
        ("start: 2025-12-01, end: 2026-01-01", "start: 2025-12-01, end: 2026-01-01", "dates.ended"),
        ("start: 2025-12-01, weeks: 3", None, "dates.over"),
        ("start: 2025-12-01, end: 2026-11-28", None, "dates.over"),
        ("start: 2025-12-01, end: 2026-11-29", None, ""),
        ("start: 2025-12-01, end: 2026-11-28, timezone: America/New_York", None, ""),  # it is the 27th there
        ("start: 2026-11-30, weeks: 3", None, ""),
    ],
)
def test_a_period_that_is_over(period: str, before: str | None, wanted: str, examine: Examine) -> None:
    base: Any = load("x.yaml", AB.format(before).encode()) if before else None
    text = AB.format(period).encode()
    report = examine({"x.yaml": text}, "dates", now=NOW, history=True, base=base)
    assert [finding.rule for finding in report.findings] == ([wanted] if wanted else [])
    assert report.verdict == ("failed" if wanted == "dates.over" else "passed")


def test_weeks_are_an_end() -> None:
    for period in ("start: 2026-11-30, weeks: 3", "start: 2026-11-30, end: 2026-12-21"):
        serving = load("x.yaml", AB.format(period).encode()).spec.serving
        assert serving is not None
        assert serving.period is not None
        assert serving.period.end == date(2026, 12, 21)


WRONG = {
    "start: 2026-11-30, weeks: 3, end: 2026-12-21": ("conflict", "a period has either an `end` or `weeks`"),
    "start: 2026-11-30, weeks: 0": ("wrong-value", "serving.period.weeks is 0, but should be at least 1"),
    "start: 2026-11-30, weeks: 3w": ("wrong-type", "serving.period.weeks should be a whole number, not '3w'"),
    "weeks: 3": ("missing-key", "the key 'start' is missing"),
    "start: 2026-11-30": ("missing-key", "an A/B test needs an end"),
}


@pytest.mark.parametrize(("period", "wanted"), WRONG.items())
def test_wrong_weeks(period: str, wanted: tuple[str, str]) -> None:
    (problem,) = load("x.yaml", AB.format(period).encode()).problems
    assert (problem.rule, problem.message) == wanted
