"""For the person on call: which runs there are, what they print, stop one, go on with it, and all of it as JSON."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.commands.runs import overlap
from tests.release.conftest import TOP, Site

pytestmark = pytest.mark.slow
BEGAN = r"began \d{4}-\d\d-\d\d \d\d:\d\d UTC"


def live(site: Site, command: str = "true") -> str:
    """An experiment that is live; the name of its run."""
    site.put(site.plain(command=command))
    site.release()
    (run,) = site.tally()
    return run


def test_its_runs_are_listed(site: Site) -> None:
    run = live(site)
    assert re.fullmatch(rf"  {run} succeeded in \d+\.\d s, {BEGAN}\n", site.say("runs", "list", "reco"))
    site.put(site.plain(command="echo no such user; exit 3"))
    site.release(code=1)
    said = site.say("runs", "list", "reco").splitlines()
    assert any(re.fullmatch(rf"  \S+ failed in \d+\.\d s, {BEGAN}", line) for line in said)
    assert "    infer ended with exit code 3" in said
    listed = json.loads(site.say("runs", "list", "reco", "--format", "json"))
    states = sorted(one["state"] for one in listed["runs"])
    assert (listed["format"], states) == (1, ["failed", "succeeded"])
    assert site.say("runs", "list", "nothing") == "the engine has no run of nothing\n"


def test_what_a_job_has_printed(site: Site) -> None:
    run = live(site, "echo one && echo two")
    assert site.say("runs", "logs", "reco") == f"{run}: infer succeeded\none\ntwo\n"
    assert site.say("runs", "logs", "reco", "infer", "--follow") == "one\ntwo\n"
    wrong = site.say("runs", "logs", "reco", "train", code=2)
    assert f"{run} has no job 'train'; it has infer" in wrong
    missing = site.say("runs", "logs", "reco", "--date", "2020-01-01", code=2)
    assert "the engine has no run of reco for 2020-01-01; `sameday runs list reco` shows what it has" in missing


def test_a_run_is_stopped_and_goes_on(site: Site, until: Callable[[Callable[[], object]], None]) -> None:
    site.put(
        site.plain(command=f"touch {TOP}/.sameday/begun && while ! test -e {TOP}/.sameday/go; do sleep 0.02; done")
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "release"], cwd=site.repo.root, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    try:
        until((site.kept / "begun").exists)
        assert "infer running" in site.say("runs", "logs", "reco")
        process.kill()
        process.wait()
        said = site.say("runs", "stop", "reco").splitlines()
        run = said[0].split()[0]
        assert said[0] == f"{run} is being stopped: what was shown is still shown"
        until(lambda: f"{run} was not running: it is stopped" in site.say("runs", "stop", "reco"))
        (site.kept / "go").touch()
        assert site.release().startswith("reco ")
        assert site.tally() == [run]
    finally:
        process.kill()


def test_a_failed_run_is_tried_again(site: Site) -> None:
    (site.kept / "good").touch()
    run = live(site, f"test -e {TOP}/.sameday/good")
    assert f"{run} succeeded" in site.say("runs", "retry", "reco"), "it was made: it is found"
    (site.kept / "good").unlink()
    before = date.fromisoformat(site.ledger()[0]["item"]["date"]) - timedelta(days=1)
    site.say("run", "reco", "--date", str(before), code=1)
    (site.kept / "good").touch()
    said = site.say("runs", "retry", "reco", "--date", str(before))
    assert f"{run[:-9]}-{before:%Y%m%d}-2 succeeded" in said


def test_status_of_one_has_its_runs_and_what_is_next(site: Site) -> None:
    run = live(site)
    said = site.say("status", "reco")
    assert re.search(rf"^  {run} succeeded in ", said, re.MULTILINE)
    assert re.search(
        r"schedule on, starts \w{8}; next \d{4}-\d\d-\d\d 04:00 UTC for \d{4}-\d\d-\d\d$", said, re.MULTILINE
    )
    assert "was never released here" in site.say("status", "recco", code=2)
    (site.kept / "flags" / "experiments.flagd.json").unlink()
    assert "  gone: the flag reco is gone\n    the next release" in site.say("status", "reco")


def test_status_as_json(site: Site) -> None:
    run = live(site)
    told = json.loads(site.say("status", "--format", "json"))
    (reco,) = told["experiments"]
    assert (told["format"], reco["name"], reco["live"]["run"]) == (1, "reco", run)
    assert reco["live"]["commit"] == site.repo.git("rev-parse", "HEAD").strip()
    assert (reco["off"], reco["flag"], reco["schedule"]["on"], reco["alarms"]) == (None, True, True, [])
    assert reco["next"]["at"].endswith("04:00:00+00:00")
    assert [(one["name"], one["state"]) for one in reco["runs"]] == [(run, "succeeded")]
    assert reco["runs"][0]["jobs"][0]["name"] == "infer"


@pytest.mark.parametrize(
    ("seen", "lines", "new"),
    [
        ("", "ab", "ab"), ("ab", "ab", ""), ("ab", "abc", "c"), ("abc", "bcd", "d"), ("abc", "xyz", "xyz"),
        ("aa", "aaa", "a"), ("ab", "", ""),
    ],
)  # fmt: skip
def test_what_is_new_of_a_log(seen: str, lines: str, new: str) -> None:
    assert lines[overlap(list(seen), list(lines)) :] == new
