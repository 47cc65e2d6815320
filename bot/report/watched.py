"""What was counted of an experiment's data, as small pictures of the last two weeks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from bot.release.held import Counted, CountedDay
from bot.report.line import Line
from bot.watch.measures import Measure, measures
from bot.watch.query import Subject

DAYS = 14
BARS = "▁▂▃▄▅▆▇█"
NONE = "·"  # stands for a date of which nothing was counted


def watched_lines(found: Sequence[Counted]) -> Iterator[Line]:
    """For each output a line for each measure: the newest value, and a bar for each of the last days."""
    for one in found:
        newest, subject = one.days[0].day, Subject.of(one.output)
        known = {counted.day.date: dict(_by_name(counted.day.counts)) for counted in one.days}
        yield Line(f"  {one.name} until {newest.date}")
        for measure in measures(newest.counts, ", ".join(subject.units), subject.item or ""):
            values = [known.get(day, {}).get(measure.name) for day in _days(newest.date)]
            if any(values) or measure.name in ("rows", "units"):
                yield Line(f"    {measure.shown:<28} {measure.text(measure.value):>11}  {picture(measure, values)}")
        yield from _remarks(one.days)


def picture(measure: Measure, values: Sequence[float | None]) -> str:
    """A bar for each value: what differs by less than is still as usual looks alike."""
    known = [value for value in values if value is not None]
    high = max(known)
    span = max(high - min(known), 4 * measure.allowed(high)) or 1.0
    steps = [None if value is None else round((len(BARS) - 1) * (1 - (high - value) / span)) for value in values]
    return "".join(NONE if step is None else BARS[step] for step in steps)


def _by_name(counts: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    return ((measure.name, measure.value) for measure in measures(counts))


def _days(last: date) -> Iterator[date]:
    return (last - timedelta(days=back) for back in reversed(range(DAYS)))


def _remarks(days: Sequence[CountedDay]) -> Iterator[Line]:
    """What was not as usual, a line each, the newest first."""
    for one in days:
        if one.day.date <= days[0].day.date - timedelta(days=DAYS):
            return
        yield from (Line(f"    {one.day.date} warning: {remark.message}", "warning") for remark in one.warned)
        yield from (Line(f"    {one.day.date} held: {remark.message}", "error") for remark in one.held if not one.shown)
