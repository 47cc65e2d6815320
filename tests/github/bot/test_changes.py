"""Which experiments a pull request changes, and what is said where it changes none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.far.github import payloads
from tests.github.bot.conftest import BROKEN, SOUND, Hosted, Ran

TABLE = {"scores": {"table": "main.scores", "job": "infer", "columns": {"user_id": "STRING"}}}


def checked(ran: Ran) -> list[str]:
    """The names of the experiments that the report speaks of."""
    report = json.loads(Path(ran.outputs["report"]).read_text(encoding="utf-8"))
    return [experiment["name"] or experiment["path"] for experiment in report["experiments"]]


def two(hosted: Hosted) -> None:
    """Main has two experiments, of which one reads the other, and a branch is begun."""
    hosted.put("writer", outputs=TABLE, sources=["code/**/*.py"], serving=None)
    hosted.put("reader", inputs={"scores": {"experiment": "writer", "output": "scores"}}, serving=None)
    hosted.put("alone", serving=None)
    hosted.branch()


def test_a_changed_writer_changes_its_reader(hosted: Hosted) -> None:
    two(hosted)
    hosted.put("writer", outputs=TABLE, jobs=[{"name": "infer", "command": "echo"}])
    assert checked(hosted.bot("pull_request", hosted.proposed("opened"))) == ["reader", "writer"]


def test_code_that_sources_name_changes_an_experiment(hosted: Hosted) -> None:
    two(hosted)
    hosted.repo.write("code/deep/model.py", "x = 1\n")
    hosted.repo.commit()
    ran = hosted.bot("pull_request", hosted.proposed("opened"))
    assert checked(ran) == ["reader", "writer"]
    assert "<code>writer</code>** is released" in ran.summary


def test_changed_settings_change_every_experiment(hosted: Hosted) -> None:
    two(hosted)
    hosted.repo.write("sameday.yaml", (hosted.repo.root / "sameday.yaml").read_text() + "limits: {job: 1h}\n")
    hosted.repo.commit()
    assert checked(hosted.bot("pull_request", hosted.proposed("opened"))) == ["alone", "reader", "writer"]


def test_a_renamed_file_is_checked_and_a_deleted_one_retired(hosted: Hosted) -> None:
    two(hosted)
    hosted.bot("schedule", payloads.schedule())
    hosted.repo.git("mv", "experiments/alone.yaml", "experiments/moved.yaml")
    hosted.repo.git("rm", "-q", "experiments/reader.yaml")
    hosted.repo.commit()
    ran = hosted.bot("pull_request", hosted.proposed("opened"))
    assert (ran.code, checked(ran)) == (0, ["alone"])
    assert "<code>reader</code>** is retired" in ran.summary
    assert "<code>alone</code>**" not in ran.summary


def test_only_deletions_are_told_too(hosted: Hosted) -> None:
    two(hosted)
    hosted.bot("schedule", payloads.schedule())
    hosted.repo.git("rm", "-q", "experiments/alone.yaml")
    hosted.repo.commit()
    ran = hosted.bot("pull_request", hosted.proposed("opened"))
    assert (ran.code, checked(ran)) == (0, [])
    assert "<code>alone</code>** is retired" in hosted.ours()[0]


def test_a_name_that_main_gained_meanwhile_is_taken(hosted: Hosted) -> None:
    hosted.branch()
    hosted.write(json.dumps(SOUND), "mine")
    hosted.repo.git("checkout", "-q", "main")
    hosted.write(json.dumps(SOUND), "theirs")
    hosted.branch()
    ran = hosted.bot("pull_request", hosted.proposed("opened"))
    assert (ran.code, checked(ran)) == (1, ["reco", "reco"])
    assert "experiments/theirs.yaml" in ran.out


def test_a_table_that_main_gained_meanwhile_is_taken(hosted: Hosted) -> None:
    hosted.branch()
    hosted.put("mine", outputs=TABLE, serving=None)
    hosted.repo.git("checkout", "-q", "main")
    hosted.put("theirs", outputs=TABLE, serving=None)
    hosted.branch()
    ran = hosted.bot("pull_request", hosted.proposed("opened"))
    assert (ran.code, checked(ran)) == (1, ["mine"])
    assert "theirs" in ran.out


def test_a_conflict_is_checked_as_it_stands(hosted: Hosted) -> None:
    hosted.put()
    hosted.branch()
    hosted.put(schedule={"cron": "0 5 * * *"})
    hosted.repo.git("checkout", "-q", "main")
    hosted.put(schedule={"cron": "0 6 * * *"})
    hosted.put("other")
    hosted.branch()
    ran = hosted.bot("pull_request", hosted.proposed("opened"))
    assert (ran.code, checked(ran)) == (3, ["the merge", "reco"])
    assert "it conflicts with its base" in ran.summary


def test_what_main_gained_since_the_event_is_seen_in_githubs_own_merge(hosted: Hosted) -> None:
    """The event's base may lag behind; the first parent of the merge that GitHub made to try it does not."""
    hosted.branch()
    hosted.write(json.dumps(SOUND), "mine")
    event = hosted.proposed("opened")
    hosted.repo.git("checkout", "-q", "main")
    hosted.write(json.dumps(SOUND), "theirs")
    hosted.repo.git("checkout", "-q", "--detach")
    hosted.repo.git("merge", "-q", "--no-ff", "-m", "a try", "change")
    assert hosted.bot("pull_request", event).code == 0
    hosted.environment["GITHUB_SHA"] = hosted.head()
    assert hosted.bot("pull_request", event).code == 1


