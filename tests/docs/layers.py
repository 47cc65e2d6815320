"""The layers that the guide on A/B tests shows."""

from __future__ import annotations

from datetime import date, timedelta

from bot.compile.layers import Booking, Timeline

FIRST = date(2026, 11, 30)


def booking(name: str, start: int, end: int, begin: int, weeks: int) -> Booking:
    """A test of the layer home from a week on, counted from FIRST."""
    since = FIRST + timedelta(weeks=begin)
    return Booking(name, "home", (start, end), since, since + timedelta(weeks=weeks))


HOME = Timeline(
    "home",
    (
        booking("als-v4", 0, 2_500, 0, 4),
        booking("newest-first", 2_500, 5_000, 0, 2),
        booking("newest-first-again", 2_500, 5_000, 2, 4),
        booking("two-towers", 5_000, 10_000, 1, 4),
    ),
    frozenset({"newest-first-again", "two-towers"}),
)
LINES = [HOME, Timeline("mail", ())]
