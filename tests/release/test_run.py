"""One run for one date, and the status of everything."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from tests.release.conftest import TOP, Site

pytestmark = pytest.mark.slow

PROGRAM = """
import duckdb, os
day = os.environ["SAMEDAY_DATA_DATE"]
rows = duckdb.sql(f"select 1::bigint as id, day(DATE '{day}')::double as score, DATE '{day}' as dt")
rows.write_parquet(os.environ["SAMEDAY_OUTPUT_SCORES"])
open(os.getcwd().partition("/.sameday/")[0] + "/tally.txt", "a").write(os.environ["SAMEDAY_RUN"] + chr(10))
"""


def daily(site: Site) -> dict[str, Any]:
    """An experiment whose runs replace their own day."""
    made = site.experiment(jobs=[{"name": "infer", "commands": ["python", "-c", PROGRAM]}])
    made["outputs"]["scores"] |= {"partition": {"column": "dt"}}
    made["outputs"]["scores"]["columns"] |= {"dt": "DATE"}
    return dict(made)


def test_a_backfill_fills_its_day_and_leaves_newer_data_in_the_store(site: Site) -> None:
    site.put(daily(site))
    site.release()
    (first,) = site.runs()
    today = date.fromisoformat(site.ledger()[0]["item"]["date"])
    before = today - timedelta(days=1)
    run = f"{first[:-9]}-{before:%Y%m%d}"
    for _ in range(2):  # the second time, it is found
        assert site.say("run", "reco", "--date", str(before)).endswith(f"{run} succeeded\n")
    assert site.tally() == [first, run]
    assert sorted(site.warehouse(), key=str) == sorted([(1, float(d.day), d) for d in (before, today)], key=str)
    assert site.shown() == first
    after = today + timedelta(days=1)
    wrong = f"{after} is still to come: the newest date that can be run is {today}"
    assert wrong in site.say("run", "reco", "--date", str(after), code=2)
    assert site.say("run", "reco").endswith(f"{first} succeeded\n"), "the newest one is made"
    assert (site.shown(), site.served()) == (first, [(1, float(today.day))])
    assert site.ledger()[-1]["step"] == "announce"  # a run is no release


def test_a_failed_run_is_tried_anew(site: Site) -> None:
    site.put(site.plain(command=f"test -e {TOP}/ready"))
    assert "reco is not live: release it, or run it as it stands here" in site.say("run", "reco", code=2)
    said = site.say("run", "reco", "--unreleased", "--date", "2026-11-20", code=1)
    first = site.runs()[0]
    assert said.endswith(f"{first} failed\n  infer ended with exit code 1; end of its log:\n")
    (site.repo.root / "ready").touch()
    assert site.say("run", "reco", "--unreleased", "--date", "2026-11-20").endswith(f"{first}-2 succeeded\n")
    assert site.say("run", "reco", "--unreleased", "--date", "2026-11-20").endswith(f"{first}-2 succeeded\n")
    assert site.tally() == [f"{first}-2"]
    assert "'2026-11-32' is no date such as 2026-11-30" in site.say("run", "reco", "--date", "2026-11-32", code=2)
    assert "'0001-01-01' is no date such as 2026-11-30" in site.say("run", "reco", "--date", "0001-01-01", code=2)


def status(site: Site) -> list[str]:
    """The lines of the one experiment there is, without its time."""
    first, *more = site.say("status").splitlines()
    words, _, rest = first.partition(" since ")
    return [words + rest[len("2026-11-23 04:00 UTC") :], *more]


def test_status_in_every_state(site: Site) -> None:
    assert site.say("status") == "nothing was released here yet\n"
    site.put(site.plain())
    site.release()
    (run,) = site.runs()
    key = site.scheduled()
    on = ["  flag     on", f"  schedule on, starts {key}"]
    off = ["  flag     off", "  schedule off"]
    assert status(site) == ["reco is live", *on, f"  run      {run} succeeded, 1 of 1 done"]
    site.put(site.plain(command="false"))
    site.release(code=1)
    failed = f"reco failed at generate: infer ended with exit code 1; {run} is live"
    (second,) = set(site.runs()) - {run}
    assert status(site) == [failed, *on, f"  run      {second} failed, 0 of 1 done"]
    site.put(site.plain())
    site.release()  # the way back needs no new run
    assert status(site)[:3] == ["reco is live", *on]
    site.say("rollback", "reco")
    assert status(site)[:3] == ["reco was rolled back, on hold; nothing is live", *off]
    site.drop("reco")
    site.release()
    assert status(site)[:3] == ["reco was rolled back, on hold; nothing is live", *off]
    site.put(site.plain())
    site.release("--experiment", "reco")
    site.drop("reco")
    site.release()
    assert status(site)[:3] == ["reco is retired", *off]


def test_status_of_a_release_under_way(
    site: Site, start: Callable[..., subprocess.Popen[bytes]], until: Callable[[Callable[[], object]], None]
) -> None:
    site.put(site.plain(command=f"timeout 60 sh -c 'while [ ! -e {TOP}/gate ]; do sleep 0.02; done'"))
    release = start("release")
    until(lambda: site.steps()[-1:] == [("generate", "started")] and site.runs())
    (run,) = site.runs()
    until(lambda: status(site)[-1].endswith("running, 0 of 1 done"))
    assert status(site) == [
        "reco is being released, at generate",
        "  flag     off",
        "  schedule off",
        f"  run      {run} running, 0 of 1 done",
    ]
    (site.repo.root / "gate").touch()
    assert release.wait(60) == 0


def test_a_release_that_waits_too_long_leaves_the_run_at_work(site: Site) -> None:
    settings = (site.repo.root / "sameday.yaml").read_text()
    site.repo.write("sameday.yaml", settings + "limits: {release: 1s}\n")
    site.put(site.plain(command=f"timeout 60 sh -c 'while [ ! -e {TOP}/gate ]; do sleep 0.02; done'"))
    said = site.release()
    assert "reco is under way at generate: its run goes on\n  serves nothing\n  next: the next release goes on" in said
    (site.repo.root / "gate").touch()
    assert "reco is live\n" in site.release()
    assert len(site.tally()) == 1


def test_a_run_that_stops_each_time_is_given_up(site: Site) -> None:
    """The job ends its own supervisor, whenever the release takes the run up again."""
    runs = site.kept / "engine" / "runs"
    site.put(site.plain(command=f"echo again >> {TOP}/tries; kill -9 $(cat {runs}/$SAMEDAY_RUN/supervisor); sleep 30"))
    said = site.release(code=1)
    assert "reco failed at generate: its run stopped again and again: see the log of the engine\n" in said
    assert (site.repo.root / "tries").read_text() == "again\n" * 4, "once, and three times more"
