"""Clocks and calendars: a schedule fires on every one of its days, a period lies ahead.

``skipped``
    On a day when the clocks go forward, the schedule's hour is left out, so that this day gets no run and no data. The
    finding names the next such day of the time zone. A day when an hour comes twice needs no care: a run that has made
    its date already does nothing.
``over``
    The period of a test that is new, or gets this period now, has ended already: nobody would ever see it. Most often
    the year is wrong.
``ended``
    The period has ended. The file may stay; where nothing is compared with an earlier commit, a new test with the wrong
    year looks the same.
``today``
    Each run waits for its own day in a table that it reads, and that is the day on which it starts, since the schedule
    names no `data_date`. A table of a day is mostly whole on the next one, so that a run at four in the morning waits
    until it gives up.

**Passes**::

    name: job-reco-als-v4
    schedule: {cron: "0 4 * * *", timezone: America/New_York}
    jobs: [{name: infer, command: python -m reco.infer}]

**Fails**::

    name: job-reco-als-v4
    schedule: {cron: "30 2 * * *", timezone: America/New_York}  # <- dates.skipped
    jobs: [{name: infer, command: python -m reco.infer}]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim

from bot.check import Context, Experiment, Level, Port, Problem
from bot.experiment.schedule import Schedule
from bot.experiment.traffic import Period

ID = "dates"
RULES: Mapping[str, Level] = {"ended": "warning", "over": "error", "skipped": "warning", "today": "warning"}
REQUIRES: tuple[str, ...] = ("schema",)
NEEDS: frozenset[Port] = frozenset()
WANTS: frozenset[Port] = frozenset()

AHEAD = 400  # days that are looked at: each change of clocks comes once a year
MINUTE = timedelta(minutes=1)


def check(experiment: Experiment, context: Context) -> Iterable[Problem]:
    """Problems of the schedule, then of the period."""
    spec = experiment.spec
    if spec.schedule is not None:
        yield from _schedule(spec.schedule, context.now)
        yield from _today(spec.schedule, [name for name, read in spec.inputs.items() if read.partition is not None])
    if spec.serving is not None and spec.serving.period is not None:
        yield from _period(spec.serving.period, experiment, context)


def _schedule(schedule: Schedule, now: datetime) -> Iterator[Problem]:
    day = skipped(schedule.cron, schedule.timezone, now)
    if day is not None:
        message = f"in {schedule.timezone} the schedule '{schedule.cron}' does not fire on {day}: its hour is left out"
        hint = "choose an hour that every day has, or a second one: no date is made twice"
        yield Problem("skipped", ("schedule", "cron"), message, hint)


def _today(schedule: Schedule, waited: Sequence[str]) -> Iterator[Problem]:
    """Whether runs wait for a day of their inputs that nobody has said they are of."""
    if waited and "data_date" not in schedule.model_fields_set:
        message = f"each run waits until {waited[0]} has rows of the day on which it starts"
        hint = "write `data_date: yesterday` for the day before, or `data_date: today` if they are there by then"
        yield Problem("today", ("schedule",), message, hint)


def skipped(cron: str, zone: str, now: datetime) -> date | None:
    """The next day on which the schedule should fire, and every time of it lies in an hour that is left out."""
    for day, begins, ends in gaps(zone, now.astimezone(ZoneInfo(zone)).date()):
        midnight = datetime.combine(day, time())
        times = list[datetime]()
        for moment in CronSim(cron, midnight - MINUTE):
            if moment >= midnight + timedelta(days=1) or len(times) > 24 * 60:
                break
            times.append(moment)
        if times and all(begins <= moment < ends for moment in times):
            return day
    return None


@lru_cache(maxsize=64)
def gaps(zone: str, start: date) -> tuple[tuple[date, datetime, datetime], ...]:
    """Each day from `start` on whose clocks go forward: the day, and from when to when, as clocks show it."""
    return tuple(_gaps(zone, start))


def _gaps(zone: str, start: date) -> Iterator[tuple[date, datetime, datetime]]:
    where = ZoneInfo(zone)
    offset = _offset(where, start)
    for n in range(1, AHEAD):
        day = start + timedelta(days=n)
        after = _offset(where, day)
        if after > offset:
            low, high = _midday(day) - timedelta(days=1), _midday(day)
            while high - low > MINUTE:
                middle = low + (high - low) / 2
                low, high = (low, middle) if middle.astimezone(where).utcoffset() == after else (middle, high)
            change = high.replace(second=0, microsecond=0)
            begins, ends = (change + offset).replace(tzinfo=None), (change + after).replace(tzinfo=None)
            yield begins.date(), begins, ends
        offset = after


def _midday(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def _offset(where: ZoneInfo, day: date) -> timedelta:
    return _midday(day).astimezone(where).utcoffset() or timedelta()


def _period(period: Period, experiment: Experiment, context: Context) -> Iterator[Problem]:
    today = context.now.astimezone(ZoneInfo(period.timezone)).date()
    if period.end is None or today < period.end:
        return
    message = f"the period ended on {period.end}; today is {today} in {period.timezone}"
    route = ("serving", "period", "end")
    if not context.history or _before(context.base) == period:
        hint = "remove the file if the test is over: what it made is kept"
        yield Problem("ended", route, message, hint)
    else:
        yield Problem("over", route, message, "nobody would ever see this test: is the year right?")


def _before(base: Experiment | None) -> Period | None:
    serving = base.parsed.serving if base is not None and base.parsed is not None else None
    return serving.period if serving is not None else None