def test_another_branch_than_the_default_one_releases_nothing(hosted: Hosted) -> None:
    hosted.branch()
    hosted.put()
    event = hosted.proposed("opened")
    event["pull_request"]["base"]["ref"] = "next"
    ran = hosted.bot("pull_request", event)
    assert ran.code == 0
    assert "it does not go into the default branch" in ran.summary


def test_settings_that_would_be_gone_are_noted(hosted: Hosted) -> None:
    two(hosted)
    (hosted.repo.root / "sameday.yaml").unlink()
    hosted.repo.commit()
    assert "It removes sameday.yaml" in hosted.bot("pull_request", hosted.proposed("opened")).summary


def test_a_group_of_the_merge_queue_is_checked_without_a_request(hosted: Hosted) -> None:
    hosted.branch()
    hosted.write(BROKEN)
    ran = hosted.bot("merge_group", payloads.merge_group(head=hosted.head(), base=hosted.head("main")))
    assert (ran.code, checked(ran), ran.requests) == (1, ["reco"], [])
    assert "::error file=experiments/reco.yaml,line=3" in ran.out


def test_a_pull_request_without_experiments_is_quiet(hosted: Hosted) -> None:
    hosted.branch()
    hosted.repo.write("README.md", "hello\n")
    hosted.repo.commit()
    first = hosted.bot("pull_request", hosted.proposed("opened"))
    assert (first.code, first.outputs["verdict"], first.requests, first.summary) == (0, "passed", [], "")
    again = hosted.bot("pull_request", hosted.proposed())
    assert (again.code, again.requests) == (0, [("GET", "issues/7/comments")])
    assert hosted.ours() == []


def test_the_comment_collapses_when_the_last_experiment_leaves(hosted: Hosted) -> None:
    hosted.branch()
    hosted.write(BROKEN)
    assert hosted.bot("pull_request", hosted.proposed("opened")).code == 1
    hosted.repo.git("revert", "--no-edit", "HEAD")
    assert hosted.bot("pull_request", hosted.proposed()).code == 0
    (comment,) = hosted.ours()
    assert comment.splitlines()[1].startswith("**sameday**: this pull request changes no experiment any more.")
    hosted.put()
    assert hosted.bot("pull_request", hosted.proposed()).code == 0
    assert "ready to merge" in hosted.ours()[0]


def test_new_settings_are_in_force_once_merged(hosted: Hosted) -> None:
    settings = (hosted.repo.root / "sameday.yaml").read_text()
    hosted.repo.git("rm", "-q", "sameday.yaml")
    hosted.repo.commit()
    hosted.branch()
    hosted.repo.write("sameday.yaml", settings)
    hosted.put()
    ran = hosted.bot("pull_request", hosted.proposed("opened"))
    assert (ran.code, checked(ran)) == (0, ["reco"])
    assert "sameday.yaml is new&#58; it is in force once it is merged" in hosted.ours()[0]


def test_without_settings_nothing_is_guessed(hosted: Hosted) -> None:
    hosted.repo.git("rm", "-q", "sameday.yaml")
    hosted.repo.commit()
    hosted.branch()
    hosted.put()
    ran = hosted.bot("pull_request", hosted.proposed("opened"))
    assert (ran.code, ran.requests, ran.outputs["verdict"]) == (2, [], "unknown")
    assert "sameday could not do its work" in ran.summary
    assert "there is no sameday.yaml here" in ran.summary


