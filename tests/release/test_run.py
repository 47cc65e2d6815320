"""One run for one date, and the status of everything."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.cli.backends import Adapters
from bot.commands.locate import open_workspace
from tests.release.conftest import TOP, Site

pytestmark = pytest.mark.slow

NOW = r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"

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
    place = f"reco__{site.scheduled()}"
    older = f"  not shown in serving.{place}, which has {first}: that is newer\n"
    assert site.say("run", "reco", "--date", str(before)).endswith(f"{run} succeeded\n{older}")
    found = site.say("run", "reco", "--date", str(before))
    assert re.search(rf"{run} succeeded\n  it was there already, made {NOW}\n{older}\Z", found)
    assert site.tally() == [first, run]
    assert sorted(site.warehouse(), key=str) == sorted([(1, float(d.day), d) for d in (before, today)], key=str)
    assert site.shown() == first
    after = today + timedelta(days=1)
    wrong = f"{after} is still to come: the newest date that can be run is {today}"
    assert wrong in site.say("run", "reco", "--date", str(after), code=2)
    found = site.say("run", "reco")
    assert re.search(rf"{first} succeeded\n  it was there already, made {NOW}, and is shown\n\Z", found)
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
    """The lines of the one experiment there is, without its time and that of the next run."""
    first, *more = re.sub(r"; next .*", "", site.say("status")).splitlines()
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


def test_a_run_says_what_nobody_sees_of_it(site: Site) -> None:
    site.put(daily(site))
    site.release()
    today = date.fromisoformat(site.ledger()[0]["item"]["date"])
    site.say("run", "reco", "--date", str(today - timedelta(days=1)))
    site.say("rollback", "reco", "--date", str(today))
    said = site.say("run", "reco", "--date", str(today))
    assert f"  not shown in main.reco__{site.scheduled()}: {today} was taken out\n" in said
    made = daily(site)
    made["jobs"][0]["name"] = "other"
    made["outputs"]["scores"]["job"] = "other"
    site.put(made)
    said = site.say("run", "reco", "--unreleased")
    assert said.endswith(": reco shows it once a release points it there\n")


COPY = f"cp scores.txt {TOP}/$SAMEDAY_RUN.txt"


def ran(site: Site) -> dict[str, str]:
    """What each run's code was."""
    return {path.stem: path.read_text().strip() for path in site.repo.root.glob("reco-*.txt")}


def test_released_code_runs_whatever_the_working_tree_says(site: Site) -> None:
    site.repo.write(".gitignore", ".sameday/\ntally.txt\nreco-*.txt\n")
    site.repo.write("scores.txt", "released\n")
    site.put(site.plain(command=COPY))
    site.release()
    (first,) = site.runs()
    today = date.fromisoformat(site.ledger()[0]["item"]["date"])
    site.repo.write("scores.txt", "edited\n")
    site.say("run", "reco", "--date", str(today - timedelta(days=1)))
    site.repo.commit("an edit that nobody released")
    site.say("run", "reco", "--date", str(today - timedelta(days=2)))
    workspace = open_workspace(site.repo.root, "release", Adapters(os.environ))
    cron = workspace.backends.cron(workspace.settings, workspace.root, workspace.git)
    started = cron.trigger("reco", today + timedelta(days=1))
    assert started is not None
    *_, last = workspace.engine.watch([started.name], datetime.now(UTC) + timedelta(minutes=1))
    assert last.state == "succeeded"
    assert list(ran(site).values()) == ["released"] * 4
    site.put(site.plain(command=f"{COPY} && true"))
    site.release()
    site.say("rollback", "reco")
    site.say("run", "reco", "--date", str(today - timedelta(days=3)))
    made = ran(site)
    assert [code for run, code in made.items() if not run.startswith(first[:-9])] == ["edited"]
    assert [code for run, code in made.items() if run.startswith(first[:-9])] == ["released"] * 5


def test_code_that_nothing_needs_goes(site: Site) -> None:
    commits = []
    for tries in ("true", "true && true", "true && true && true"):
        commits.append(site.put(site.plain(command=tries)))
        site.release()
    folder = site.kept / "engine" / "code"
    assert {path.name for path in folder.iterdir()} == {"lock", *commits[1:]}, "the schedule had the one before"
