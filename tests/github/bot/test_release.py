"""What merges release, and what is told of it where: comments, deployments, outputs, the exit code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Repo
from tests.far.github import payloads
from tests.github.bot.conftest import SOUND, Hosted

FAILING = [{"name": "infer", "command": "echo loading; echo no such model >&2; exit 3"}]


def begin(hosted: Hosted, **changed: Any) -> None:
    """Main has the experiment reco, taken as live."""
    hosted.put(**changed)
    assert hosted.bot("schedule", payloads.schedule()).code == 0


def settings(hosted: Hosted, more: str) -> None:
    """More lines for the settings."""
    hosted.repo.write("sameday.yaml", (hosted.repo.root / "sameday.yaml").read_text() + more)
    hosted.repo.commit()


def states(hosted: Hosted) -> dict[str, str]:
    """The last state of each environment."""
    return {d["environment"]: d["state"] for d in hosted.github.deployments()}


def test_a_first_release_takes_what_was_there_as_live(hosted: Hosted) -> None:
    hosted.put("old")
    hosted.branch()
    hosted.put("new")
    ran = hosted.bot("push", hosted.merge())
    assert (ran.code, ran.outputs["released"]) == (0, '["new"]')
    assert "taken as live and not released: old" in ran.out
    assert states(hosted) == {"sameday/new": "success"}
    assert len(ran.requests) == 4 + 4


def test_two_pull_requests_in_one_push_are_told_apart(hosted: Hosted) -> None:
    begin(hosted)
    before = hosted.head()
    for number, name in ((7, "ads"), (8, "search")):
        hosted.branch(name)
        hosted.put(name)
        hosted.merge(name, number)
    ran = hosted.bot("push", payloads.push(before=before, after=hosted.head()))
    assert (ran.code, json.loads(ran.outputs["released"])) == (0, ["ads", "search"])
    (ads,), (search,) = hosted.ours(7), hosted.ours(8)
    assert ("<code>ads</code>" in ads, "search" in ads) == (True, False)
    assert ("<code>search</code>" in search, "ads" in search) == (True, False)
    assert "<code>ads</code>" in ran.summary
    assert "<code>search</code>" in ran.summary


def failed(hosted: Hosted) -> str:
    """The comment of a release that failed."""
    begin(hosted)
    hosted.branch()
    hosted.put(jobs=FAILING)
    ran = hosted.bot("push", hosted.merge())
    assert (ran.code, ran.outputs["verdict"], ran.outputs["released"]) == (1, "failed", "[]")
    assert states(hosted) == {"sameday/reco": "failure"}
    (comment,) = hosted.ours()
    return str(comment)


def test_a_failure_says_which_step_and_why_and_what_next(hosted: Hosted) -> None:
    comment = failed(hosted)
    assert "**❌ sameday: 1 of 1 experiment not released**" in comment
    assert "### ❌ <code>reco</code> failed at `generate`" in comment
    assert "loading" not in comment
    assert "The end of the log of <code>infer</code> is in the job's summary." in comment
    assert "Serves <code>what was there before</code>." in comment
    assert "Next: correct its file, or try again as it is: `sameday release --experiment reco`" in comment


def test_what_failed_is_not_told_over_by_the_hold(hosted: Hosted) -> None:
    comment = failed(hosted)
    ran = hosted.bot("schedule", payloads.schedule())
    assert ran.code == 0
    assert hosted.ours() == [comment]
    assert states(hosted) == {"sameday/reco": "failure"}


def test_a_correction_is_told_on_its_own_pull_request(hosted: Hosted) -> None:
    comment = failed(hosted)
    hosted.branch("correction")
    hosted.put()
    hosted.put(jobs=[{"name": "infer", "command": "echo right"}])
    ran = hosted.bot("push", hosted.merge("correction", 8))
    assert (ran.code, ran.outputs["released"]) == (0, '["reco"]')
    assert hosted.ours(7) == [comment]
    assert "🚀 sameday: 1 experiment released" in hosted.ours(8)[0]
    assert [d["state"] for d in hosted.github.deployments()] == ["failure", "success"]


def test_a_removed_experiment_is_retired(hosted: Hosted) -> None:
    begin(hosted, name="kept")
    hosted.branch("first")
    hosted.put()
    hosted.bot("push", hosted.merge("first"))
    hosted.branch("second")
    hosted.repo.git("rm", "-q", "experiments/reco.yaml")
    hosted.repo.commit()
    ran = hosted.bot("push", hosted.merge("second", 8))
    assert (ran.code, ran.outputs["released"]) == (0, "[]")
    assert "### ✅ <code>reco</code> is retired" in hosted.ours(8)[0]
    assert "Serves <code>nothing</code>." in hosted.ours(8)[0]
    assert {d["state"] for d in hosted.github.deployments()} == {"inactive"}


HELD = "while [ ! -e {gate} ]; do sleep 0.05; done"


def let_go(hosted: Hosted, gate: Path) -> None:
    """What held the job is gone, and the next release has all the time it needs."""
    gate.touch()
    text = (hosted.repo.root / "sameday.yaml").read_text(encoding="utf-8")
    hosted.repo.write("sameday.yaml", re.sub(r"release: \d+s", "release: 10m", text))
    hosted.repo.commit("meanwhile")


@pytest.mark.slow
def test_a_long_release_is_finished_by_the_schedule(hosted: Hosted, tmp_path: Path) -> None:
    settings(hosted, "limits: {release: 1s}\n")
    begin(hosted)
    hosted.branch()
    hosted.put(jobs=[{"name": "infer", "command": HELD.format(gate=tmp_path / "gate")}])
    ran = hosted.bot("push", hosted.merge())
    assert (ran.code, ran.outputs["verdict"], ran.outputs["released"]) == (0, "passed", "[]")
    assert "⏳ sameday: 1 experiment under way" in hosted.ours()[0]
    assert states(hosted) == {"sameday/reco": "in_progress"}
    let_go(hosted, tmp_path / "gate")
    ran = hosted.bot("schedule", payloads.schedule())
    assert (ran.code, ran.outputs["released"]) == (0, '["reco"]')
    (comment,) = hosted.ours()
    assert "🚀 sameday: 1 experiment released" in comment
    assert [d["state"] for d in hosted.github.deployments()] == ["success"]


@pytest.mark.slow
def test_what_was_live_first_is_still_told_when_the_rest_is(hosted: Hosted, tmp_path: Path) -> None:
    settings(hosted, "limits: {release: 8s}\n")  # in which a busy machine, too, brings the other two to their ends
    begin(hosted)
    hosted.branch()
    hosted.put("quick")
    hosted.put("slow", jobs=[{"name": "infer", "command": HELD.format(gate=tmp_path / "gate")}])
    hosted.put("wrong", jobs=[{"name": "infer", "command": "exit 3"}])
    ran = hosted.bot("push", hosted.merge())
    assert ran.outputs["released"] == '["quick"]'
    let_go(hosted, tmp_path / "gate")
    assert hosted.bot("schedule", payloads.schedule()).outputs["released"] == '["slow"]'
    (comment,) = hosted.ours()
    assert "**❌ sameday: 1 of 3 experiments not released**" in comment
    assert "<code>wrong</code> is on hold" in comment
    assert "### ✅ <code>quick</code> is live" in comment
    assert "### ✅ <code>slow</code> is live" in comment


def test_changed_arms_alone_make_no_new_data(hosted: Hosted) -> None:
    begin(hosted, name="kept")
    hosted.branch("first")
    hosted.put()
    hosted.bot("push", hosted.merge("first"))
    hosted.branch("second")
    arms = [arm | {"weight": 50} for arm in SOUND["serving"]["arms"]]
    hosted.put(serving=SOUND["serving"] | {"arms": arms})
    ran = hosted.bot("push", hosted.merge("second", 8))
    assert (ran.code, ran.outputs["released"]) == (0, '["reco"]')
    assert "infer running" not in ran.out
    assert [d["state"] for d in hosted.github.deployments()] == ["inactive", "success"]


def test_an_old_job_run_again_takes_nothing_back(hosted: Hosted) -> None:
    begin(hosted, name="kept")
    for number in (7, 8):
        hosted.branch(f"change-{number}")
        hosted.put(schedule={"cron": f"{number} 4 * * *"})
        event = hosted.merge(f"change-{number}", number)
        assert hosted.bot("push", event).code == 0
    hosted.repo.git("checkout", "-q", "HEAD~1")
    ran = hosted.bot("push", payloads.push(before=hosted.head("HEAD~1"), after=hosted.head()))
    assert (ran.code, ran.requests) == (2, [])
    assert "was released already: check out the default branch" in ran.out


def shallow(hosted: Hosted, where: Path, commit: str) -> None:
    """The runner's clone is one commit deep, its backends are those of before."""
    origin = hosted.repo.root
    hosted.repo = Repo(where / "clone")
    hosted.repo.root.mkdir()
    hosted.repo.git("init", "-q")
    hosted.repo.git("remote", "add", "origin", f"file://{origin}")
    hosted.repo.git("fetch", "-q", "--depth=1", "origin", commit)
    hosted.repo.git("checkout", "-q", commit)
    (hosted.repo.root / ".sameday").symlink_to(origin / ".sameday")


