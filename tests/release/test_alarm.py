"""What needs a person is told, and nothing else: seen on a real release, at any moment."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from bot.cli.backends import Adapters
from bot.commands.alarm import Looked, look
from bot.commands.locate import open_workspace
from bot.commands.tools import past
from bot.experiment.schedule import Schedule
from bot.ledgers.sqlite import LedgerFile
from bot.ports import Node, Run
from bot.release.alarm import Live, of_live
from bot.release.drift import Drifts
from bot.release.due import due
from bot.release.repair import live_order
from bot.settings import Limits
from bot.settings.kinds import SqliteLedger
from tests.clock import steady_date
from tests.release.conftest import Site

LATE = Limits().late
HINT = "`sameday run reco --date {0}`, or Run workflow with `backfill`, makes it"


class At(Adapters):
    """The backends of the embedded stack, at a moment of the test's."""

    def __init__(self, moment: datetime) -> None:
        super().__init__(os.environ)
        self.moment = moment

    def now(self) -> datetime:
        """The moment."""
        return self.moment


def looked(site: Site, moment: datetime | None = None) -> Looked:
    """What `sameday alarm` sees."""
    return look(open_workspace(site.repo.root, "release", At(moment or datetime.now(UTC))))


def told(site: Site, moment: datetime | None = None) -> list[tuple[str, str, str]]:
    """The alarms of the one experiment."""
    seen = looked(site, moment)
    assert seen.away == ()
    return [(one.kind, one.message, one.hint) for one in seen.alarms["reco"]]


@pytest.fixture
def live(site: Site) -> Site:
    """One experiment that is live."""
    site.put(site.experiment())
    site.release()
    return site


def test_all_is_well(live: Site) -> None:
    assert live.say("alarm") == "1 experiment: nothing needs a person\n"


def test_a_date_that_is_not_made_is_told_when_it_is_late(live: Site) -> None:
    today = steady_date(timedelta(minutes=5))
    fires = datetime.combine(today + timedelta(days=1), time(4), UTC)
    assert told(live, fires + LATE - timedelta(seconds=1)) == []
    tomorrow = today + timedelta(days=1)
    message = f"it shows {today} and not {tomorrow}, due since {tomorrow} 04:00 UTC: no run makes it"
    assert told(live, fires + LATE) == [("late", message, HINT.format(tomorrow))]
    later = told(live, fires + LATE + timedelta(days=2))
    assert [kind for kind, *_ in later] == ["late"], "one alarm, of the newest date"
    assert f"not {today + timedelta(days=3)}" in later[0][1]


