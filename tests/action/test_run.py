"""The action from end to end, without GitHub: an event in, a verdict, outputs and a summary out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.action.conftest import Job, harm
from tests.conftest import SETTINGS, Repo
from tests.far.github.payloads import pull_request, push
from tests.far.runner import Ran, load

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

GOOD = "name: sample\njobs:\n  - {name: a, command: echo A}\n  - {name: b, command: echo B, dependencies: [a]}\n"
BAD = GOOD.replace("[a]", "[c]")
WORKFLOW = {"GITHUB_REPOSITORY": "acme/reco", "GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_ACTOR": "ada"}
NO_GITHUB = {"token": ""}  # so that nothing is asked of an address


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A repository with settings, and with modules that must not run."""
    made = Repo(tmp_path / "work space")
    made.root.mkdir()
    harm(made.root)
    made.git("init", "-q")
    made.write("sameday.yaml", SETTINGS)
    made.write(".gitignore", ".sameday/\n")
    made.commit("settings")
    return made


def ran(installed: Job, repo: Repo, name: str, event: Mapping[str, Any], **inputs: str) -> Ran:
    """The action on one event."""
    job = Job(installed.action, repo.root, installed.temp, installed.uv)
    file = repo.root.parent / "event.json"
    file.write_text(json.dumps(event), encoding="utf-8")
    done = job.use(NO_GITHUB | inputs, WORKFLOW | {"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(file)})
    assert not job.mark.exists()
    return done


@pytest.mark.parametrize(("text", "verdict"), [(GOOD, "passed"), (BAD, "failed")])
def test_a_pull_request(text: str, verdict: str, installed: Job, repo: Repo) -> None:
    base = repo.git("rev-parse", "HEAD").strip()
    repo.write("experiments/sample.yaml", text)
    done = ran(installed, repo, "pull_request", pull_request(head=repo.commit(), base=base))
    assert done.codes == {"install": 0, "run": 0 if verdict == "passed" else 1}, done.log
    assert set(done.outputs) == set(load()["outputs"])
    assert (done.outputs["verdict"], done.outputs["released"]) == (verdict, "[]")
    report = json.loads(Path(done.outputs["report"]).read_text(encoding="utf-8"))
    assert (report["verdict"], [e["name"] for e in report["experiments"]]) == (verdict, ["sample"])
    assert "sample" in done.summary


def test_a_merge_releases(installed: Job, repo: Repo) -> None:
    before = repo.git("rev-parse", "HEAD").strip()
    repo.write("experiments/sample.yaml", GOOD)
    done = ran(installed, repo, "push", push(before=before, after=repo.commit()))
    assert not done.failed, done.log
    assert (done.outputs["verdict"], json.loads(done.outputs["released"])) == ("passed", ["sample"])
    assert Path(done.outputs["report"]).exists()


def test_a_folder_of_the_repository(installed: Job, repo: Repo) -> None:
    (repo.root / "ml").mkdir()
    repo.git("mv", "sameday.yaml", "ml/sameday.yaml")
    base = repo.commit()
    repo.write("ml/experiments/sample.yaml", BAD)
    done = ran(installed, repo, "pull_request", pull_request(head=repo.commit(), base=base), path="ml")
    assert done.outputs["verdict"] == "failed", done.log
    assert "ml/experiments/sample.yaml:4:" in done.log


@pytest.mark.parametrize("name", ["path", "images", "login"])
def test_what_looks_like_a_command_stays_data(name: str, installed: Job, repo: Repo) -> None:
    base = repo.git("rev-parse", "HEAD").strip()
    repo.write("experiments/sample.yaml", GOOD)
    evil = 'a"; touch "$RUNNER_TEMP/PWNED"; $(touch "$RUNNER_TEMP/PWNED") #'
    event = pull_request(head=repo.commit(), base=base)
    done = ran(installed, repo, "pull_request", event, **{name: evil})
    assert done.codes["run"] == (2 if name == "path" else 0), done.log
    assert not (installed.temp / "PWNED").exists()
