"""Rollback: the previous release back, and what comes after it."""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta

import pytest

from tests.conftest import Repo
from tests.release.conftest import Site

pytestmark = pytest.mark.slow

NEW = [(0, 0.9), (1, 0.9), (2, 0.9)]
OLD = [(0, 0.5), (1, 0.5), (2, 0.5)]


def test_the_newest_data_of_the_release_before_is_back(site: Site) -> None:
    site.put(site.experiment())
    site.release()
    flag, key = site.flag(), site.scheduled()
    today = date.fromisoformat(site.ledger()[0]["item"]["date"])
    tomorrow, long_ago = today + timedelta(days=1), today - timedelta(days=9)
    site.say("run", "reco", "--date", str(tomorrow))
    site.say("run", "reco", "--date", str(long_ago))  # loaded last, but not the newest
    site.put(site.experiment(scores="new", owner="@acme/reco"))
    site.release()
    second = site.shown()
    assert site.served() == NEW
    said = site.say("rollback", "reco")
    assert said == (
        f"reco serves reco-{key}-{today:%Y%m%d} again\n"
        f"  {second} is on hold: change its file, or `sameday release --experiment reco`\n"
    )
    assert (site.shown(), site.served()) == (f"reco-{key}-{tomorrow:%Y%m%d}", OLD)
    assert (site.flag(), site.scheduled()) == (flag, key)
    assert "reco is rolled back already, to " in site.say("rollback", "reco", code=2)
    said = site.release()
    assert f"reco is on hold: rolled back on {date.fromisoformat(site.ledger()[-1]['at'][:10])}: from {second}" in said
    assert f"\nreco was rolled back since {site.ledger()[-1]['at'][:10]}" in "\n" + site.say("status")
    site.say("run", "reco", "--date", str(tomorrow))  # by the file as it is, whose data is not to be seen
    assert (site.shown(), site.served()) == (f"reco-{key}-{tomorrow:%Y%m%d}", OLD)
    assert "reco is live\n" in site.release("--experiment", "reco")
    assert (site.served(), site.flag()["metadata"]["owner"]) == (NEW, "@acme/reco")


def test_the_first_release_rolls_back_to_nothing(site: Site) -> None:
    site.put(site.plain())
    site.release()
    assert "reco serves nothing again: there was no release before\n" in site.say("rollback", "reco")
    assert (site.flag(), site.scheduled()) == (None, None)
    assert "on hold; nothing is live\n" in site.say("status")
    assert "reco is rolled back already, to nothing" in site.say("rollback", "reco", code=2)
    assert "reco is on hold: rolled back on" in site.release()
    assert site.flag() is None
    assert "reco is live\n" in site.release("--experiment", "reco")
    assert site.flag() is not None


def test_weights_roll_back_too(site: Site) -> None:
    for weight in (10, 20, 30):
        site.put(site.plain(serving=site.split(weight)))
        site.release()
    site.say("rollback", "reco")
    assert "['new', 20]" in str(site.flag()["targeting"])
    site.put(site.plain(serving=site.split(40)))
    site.release()
    site.say("rollback", "reco")  # to what served, not to what was rolled back
    assert "['new', 20]" in str(site.flag()["targeting"])
    assert len(site.tally()) == 1


def test_a_retired_one_comes_back(site: Site) -> None:
    site.put(site.plain())
    site.release()
    flag = site.flag()
    site.drop("reco")
    site.release()
    site.say("rollback", "reco")
    assert site.flag() == flag
    assert "reco is on hold: rolled back on" in site.release()
    assert "reco is retired\n" in site.release("--experiment", "reco")
    assert site.flag() is None


def test_what_is_kept_no_more_is_refused(site: Site) -> None:
    for scores in ("old", "new"):
        site.put(site.experiment(scores=scores))
        site.release()
    before = (site.flag(), site.shown(), site.scheduled())
    first = site.ledger()[0]["item"]
    with sqlite3.connect(site.kept / "serving.sqlite") as store:
        store.execute("DELETE FROM sameday_versions WHERE version = ?", [first["run"]])
    store.close()
    said = site.repo.sameday("rollback", "reco")
    assert said.code == 1
    why = f"serving.reco keeps no data of reco-{first['key']}: a new run must make it"
    assert said.err == f"sameday: {why}\n"
    assert (site.flag(), site.shown(), site.scheduled()) == before
    assert f"reco could not be rolled back since {site.ledger()[-1]['at'][:10]}" in site.say("status")
    assert f"{why}; {before[1]} is live\n" in site.say("status")
    assert site.release() == "nothing differs from what is released\n"


def test_there_must_be_something_to_roll_back(site: Site) -> None:
    assert "reco was never released here" in site.say("rollback", "reco", code=2)
    (site.kept / "ledger.sqlite").unlink()
    site.put(site.plain())
    site.release()
    assert "reco was there before the first release: there is nothing to go back to" in site.say(
        "rollback", "reco", code=2
    )


def test_what_was_there_before_is_not_taken_out_of_service(repo: Repo, site: Site) -> None:
    """Found live by the first release, then changed by a merge that fails: there is still nothing to go back to."""
    (site.kept / "ledger.sqlite").unlink()
    site.put(site.plain())
    site.release()  # the first one, which takes it as live
    site.put(site.plain(command="false"))
    said = site.release(code=1)
    assert "serves what was there before" in said
    assert "there is nothing to go back to" in site.say("rollback", "reco", code=2)