GONE: dict[str, tuple[Callable[[Site], None], str, str]] = {
    "the flags": (
        lambda site: (site.kept / "flags" / "experiments.flagd.json").unlink(), "gone", "the flag reco is gone"),
    "the schedule": (
        lambda site: (site.kept / "engine" / "schedules" / "reco.json").unlink(), "gone",
        "the schedule of reco is gone"),
    "the warehouse": (
        lambda site: shutil.rmtree(site.kept / "warehouse"), "gone", "main.reco is gone"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("lose", "kind", "words"), GONE.values(), ids=GONE)
def test_what_is_gone(live: Site, lose: Callable[[Site], None], kind: str, words: str) -> None:
    lose(live)
    ((found, message, hint),) = told(live)
    assert (found, words in message) == (kind, True), message
    assert hint.startswith("the next release puts it back")


@pytest.mark.slow
def test_a_release_that_failed(live: Site) -> None:
    live.put(live.experiment(before="false"))
    live.release(code=1)
    ((kind, message, hint),) = told(live)
    assert kind == "failed"
    assert message.startswith("its release, at generate, failed at ")
    assert "infer" in message
    assert hint == "`sameday release --experiment reco`, or Run workflow with `release`, tries again"
    said = live.say("alarm", code=1)
    assert said == f"reco failed: {message}\n  {hint}\n1 of 1 experiment needs a person\n"


@pytest.mark.slow
def test_a_release_that_nobody_goes_on_with(live: Site) -> None:
    """Its process was killed, and no later one came."""
    ledger = LedgerFile(SqliteLedger(path=str(live.kept / "ledger.sqlite")))
    last = ledger.entries()["reco"][-1]
    ledger.append(replace(last, version=last.version + 1, step="generate", state="started"))
    assert told(live, last.at + Limits().release) == []
    moment = last.at + Limits().release + timedelta(seconds=1)
    at = f"{last.at:%Y-%m-%d %H:%M} UTC"
    message = f"nothing goes on with its release, at generate, since {at}"
    again = "`sameday release --experiment reco`, or Run workflow with `release`, goes on with it"
    assert told(live, moment) == [("stuck", message, again)]


@pytest.mark.slow
def test_a_test_that_is_over(site: Site) -> None:
    site.put(site.plain(serving=site.split(20, end="2196-01-01")))
    site.release()
    now = datetime(2196, 1, 1, 12, tzinfo=UTC)
    kinds = {kind: (message, hint) for kind, message, hint in told(site, now)}
    assert kinds["over"] == (
        "its test is over since 2196-01-01, and its jobs and tables are still there",
        "delete its file, or serve the winner with `kind: all`",
    )


@pytest.mark.slow
def test_what_is_retired_or_turned_off_is_quiet(live: Site) -> None:
    live.say("off", "reco")
    assert told(live) == []
    live.say("on", "reco")
    live.drop("reco")
    live.release()
    assert told(live, datetime.now(UTC) + timedelta(days=9)) == []


@pytest.mark.slow
def test_a_ledger_that_cannot_be_read(live: Site) -> None:
    (live.kept / "ledger.sqlite").write_bytes(b"no database")
    seen = looked(live)
    assert seen.alarms == {}
    assert len(seen.away) == 1
    assert live.say("alarm", code=3).startswith("away: ")


def run(state: str, day: date, *failed: tuple[str, str]) -> Run:
    """A run of what is live."""
    nodes = tuple(Node(name, "failed", reason=reason) for name, reason in failed)
    return Run(f"reco-0badcafe-{day:%Y%m%d}", state, nodes)  # type: ignore[arg-type]


def behind(live: Site, made: date, seen: Run | None, now: datetime) -> list[tuple[str, str]]:
    """What is said of a live release whose places show a date, and whose newest run is this one."""
    workspace = open_workspace(live.repo.root, "release", At(now))
    entry = workspace.entries["reco"][-1]
    order = live_order(past(workspace, ""), entry, workspace.repository)
    state = Live(order, entry.at, Drifts(()), made, () if seen is None else (seen,))
    return [(one.kind, one.message) for one in of_live(state, Limits(), now)]


def test_runs_that_failed_or_take_long(live: Site) -> None:
    d1, d2 = date(2100, 1, 1), date(2100, 1, 2)
    now = datetime(2100, 1, 2, 11, tzinfo=UTC)
    failed = run("failed", d2, ("infer", "ended with exit code 1"), ("train", "took longer than 1h"))
    reasons = "infer ended with exit code 1; train took longer than 1h"
    assert behind(live, d1, failed, now - LATE) == [
        ("failed", f"its run {failed.name} failed: {reasons}; it shows {d1}")
    ]
    late = f"it shows {d1} and not {d2}, due since {d2} 04:00 UTC"
    assert behind(live, d1, run("running", d2), now) == [
        ("late", f"{late}: its run reco-0badcafe-21000102 is still running")
    ]
    assert behind(live, d1, None, now) == [("late", f"{late}: no run makes it")]
    assert behind(live, d2, run("succeeded", d2), now) == []
    assert behind(live, d2, run("failed", d1), now) == [], "an older one, which was made again or is older than shown"


def test_the_date_that_is_due() -> None:
    at = datetime(2026, 3, 10, 3, 59, tzinfo=UTC)
    released = datetime(2026, 3, 1, tzinfo=UTC)
    daily = Schedule(cron="0 4 * * *", data_date="yesterday")
    seen = [due(daily, released, at + timedelta(minutes=minutes)) for minutes in (0, 2)]
    assert [one.date if one else None for one in seen] == [date(2026, 3, 8), date(2026, 3, 9)]
    assert due(daily, at - timedelta(hours=1), at) is None, "none was to begin since the release"
    tokyo = Schedule(cron="0 4 * * *", timezone="Asia/Tokyo")
    seen = [due(tokyo, released, datetime(2026, 3, 9, hour, 1, tzinfo=UTC)) for hour in (18, 19)]
    assert [one.date if one else None for one in seen] == [date(2026, 3, 9), date(2026, 3, 10)]
    weekly = Schedule(cron="0 4 * * 1")
    found = due(weekly, released, at)
    assert found is not None
    assert found.date == date(2026, 3, 9)