@pytest.mark.parametrize("name", ["sameday.yaml", "experiments/reco.yaml"])
def test_links_are_faults_and_not_followed(hosted: Hosted, name: str) -> None:
    hosted.put()
    hosted.branch()
    place = hosted.repo.root / name
    place.unlink()
    place.symlink_to("/etc/passwd")
    hosted.repo.commit()
    ran = hosted.bot("pull_request", hosted.proposed("opened"))
    assert ran.code == 1
    assert f"{name}:1:1: error" in ran.out
    assert "root:" not in ran.out + ran.summary


def test_hidden_folders_hold_no_experiments(hosted: Hosted) -> None:
    hosted.repo.write("sameday.yaml", 'experiments: ["**/*.yml"]\n' + (hosted.repo.root / "sameday.yaml").read_text())
    hosted.repo.commit()
    hosted.branch()
    hosted.repo.write(".github/workflows/build.yml", "on: push\n")
    hosted.repo.commit()
    ran = hosted.bot("pull_request", hosted.proposed("opened"))
    assert (ran.code, ran.requests) == (0, [])


def test_two_instances_in_one_repository_keep_apart(hosted: Hosted) -> None:
    settings = (hosted.repo.root / "sameday.yaml").read_text()
    for team in ("ads", "reco"):
        hosted.repo.write(f"{team}/sameday.yaml", settings)
    hosted.repo.git("rm", "-q", "sameday.yaml")
    hosted.repo.commit()
    hosted.branch()
    for team in ("ads", "reco"):
        hosted.repo.write(f"{team}/experiments/x.yaml", BROKEN)
    hosted.repo.commit()
    payload = hosted.proposed("opened")
    for team in ("ads", "reco"):
        hosted.environment = {"SAMEDAY_PATH": team}
        ran = hosted.bot("pull_request", payload)
        assert (ran.code, checked(ran)) == (1, ["reco"])
        assert f"{team}/experiments/x.yaml:3:19: error" in ran.out
    ads, reco = hosted.ours()
    head = hosted.head()
    for team, comment in (("ads", ads), ("reco", reco)):
        assert f"(https://github.com/acme/experiments/blob/{head}/{team}/experiments/x.yaml#L3)" in comment
    runs = hosted.github.check_runs(head)
    assert sorted(run["name"] for run in runs) == ["sameday (ads)", "sameday (reco)"]
    for run in runs:
        assert {a["path"] for a in run["annotations"]} == {f"{run['name'][9:-1]}/experiments/x.yaml"}
    paths = [comment["path"] for comment in hosted.github.review_comments(7)]
    assert paths == ["ads/experiments/x.yaml", "reco/experiments/x.yaml"]


def test_a_new_base_is_checked(hosted: Hosted) -> None:
    """GitHub retargets a stacked pull request when its base is merged."""
    hosted.branch("first")
    hosted.put("one", serving=None)
    hosted.branch("change")
    hosted.put("two", serving=None)
    event = hosted.proposed("opened")
    event["pull_request"]["base"] |= {"ref": "first", "sha": hosted.head("first")}
    hosted.bot("pull_request", event)
    assert "does not go into the default branch" in hosted.ours()[0]
    event = hosted.proposed("edited")
    event["changes"] = {"base": {"ref": {"from": "first"}, "sha": {"from": hosted.head("first")}}}
    hosted.bot("pull_request", event)
    assert "does not go into the default branch" not in hosted.ours()[0]


@pytest.mark.parametrize("action", ["edited", "labeled", "assigned", "converted_to_draft"])
def test_a_new_title_or_label_turns_nothing_green(hosted: Hosted, action: str) -> None:
    """The newest run of a required check counts, whatever started it."""
    hosted.branch()
    hosted.write(BROKEN)
    assert hosted.bot("pull_request", hosted.proposed("opened")).code == 1
    event = hosted.proposed(action)
    event["changes"] = {"title": {"from": "old"}}
    assert hosted.bot("pull_request", event).code == 1


@pytest.mark.parametrize("globs", ['["../x"]', '["a\\0b"]', '["/x"]'])
def test_sources_that_cannot_be_stop_no_other_announcement(hosted: Hosted, globs: str) -> None:
    """Merged past the checks, they are a fault of their own file."""
    hosted.bot("schedule", payloads.schedule())
    hosted.branch()
    hosted.write(f"name: bad\njobs: [{{name: j, command: 'true'}}]\nsources: {globs}\n", "bad")
    hosted.put()
    ran = hosted.bot("push", hosted.merge())
    assert (ran.code, ran.outputs["released"]) == (1, '["reco"]'), ran.out
    assert "left as it was" in ran.out
    assert "<code>reco</code> is live" in hosted.ours()[0], hosted.ours()
