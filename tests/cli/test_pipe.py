"""Where nobody reads what a command prints, as after `| head -1`, it ends without a word."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.cli import COMMANDS
from bot.ports import Work
from tests.conftest import ROOT, SETTINGS, Repo

SIGPIPE = 141  # what a shell says of a program that this signal ended
MANIFEST = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: a}\nspec: {entrypoint: none}\n"
WORDS: Mapping[str, str] = {
    "check": "check --offline",
    "plan": "plan",
    "rehearse": "rehearse",
    "release": "release",
    "off": "off zero",
    "on": "on zero",
    "rollback": "rollback zero",
    "run": "run zero --unreleased",
    "status": "status",
    "alarm": "alarm",
    "runs": "runs list zero",
    "readout": "readout zero",
    "render": "render experiments/zero.yaml",
    "traffic": "traffic",
    "measure": "measure",
    "graph": "graph experiments/zero.yaml",
    "schema": "schema",
    "explain": "explain flags.split",
    "init": "init there",
    "lint": "lint manifest.yaml",
    "task": f"task begin verify --work work.json --date {date(2026, 11, 26)}",
}
ON_STANDARD_ERROR = {"bot": "bot", "usage": "explain none"}


SERVED = """\
name: zero
jobs: [{name: a, command: ":"}]
serving: {kind: all, arm: {name: new, table: reco.v4}}
"""


TEST = """\
name: zero
jobs: [{name: a, command: ":"}]
serving:
  kind: ab
  arms: [{name: old, control: true, table: reco.v3}, {name: new, table: reco.v4}]
  period: {start: 2026-11-30, end: 2026-12-14}
"""
SHOWN = """\
SELECT 'ann' AS unit, 'zero' AS experiment, 1 AS phase, 'old' AS arm, '' AS ranker, 'i' AS item, 1 AS position,
  'r' AS ranking, 'f' AS flag_version, 'd' AS data_version, FALSE AS forced,
  TIMESTAMPTZ '2026-12-01 09:00+00' AS shown_at
"""


def unread(repo: Repo, words: str, stream: str, *, buffered: bool = True) -> tuple[int, bytes]:
    """The exit code of a command, one of whose streams nobody reads, and what the other one got."""
    read, write = os.pipe()
    os.close(read)
    try:
        streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: write}
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "" if buffered else "1"}
        command = [sys.executable, "-m", "bot", *words.split()]
        done = subprocess.run(
            command, cwd=repo.root, stdin=subprocess.DEVNULL, timeout=100, check=False, env=environment, **streams
        )
    finally:
        os.close(write)
    return done.returncode, done.stdout or done.stderr or b""


@pytest.fixture
def ready(repo: Repo) -> Repo:
    """A repository in which every command has something to say."""
    repo.write("experiments/zero.yaml", 'name: zero\njobs: [{name: a, command: "true"}]\n')
    repo.write("manifest.yaml", MANIFEST)
    metrics = "metrics: {clicks: {query: SELECT 1 AS unit, unit: user_id, type: mean}}\n"
    repo.write("sameday.yaml", (repo.root / "sameday.yaml").read_text() + metrics)
    (repo.root / "there").mkdir()
    backends = {"warehouse": {"kind": "folder", "path": str(repo.root / "warehouse")}}
    work = Work(experiment="zero", key="0badcafe", date=date(2026, 11, 26), steps=(), backends=backends)
    repo.write("work.json", work.model_dump_json())
    repo.commit()
    return repo


def test_every_command_is_tried() -> None:
    assert {*WORDS, "bot"} == COMMANDS.keys()


@pytest.mark.parametrize("words", ["status", "schema", "--help", "--version"])
def test_nobody_reads_on(ready: Repo, words: str) -> None:
    assert unread(ready, words, "stdout") == (SIGPIPE, b"")


def test_nobody_reads_on_where_nothing_is_buffered(ready: Repo) -> None:
    assert unread(ready, "--version", "stdout", buffered=False) == (SIGPIPE, b"")


@pytest.mark.slow
@pytest.mark.parametrize("words", WORDS.values(), ids=list(WORDS))
def test_nobody_reads_what_any_command_prints(ready: Repo, words: str) -> None:
    if words.split()[0] in ("on", "off"):
        ready.write("experiments/zero.yaml", SERVED)
        ready.commit()
        assert ready.sameday("release", "--experiment", "zero").code == 0
    if words.startswith("readout"):
        ready.write("sameday.yaml", f"{SETTINGS}exposures: {{query: shown.sql}}\n")
        ready.write("shown.sql", SHOWN)
        ready.write("experiments/zero.yaml", TEST)
    if words.startswith("on"):
        assert ready.sameday("off", "zero").code == 0
    if words.startswith("rollback"):
        assert ready.sameday("release").code == 0
        ready.write("experiments/zero.yaml", 'name: zero\njobs: [{name: a, command: ":"}]\n')
        ready.commit()
        assert ready.sameday("release").code == 0
    assert unread(ready, words, "stdout") == (SIGPIPE, b"")


@pytest.mark.slow
@pytest.mark.parametrize("words", ON_STANDARD_ERROR.values(), ids=list(ON_STANDARD_ERROR))
def test_nobody_reads_the_errors(ready: Repo, words: str) -> None:
    assert unread(ready, words, "stderr") == (SIGPIPE, b"")


@pytest.mark.slow
def test_a_release_that_nobody_watches_goes_on_when_it_is_run_again(ready: Repo) -> None:
    assert unread(ready, "release --experiment zero", "stdout") == (SIGPIPE, b"")
    assert "zero is live\n" in ready.sameday("release", "--experiment", "zero").out


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_a_full_disk_is_told_once(ready: Repo) -> None:
    command = [sys.executable, "-m", "bot", "schema"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command, cwd=ready.root, stdout=full, stderr=subprocess.PIPE, check=False, text=True, env=environment
        )
    assert (done.returncode, done.stderr) == (3, "sameday: [Errno 28] No space left on device\n")
