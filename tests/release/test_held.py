"""Data that is not as usual is not shown; who is on call sees why, and lets it through or makes it anew."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import duckdb
import pytest

from bot.commands.alarm import look
from bot.commands.backfill import backfill
from bot.commands.locate import open_workspace
from bot.commands.status import status
from bot.ports import Run
from bot.report.status import status_lines
from bot.report.status_json import status_json
from bot.workspace import Workspace
from tests.clock import steady_date
from tests.release.conftest import TOP, Site
from tests.release.test_alarm import At
from tests.some import some

pytestmark = pytest.mark.slow

LISTS = """
    SELECT 'user-' || u AS user_id, i::DOUBLE AS score,
        'item-' || (CASE WHEN {alike} THEN i ELSE hash(u, i, {night}) % 1000 END) AS item_id
    FROM range({users}) AS users(u), range(10) AS items(i) GROUP BY ALL
"""


def write(site: Site, users: int = 500, night: int = 0, *, alike: bool = False) -> None:
    """What the job has to give from now on."""
    lists = f"SELECT user_id, item_id, max(score) AS score FROM ({LISTS}) GROUP BY ALL"
    rows = some(duckdb.sql(lists.format(users=users, night=night, alike=alike)))
    rows.write_parquet(str(site.repo.root / ".sameday" / "lists.parquet"))


def lists(**expect: str) -> dict[str, Any]:
    """An experiment of lists for users."""
    columns = {"user_id": "STRING", "item_id": "STRING", "score": "FLOAT64"}
    file = Site.experiment()
    file["jobs"][0]["command"] = f"cp {TOP}/.sameday/lists.parquet $SAMEDAY_OUTPUT_SCORES"
    file["outputs"]["scores"] |= {"columns": columns, "key": ["user_id", "item_id"], "expect": expect}
    return file


def opened(site: Site, day: date) -> Workspace:
    """The repository as it is seen at noon of a day."""
    return open_workspace(site.repo.root, "release", At(datetime.combine(day, time(12), UTC)))


def run(workspace: Workspace, day: date, *, again: bool = False) -> Run:
    """See a run through."""
    return backfill(workspace, "reco", day, lambda name, what: None, again=again).run


def shown(site: Site) -> int:
    """How many users serving reads something of."""
    with closing(sqlite3.connect(site.kept / "serving.sqlite")) as store:
        return int(store.execute("SELECT count(DISTINCT user_id) FROM reco").fetchone()[0])


def test_a_bad_day(site: Site) -> None:
    site.put(lists())
    write(site)
    site.release()
    today = steady_date(timedelta(minutes=5))
    tomorrow = today + timedelta(days=1)
    workspace = opened(site, tomorrow)
    write(site, users=240, night=1)
    bad = run(workspace, tomorrow)
    assert (bad.state, [node.name for node in bad.failures]) == ("failed", ["sameday-verify"])
    log = bad.failures[0].log.strip()
    assert log.endswith("held, and what was shown stays: scores: 240 user_id, 500 are usual")
    assert shown(site) == 500

    (alarm,) = look(workspace).alarms["reco"]
    why = f"the data of {tomorrow} is held: scores: 240 user_id, 500 are usual; it shows {today}"
    assert (alarm.kind, alarm.message) == ("held", why)
    assert alarm.hint == (
        "correct what made it, and `sameday runs retry reco`; "
        f"if it is right, `sameday run reco --date {tomorrow} --again` shows it all the same"
    )
    later = [one.kind for one in look(opened(site, tomorrow + timedelta(days=1))).alarms["reco"]]
    assert later == ["held", "late"], "the next date is not made either"
    rows = status(workspace, ["reco"])
    lines = [line.text for line in status_lines(rows, runs=True)]
    assert f"  scores until {tomorrow}" in lines
    assert "    user_id                              240  ············█▁" in lines
    assert f"    {tomorrow} held: 240 user_id, 500 are usual" in lines
    (experiment,) = json.loads(status_json(rows))["experiments"]
    newest = experiment["counted"]["scores"][0]
    assert (newest["date"], newest["shown"], newest["counts"]["units"]) == (tomorrow.isoformat(), False, 240)
    assert newest["held"] == [{"rule": "fewer", "message": "240 user_id, 500 are usual"}]

    assert run(workspace, tomorrow).state == "failed", "who only tries again has not said that it is right"
    assert shown(site) == 500
    assert run(workspace, tomorrow, again=True).state == "succeeded"
    assert shown(site) == 240
    workspace = opened(site, tomorrow)
    assert look(workspace).alarms["reco"] == ()
    lines = [line.text for line in status_lines(status(workspace, ["reco"]), runs=True)]
    assert f"    {tomorrow} warning: 240 user_id, 500 are usual; let through by a person" in lines


def test_a_day_that_is_made_anew_needs_nobody_to_let_it_through(site: Site) -> None:
    site.put(lists())
    write(site)
    site.release()
    tomorrow = steady_date(timedelta(minutes=5)) + timedelta(days=1)
    workspace = opened(site, tomorrow)
    write(site, users=240, night=1)
    assert run(workspace, tomorrow).state == "failed"
    write(site, users=510, night=1)
    assert run(workspace, tomorrow).state == "succeeded"
    assert shown(site) == 510
    assert look(opened(site, tomorrow)).alarms["reco"] == ()


def test_a_first_release_that_is_held(site: Site) -> None:
    site.put(lists())
    write(site, alike=True)
    said = site.release(code=1)
    assert "reco failed at generate: its data is held: scores: 100.0% of user_id have the same list" in said
    assert site.flag() is None
    site.release("--experiment", "reco")
    assert shown(site) == 500
    assert "warning: 100.0% of user_id have the same list; let through by a person" in site.say("status", "reco")


def test_only_a_warning(site: Site) -> None:
    site.put(lists(same_lists="warn"))
    write(site, alike=True)
    site.release()
    assert "warning: 100.0% of user_id have the same list" in site.say("status", "reco")
