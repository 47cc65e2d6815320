"""The date of a run, in the engine's own words: its scheduled time, in the schedule's time zone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.compile.names import Moment, template_name
from bot.ports import Work

MINUTE = timedelta(minutes=1)
ATTEMPT = "{{workflow.parameters.attempt}}"
FOREIGN = re.compile(
    r"\{\{(?!=sprig\.|=workflow\.parameters\.attempt|=workflow\.failures\[|= now\(\)\.Unix\(\) |"
    r"(inputs\.parameters\.command|workflow\.(parameters\.(attempt|scheduled)|outputs\.parameters\.sameday-verified|name|status))\}\})"
)


def foreign(sent: str) -> bool:
    """Whether a manifest, as it is sent, has variables that are not of the compiler's own making."""
    return FOREIGN.search(sent) is not None


def expressions(work: Work) -> Moment:
    """What only the run knows, as expressions that Argo fills in."""
    when = "sprig.toDate('2006-01-02T15:04:05Z07:00', workflow.scheduledTime)"

    def spelled(layout: str) -> str:
        return "{{=sprig.dateInZone('" + layout + f"', {when}, '{zone(work)}')" + "}}"

    def suffix(mark: str) -> str:
        return "{{=workflow.parameters.attempt == '1' ? '' : '" + mark + "' + workflow.parameters.attempt}}"

    run = f"{template_name(work.experiment, work.key)}-{spelled('20060102')}{suffix('-')}"
    return Moment(spelled("2006-01-02"), spelled("20060102"), suffix("_"), run)


def zone(work: Work) -> str:
    """The time zone that says to which date a moment belongs."""
    return work.schedule.timezone if work.schedule else "UTC"


def scheduled_time(work: Work) -> str:
    """A moment within the run's date, for runs that no schedule starts: the template takes its date from it."""
    return f"{_local(work, work.date, time(12)):%Y-%m-%dT%H:%M:%SZ}"


def fresh(work: Work) -> str:
    """A schedule's expression: it is after the first run's date, and no run has been for this date or a later one.

    A run is for a date, so that of several in one day only the first has data to make. Nor has one that comes as the
    clock goes back: over its own time of the day, or over midnight to a date that was made already.
    """
    end = _beginning(work, work.date + timedelta(days=1))
    here, last = f".In(timezone('{zone(work)}')).Format('20060102')", "cronworkflow.lastScheduledTime"
    # Argo 4.0 refuses a path through a member, as in `lastScheduledTime.In`, which it looks for among its variables.
    later = f"now(){here} > (now() - (now() - {last})){here}"
    return f"{{{{= now().Unix() >= {int(end.timestamp())} && ({last} == nil || {later}) }}}}"


def _beginning(work: Work, day: date) -> datetime:
    """The first minute of a day, or of the next one that there is: its midnight may be left out by a clock change."""
    first = _local(work, day, time())
    while (first - MINUTE).astimezone(ZoneInfo(zone(work))).date() >= day:
        first -= MINUTE
    return first


def _local(work: Work, day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, ZoneInfo(zone(work))).astimezone(UTC)
