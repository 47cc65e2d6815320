"""Which date a schedule should have made by now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

from bot.experiment.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Due:
    """A date that a schedule makes, and when its run is to begin."""

    date: date
    since: datetime


def upcoming(schedule: Schedule, now: datetime) -> Due | None:
    """The next date that the schedule makes; None where none ever is."""
    fires: datetime | None = next(CronSim(schedule.cron, now.astimezone(ZoneInfo(schedule.timezone))), None)
    return Due(fires.date() - timedelta(days=schedule.back), fires) if fires is not None else None


def due(schedule: Schedule, released: datetime, before: datetime) -> Due | None:
    """The newest date whose run was to begin until `before`; None where none was since the release."""
    after = before.astimezone(ZoneInfo(schedule.timezone)) + timedelta(minutes=1)  # its own minute is one of them
    fired: datetime | None = next((one for one in CronSim(schedule.cron, after, reverse=True) if one <= before), None)
    if fired is None or fired <= released:
        return None
    return Due(fired.date() - timedelta(days=schedule.back), fired)
