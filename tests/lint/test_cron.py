"""Schedules are those that Argo's scheduler takes."""

from __future__ import annotations

import pytest

from bot.lint.parts.cron import fault

TAKEN = [
    "* * * * *", "0 4 * * *", "*/5 * * * *", "0-30/10 4,16 1 JAN-MAR mon-FRI", "? ? ? ? ?", "5/15 * * * *", "@daily",
    "@every 1h30m", "@every 1.5h", "TZ=Asia/Tokyo 0 4 * * *", "CRON_TZ=UTC @hourly", "+5 * * * *",
    ", * * * *", "0 0 * * 0,6",
]  # fmt: skip
REFUSED = [
    "", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 7", "5-1 * * * *",
    "*/0 * * * *",
    "a * * * *", "1-2-3 * * * *", "1/2/3 * * * *", "@noon", "@every soon", "TZ=Nowhere/City * * * * *", "TZ=UTC",
    "* * L * *",
    "-5 * * * *", "* * * * MON#1",
]  # fmt: skip


@pytest.mark.parametrize("schedule", TAKEN)
def test_taken(schedule: str) -> None:
    assert fault(schedule) == ""


@pytest.mark.parametrize("schedule", REFUSED)
def test_refused(schedule: str) -> None:
    assert fault(schedule)
