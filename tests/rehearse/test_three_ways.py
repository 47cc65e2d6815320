"""What the terminal, the bot and the rehearsal say of the same pull request is the same."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SETTINGS, Repo, sameday
from tests.far.github import payloads

pytestmark = pytest.mark.slow

SOUND = "name: {}\nschedule: {{cron: '0 4 * * *'}}\njobs: [{{name: j, command: 'true'}}]\n"
CASES = {
    "sound": {"experiments/new.yaml": SOUND.format("new")},
    "with a fault": {"experiments/new.yaml": "name: new\njobs: [{name: j, comand: x}]\n"},
    "a table that is not there": {
        "experiments/new.yaml": SOUND.format("new") + "inputs: {logs: {table: main.nowhere}}\n"
    },
    "two": {"experiments/b.yaml": SOUND.format("b"), "experiments/c.yaml": SOUND.format("c")},
}


@pytest.fixture
def proposed(repo: Repo, request: pytest.FixtureRequest) -> Repo:
    """Main with one experiment, released, and a branch that adds others."""
    repo.write("sameday.yaml", SETTINGS)
    repo.write("experiments/old.yaml", SOUND.format("old"))
    repo.commit()
    repo.git("branch", "-M", "main")
    (repo.root / ".sameday" / "warehouse").mkdir(parents=True)
    assert repo.sameday("release").code == 0
    repo.git("checkout", "-q", "-b", "change")
    for path, text in CASES[request.getfixturevalue("case")].items():
        repo.write(path, text)
    repo.commit()
    return repo


def bot(repo: Repo, temp: Path) -> tuple[int, Any, str]:
    """The pull request as a workflow's run sees it: exit code, report, summary."""
    head, base = (repo.git("rev-parse", name).strip() for name in ("HEAD", "main"))
    temp.mkdir()
    (temp / "event.json").write_text(json.dumps(payloads.pull_request(head=head, base=base)), encoding="utf-8")
    for name in ("summary", "outputs"):
        (temp / name).write_text("", encoding="utf-8")
    env = {
        "GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(temp / "event.json"), "GITHUB_RUN_ID": "1",
        "GITHUB_REPOSITORY": payloads.NAME, "GITHUB_STEP_SUMMARY": str(temp / "summary"), "RUNNER_TEMP": str(temp),
        "GITHUB_OUTPUT": str(temp / "outputs"), "GITHUB_TOKEN": "", "GITHUB_SHA": "",
    }  # fmt: skip
    said = sameday("bot", cwd=repo.root, env=env)
    report = json.loads((temp / "sameday-report.json").read_text(encoding="utf-8"))
    return said.code, report, (temp / "summary").read_text(encoding="utf-8")


def merging(comment: str) -> str:
    """The part of a comment that says what a merge will do."""
    found = comment.partition("### Merging this")[2] or comment.partition("### What merging")[2]
    return found.partition("<sub>")[0].strip()


@pytest.mark.parametrize("case", CASES)
def test_three_ways_say_the_same(case: str, proposed: Repo, tmp_path: Path) -> None:
    code, report, summary = bot(proposed, tmp_path / "runner")
    said = proposed.sameday("check", "--base", "main", "--format", "json")
    assert (said.code, json.loads(said.out)) == (code, report)
    comment = proposed.sameday("check", "--base", "main", "--format", "markdown").out
    assert comment.splitlines()[0] == summary.splitlines()[0]
    assert merging(comment) == merging(summary)
    rehearsed = proposed.sameday("rehearse", *CASES[case])
    stage = proposed.root / "rehearsal"
    assert rehearsed.code == code
    assert json.loads((stage / "report.json").read_text(encoding="utf-8")) == report
    assert merging((stage / "comment.md").read_text(encoding="utf-8")) == merging(summary)
    plan = json.loads(proposed.sameday("plan", "--base", "main", "--format", "json").out)
    assert json.loads((stage / "plan.json").read_text(encoding="utf-8")) == plan


def test_the_rehearsal_leaves_the_repository_alone(repo: Repo) -> None:
    repo.write("experiments/new.yaml", SOUND.format("new"))
    before = repo.git("rev-parse", "HEAD"), repo.git("status", "--porcelain")
    assert repo.sameday("rehearse").code == 0
    assert (repo.git("rev-parse", "HEAD"), repo.git("status", "--porcelain", ":(exclude)rehearsal")) == before
    assert subprocess.run(
        ["git", "log", "--oneline"], cwd=repo.root / "rehearsal" / "repository", capture_output=True, text=True
    ).stdout.count("\n") == 3  # fmt: skip
