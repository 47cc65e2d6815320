"""Rollback: the previous release back, and what comes after it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.conftest import Repo
from tests.release.conftest import Site
from tests.some import some

pytestmark = pytest.mark.slow

NEW = [(0, 0.9), (1, 0.9), (2, 0.9)]
OLD = [(0, 0.5), (1, 0.5), (2, 0.5)]


def test_the_newest_data_of_the_release_before_is_back(site: Site) -> None:
    site.put(site.experiment())
    site.release()
    flag, key = site.flag(), site.scheduled()
    today = date.fromisoformat(site.ledger()[0]["item"]["date"])
    site.say("run", "reco", "--date", str(today - timedelta(days=9)))  # put last, but not the newest
    site.put(site.experiment(scores="new", owner="@acme/reco"))
    site.release()
    second = site.shown()
    assert site.served() == NEW
    said = site.say("rollback", "reco")
    assert said == (
        f"reco serves reco-{key}-{today:%Y%m%d} again\n"
        f"  {second} is on hold: change its file, or `sameday release --experiment reco`\n"
    )
    assert (site.shown(), site.served(), site.warehouse()) == (f"reco-{key}-{today:%Y%m%d}", OLD, OLD)
    assert (site.flag(), site.scheduled()) == (flag, key)
    assert "reco is rolled back already, to " in site.say("rollback", "reco", code=2)
    said = site.release()
    assert f"reco is on hold: rolled back on {date.fromisoformat(site.ledger()[-1]['at'][:10])}: from {second}" in said
    assert f"\nreco was rolled back since {site.ledger()[-1]['at'][:10]}" in "\n" + site.say("status")
    site.say("run", "reco", "--date", str(today - timedelta(days=1)))  # of what is live, whatever is checked out
    assert sum(some(key) in run for run in site.runs()) == 3
    site.say("run", "reco", "--unreleased", "--date", str(today))  # by the file as it is, whose data is not to be seen
    assert (site.shown(), site.served(), site.warehouse()) == (f"reco-{key}-{today:%Y%m%d}", OLD, OLD)
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


def test_a_rollback_says_whom_it_moves(site: Site) -> None:
    for weight in (10, 30):
        site.put(site.plain(serving=site.split(weight)))
        site.release()
    assert "\n  19.6% of the test's users see another arm now, or none\n" in site.say("rollback", "reco")
    site.put(site.plain(serving={**site.split(10), "conditions": {"countries": ["JP"]}}))
    site.release()
    assert "the test has other conditions or surfaces again" in site.say("rollback", "reco")
    site.put(site.plain(command="echo more; true", serving=site.split(10)))
    site.release()
    said = site.say("rollback", "reco")
    assert "users" not in said, "it is the same split of other data"


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


def twice(site: Site) -> str:
    """Two releases, the second live; gives the spec key of the first."""
    for scores in ("old", "new"):
        site.put(site.experiment(scores=scores))
        site.release()
    return str(site.ledger()[0]["item"]["key"])


def test_a_store_that_lost_it_is_loaded_anew(site: Site) -> None:
    key = twice(site)
    for file in site.kept.glob("serving.sqlite*"):
        file.unlink()
    assert f"reco serves reco-{key}-" in site.say("rollback", "reco")
    assert (site.served(), site.served(f"reco__{key}")) == (OLD, OLD)


def test_what_is_kept_no_more_is_refused(site: Site) -> None:
    key = twice(site)
    before = (site.flag(), site.shown(), site.scheduled(), site.warehouse())
    for file in (*site.kept.glob(f"warehouse/main.reco__{key}*"), *site.kept.glob(f"warehouse/.main.reco__{key}*")):
        file.unlink()
    said = site.repo.sameday("rollback", "reco")
    assert said.code == 1
    why = f"reco__{key} holds no data of reco-{key}: a new run must make it"
    assert said.err == f"sameday: main.{why}\n"
    assert (site.flag(), site.shown(), site.scheduled(), site.warehouse()) == before
    assert f"reco could not be rolled back since {site.ledger()[-1]['at'][:10]}" in site.say("status")
    assert f"{why}; {before[1]} is live\n" in site.say("status")
    assert site.release() == "nothing differs from what is released\n"


def test_a_bad_day_is_taken_out(site: Site) -> None:
    site.put(site.experiment())
    site.release()
    key, today = site.scheduled(), date.fromisoformat(site.ledger()[0]["item"]["date"])
    only = f"main.reco__{key}, serving.reco__{key} has data of {today} alone: nothing would be left to show"
    assert only in site.repo.sameday("rollback", "reco", "--date", str(today)).err
    yesterday = today - timedelta(days=1)
    site.say("run", "reco", "--date", str(yesterday))
    assert f"reco shows no data of {yesterday}" in site.say("rollback", "reco", "--date", str(yesterday), code=2)
    assert site.say("rollback", "reco", "--date", str(today)).splitlines() == [
        f"serving.reco__{key} shows reco-{key}-{yesterday:%Y%m%d} now, and nothing of {today}",
        f"main.reco__{key} shows reco-{key}-{yesterday:%Y%m%d} now, and nothing of {today}",
    ]
    assert site.shown() == f"reco-{key}-{yesterday:%Y%m%d}"
    site.say("run", "reco", "--date", str(today))  # it is made, and was taken out
    assert site.shown() == f"reco-{key}-{yesterday:%Y%m%d}"
    site.say("run", "reco", "--date", str(today), "--again")
    assert site.shown() == f"reco-{key}-{today:%Y%m%d}-2"


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


def test_a_release_that_goes_back_to_data_that_is_gone_makes_it_anew(site: Site) -> None:
    """The run of that day is over, and its name is taken; nobody may be shown a place that is not there."""
    site.put(site.experiment())
    site.release()
    (first,) = site.runs()
    place = site.kept / "warehouse" / f"main.reco__{site.scheduled()}.parquet"
    site.put(site.experiment(scores="new"))
    site.release()
    assert site.served() == NEW
    place.unlink()
    site.put(site.experiment())
    assert f"  serves {first}-2\n" in site.release()
    assert (site.shown(), site.served(), site.warehouse()) == (f"{first}-2", OLD, OLD)
    assert site.ledger()[-1]["item"]["run"] == f"{first}-2"
    assert site.release() == "nothing differs from what is released\n"
    site.put(site.experiment(scores="new"))
    site.release()
    site.put(site.experiment())
    assert f"  serves {first}-2\n" in site.release(), "its data is there"
    assert len(site.runs()) == 3