def test_a_shallow_clone_knows_what_was_there_before(hosted: Hosted, tmp_path: Path) -> None:
    hosted.put("old")
    hosted.branch()
    hosted.put("new")
    event = hosted.merge()
    shallow(hosted, tmp_path, event["after"])
    ran = hosted.bot("push", event)
    assert (ran.code, ran.outputs["released"]) == (0, '["new"]')
    assert "<code>new</code> is live" in hosted.ours()[0]


def test_an_old_job_with_a_shallow_clone_takes_nothing_back(hosted: Hosted, tmp_path: Path) -> None:
    begin(hosted)
    old = hosted.head()
    hosted.branch()
    hosted.put(schedule={"cron": "5 4 * * *"})
    assert hosted.bot("push", hosted.merge()).code == 0
    shallow(hosted, tmp_path, old)
    ran = hosted.bot("push", payloads.push(before=payloads.ZERO, after=old))
    assert (ran.code, ran.requests) == (2, [])
    assert "was released already" in ran.out


def test_a_history_that_cannot_be_had_says_what_to_set(hosted: Hosted, tmp_path: Path) -> None:
    begin(hosted)
    shallow(hosted, tmp_path, hosted.head())
    hosted.repo.git("remote", "set-url", "origin", str(tmp_path / "nowhere"))
    ran = hosted.bot("schedule", payloads.schedule())
    assert (ran.code, ran.requests) == (2, [])
    assert "`fetch-depth: 0`" in ran.out


