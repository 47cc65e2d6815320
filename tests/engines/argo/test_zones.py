"""Schedules in zones whose clock changes: no date is made twice, and none is lost, when the clock goes over midnight.

All of them wait for the same minute, in which the clock changes in each of their zones.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest

from bot.experiment.schedule import Schedule
from bot.ports import Work
from tests.engines.argo.conftest import OnArgo
from tests.far import zones
from tests.far.argo.stack import Stack
from tests.far.controller.expressions import stamp

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LEAD = timedelta(seconds=30)  # until everything is there
AGAIN = 8.0  # seconds in which Argo would have made a date again
EVERY_MINUTE = "* * * * *"


@dataclass(frozen=True)
class Case:
    """A zone whose clock shows `before` until the change and `after` from then on, counted from a midnight.

    The run of the release is for the day before this midnight. `fired` says that the schedule has made a date a
    minute before the change.
    """

    name: str
    zone: str
    """One of IANA's, which files may name, and which nothing else in the tests is in; its clock is the test's."""
    before: timedelta
    after: timedelta
    makes: timedelta
    """The only date that the schedule makes, counted from this midnight's."""
    cron: str = EVERY_MINUTE
    fired: bool = False


CASES = (
    Case("forward-over-midnight", "Antarctica/Casey", -30 * MINUTE, 30 * MINUTE, makes=0 * DAY),
    Case("back-over-midnight", "Antarctica/Davis", 2 * MINUTE, -58 * MINUTE, makes=0 * DAY, fired=True),
    Case(
        "back-over-its-own-time",
        "Antarctica/Mawson",
        91 * MINUTE,
        90 * MINUTE,
        makes=0 * DAY,
        cron="30 1 * * *",
        fired=True,
    ),
    Case("a-date-left-out", "Antarctica/Troll", 0 * MINUTE, DAY, makes=DAY),
)


def change() -> datetime:
    """The next full minute that leaves time to prepare; not midnight, from which no zone is a day behind."""
    now = datetime.now(UTC) + LEAD
    minute = now.replace(second=0, microsecond=0) + MINUTE
    return minute + MINUTE if (minute.hour, minute.minute) == (0, 0) else minute


def prepared(space: OnArgo, stack: Stack, case: Case, at: datetime) -> tuple[Work, date]:
    """The work whose schedule is on, and the date that the schedule is to make."""
    midnight = at.replace(hour=0, minute=0)
    if case.after < DAY and at.hour >= 12:
        midnight += DAY  # the nearer one: no zone is further from UTC than a day
    zones.write(stack.zones, case.zone, midnight + case.before - at, [(at, midnight + case.after - at)])
    wanted = space.work(
        f"echo $SAMEDAY_DATA_DATE >> '{space.folder}/{case.name}'",
        experiment=case.name, date=(midnight - DAY).date(), schedule=Schedule(cron=case.cron, timezone=case.zone),
    )  # fmt: skip
    space.begin_schedule(wanted)
    if case.fired:
        space.controller.fire(case.name, at - MINUTE)
        last = {"status": {"lastScheduledTime": stamp(at - MINUTE)}}
        space.controller.api.merge(space.controller.path("cronworkflows", case.name), last)
    return wanted, (midnight + case.makes).date()


def succeeded(space: OnArgo, run: str) -> bool:
    """Whether a run is over, and well."""
    seen = space.engine.find(run)
    return seen is not None and seen.state == "succeeded"


def test_a_clock_that_changes_makes_no_date_twice_and_loses_none(space: OnArgo, real_argo: Stack) -> None:
    at = change()
    with zones.known(real_argo.zones):
        cases = {case.name: prepared(space, real_argo, case, at) for case in CASES}
        assert datetime.now(UTC) < at - timedelta(seconds=2), "the machine is too busy: the clocks change already"
        for wanted, day in cases.values():
            made = wanted.model_copy(update={"date": day}).run
            space.until(partial(succeeded, space, made))
        time.sleep(max(0.0, (at - datetime.now(UTC)).total_seconds()) + AGAIN)
        for name, (_, day) in cases.items():
            assert (space.folder / name).read_text().split() == [str(day)], name
        assert len(space.names()) == len(CASES)
