"""When an experiment runs again, and what is wrong with a schedule's five fields."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any, Literal

from cronsim import CronSim, CronSimError
from pydantic import Field

from bot.document.faults import shown
from bot.document.fields import Part, Timezone
from bot.finding import Problem

FIELDS = "minute, hour, day of month, month, day of week (0-6, Sunday is 0), as in `0 4 * * *`"
SHORT = {
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
}  # fmt: skip


class DaysBack(Part):
    """A data date some days before the run."""

    days_back: int = Field(ge=0, le=400, description="How many days before the day of the run's start, as in `2`.")


class Schedule(Part):
    """When the experiment runs again; absent, there is a first run only."""

    cron: str = Field(description="Five fields, as in `0 4 * * *`.")
    timezone: Timezone = Field(
        "UTC",
        description="IANA name such as `Asia/Tokyo`, which also says to which date a run belongs; absent: the "
        "settings' `timezone`.",
    )
    data_date: Literal["today", "yesterday"] | DaysBack = Field(
        "today",
        description="Which day a run is for: that of its start in `timezone`, or one before, as `days_back: 2`.",
    )
    adopt: bool = Field(False, description="Take over an existing schedule of this name, and keep what it says.")

    @property
    def back(self) -> int:
        """How many days before its start a run's data date is."""
        return self.data_date.days_back if isinstance(self.data_date, DaysBack) else int(self.data_date == "yesterday")


def problems(data: dict[str, Any]) -> Iterator[Problem]:
    """The fault of `schedule.cron`, if there is one."""
    schedule = data.get("schedule")
    cron = schedule.get("cron") if isinstance(schedule, dict) else None
    if not isinstance(cron, str) or not (fault := _fault(cron)):
        return
    meant = _meant(cron)
    hint = f"did you mean '{meant}'?" if meant else FIELDS
    yield Problem("wrong-value", ("schedule", "cron"), f"the schedule {shown(cron)} {fault}", hint, replace=meant)


def _fault(cron: str) -> str:
    """What is wrong with the fields, or ''."""
    fields = cron.split()
    if cron.strip() in SHORT:
        return "is no five fields"
    try:
        CronSim(cron, datetime(2026, 1, 1, tzinfo=timezone.utc))  # noqa: UP017
    except CronSimError as error:
        return f"cannot be read: {str(error).lower()}"
    except ValueError:  # int() refuses 4,301 digits
        return "cannot be read"
    if len(fields) == 6:
        return "has six fields; a schedule has none for seconds"
    if len(fields) != 5:
        return "has not five fields"
    if any(c in "LW#7" for c in fields[4] + fields[2].replace("7", "")):
        return "uses L, W, # or day 7, which Argo does not know"
    return ""


def _meant(cron: str) -> str | None:
    """The same schedule in five fields, where that is certain."""
    fields = cron.split()
    if cron.strip() in SHORT:
        return SHORT[cron.strip()]
    if len(fields) == 6 and fields[0] == "0" and not _fault(" ".join(fields[1:])):
        return " ".join(fields[1:])
    if len(fields) == 5 and fields[4] == "7":
        return " ".join([*fields[:4], "0"])
    return None