def test_without_engine_and_ledger_only_checks_are_made(hosted: Hosted) -> None:
    hosted.repo.write("sameday.yaml", "experiments: [experiments/*.yaml]\n")
    hosted.repo.commit()
    hosted.put()
    ran = hosted.bot("push", payloads.push(before=hosted.head("HEAD~1"), after=hosted.head()))
    assert (ran.code, ran.requests) == (0, [])
    assert "names no engine and no ledger" in ran.out


def test_images_of_the_same_merge_are_released(hosted: Hosted) -> None:
    settings(hosted, "repos: {default: {image: registry/reco@sha256:" + "0" * 64 + "}}\n")
    begin(hosted)
    hosted.put(owner="@acme/reco")
    ran = hosted.bot("push", payloads.push(before=hosted.head("HEAD~1"), after=hosted.head()))
    assert (ran.code, ran.outputs["released"]) == (0, '["reco"]')
    hosted.environment = {"SAMEDAY_IMAGES": f"default=registry/reco@sha256:{'1' * 64}\n"}
    ran = hosted.bot("push", payloads.push(before=hosted.head("HEAD~1"), after=hosted.head()))
    assert (ran.code, ran.outputs["released"]) == (0, '["reco"]')
    again = hosted.bot("schedule", payloads.schedule())
    assert (again.code, again.outputs["released"]) == (0, "[]")
    hosted.environment = {"SAMEDAY_IMAGES": "$(id)"}
    wrong = hosted.bot("schedule", payloads.schedule())
    assert (wrong.code, wrong.requests) == (2, [])
    assert "write REPO=DIGEST" in wrong.summary
