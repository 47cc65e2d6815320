"""Several runs of one experiment: they wait for each other, and each date is made once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from tests.fuzz import count
from tests.release.argo.conftest import IN_SQLITE, ArgoSite, Start, Until
from tests.release.argo.test_day_two import daily, first

pytestmark = [pytest.mark.slow, IN_SQLITE]

DAYS = count(2, most=5)
HELD = "import time\nwhile not os.path.exists('gate-' + day):\n    time.sleep(0.02)\n"


def held(site: ArgoSite, **more: object) -> dict[str, object]:
    """The experiment, whose job waits for a file with its date."""
    made = daily(site, timezone="UTC")
    (job,) = made["jobs"]
    python, option, program = job["commands"]
    job["commands"] = [python, option, program.replace("rows =", f"{HELD}rows =", 1)]
    return made | more


def go(site: ArgoSite, day: date) -> None:
    """Let the job of a date end."""
    site.repo.write(f"gate-{day}", "")


def test_a_release_waits_for_the_scheduled_run_that_is_at_work(
    on_argo: ArgoSite, start: Start, until: Until, over: Callable[[str], str], today: date, tomorrow: date
) -> None:
    """Of the experiment's lock: the day that is being made is made, and then the new release's."""
    on_argo.put(held(on_argo))
    go(on_argo, today)
    on_argo.release()
    old, _ = first(on_argo)
    scheduled = str(on_argo.fire(tomorrow))
    until(lambda: on_argo.phase(scheduled) == "Running")
    on_argo.put(held(on_argo, option={"sampling": 2}))
    release = start("release")
    until(lambda: len(on_argo.runs()) == 3)
    (new,) = set(on_argo.runs()) - {old, scheduled}
    until(lambda: on_argo.phase(new) == "Pending")
    assert on_argo.phase(scheduled) == "Running", "what is live goes on"
    until(lambda: "reco   the workflow waiting: Waiting for " in on_argo.output())
    go(on_argo, tomorrow)
    assert over(scheduled) == "Succeeded"
    assert release.wait(60) == 0
    assert on_argo.tally() == [old, f"{old[:-9]}-{tomorrow:%Y%m%d}", new]
    assert on_argo.scheduled() == new[:-9].rpartition("-")[2]


def test_days_made_afterwards_are_made_once_each(on_argo: ArgoSite) -> None:
    """Oldest first, and then once more: whoever reads the day before has it."""
    on_argo.put(daily(on_argo))
    on_argo.release()
    run, today = first(on_argo)
    days = [today - timedelta(days=n) for n in range(DAYS, 0, -1)]
    runs = [f"{run[:-9]}-{day:%Y%m%d}" for day in days]
    for _ in range(2):
        for day, made in zip(days, runs, strict=True):
            assert on_argo.say("run", "reco", "--date", str(day)).endswith(f"{made} succeeded\n")
    assert on_argo.tally() == [run, *runs]
    assert sorted(row[2] for row in on_argo.warehouse()) == [*days, today]
    assert on_argo.served() == [(1, float(today.day))], "older data takes no newer one's place"


def test_days_that_two_people_ask_for_at_once_are_made_once_each(on_argo: ArgoSite, start: Start) -> None:
    on_argo.put(daily(on_argo))
    on_argo.release()
    run, today = first(on_argo)
    days = [today - timedelta(days=n) for n in (1, 2)]
    asked = [start("run", "reco", "--date", str(day)) for day in days for _ in range(2)]
    assert [process.wait(100) for process in asked] == [0] * len(asked)
    assert sorted(on_argo.tally()) == sorted([run, *(f"{run[:-9]}-{day:%Y%m%d}" for day in days)])
    assert sorted(row[2] for row in on_argo.warehouse()) == [*reversed(days), today]
