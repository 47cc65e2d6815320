"""A backfill of several dates: what it will run, and how that went."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.ports import Run
from bot.release.backfill import Backfill, Day
from bot.report.line import Line


def plan_lines(backfill: Backfill) -> Iterator[Line]:
    """Each date and what is done for it, then how."""
    for day in backfill.days:
        yield Line(f"{day.work.date} {_standing(day)}", "plain" if day.runs else "faint")
    wanted = len(backfill.wanted)
    if not wanted:
        yield Line(f"{_dates(len(backfill.days))}: nothing is to be made; `--again` makes them anew", "good")
        return
    order = "all at once" if wanted <= backfill.at_once else f"{backfill.at_once} at a time"
    if backfill.in_order:
        order = "one after the other, oldest first: each reads the day before"
    shown = "each is shown beside the others" if backfill.daily else "only the newest date is shown"
    yield Line(f"{wanted} of {_dates(len(backfill.days))} run, {order}; {shown}", "head")


def _standing(day: Day) -> str:
    again = f"runs as attempt {day.work.attempt}"
    if day.standing == "made":
        return f"is made, and {again}" if day.runs else "is made"
    if day.standing == "failed":
        return f"failed, and {again}"
    return "is running" if day.standing == "running" else "runs"


def filled_lines(backfill: Backfill, ended: Sequence[Run]) -> Iterator[Line]:
    """How many were made; where each reads the day before, what was not begun."""
    made = sum(run.state == "succeeded" for run in ended)
    if not backfill.wanted:
        return
    left = len(backfill.wanted) - len(ended)
    later = f"; {_dates(left)} after it {'were' if left > 1 else 'was'} not begun" if left else ""
    words = (
        f"{made} of {_dates(len(backfill.wanted))} {'is' if 1 in (made, len(backfill.wanted)) else 'are'} made{later}"
    )
    yield Line(words, "good" if made == len(backfill.wanted) else "error")


def _dates(number: int) -> str:
    return f"{number} date{'s' if number != 1 else ''}"
