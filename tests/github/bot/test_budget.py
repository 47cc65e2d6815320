"""What a run asks of GitHub, as numbers; and what it does where it may ask for nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.far.github import payloads
from tests.github.bot.conftest import BROKEN, Hosted, Ran


def writes(ran: Ran) -> int:
    """How many requests were more than reading."""
    return sum(method != "GET" for method, _ in ran.requests)


@pytest.mark.parametrize("sound", [False, True])
def test_a_pull_request(hosted: Hosted, sound: bool) -> None:
    hosted.branch()
    hosted.put() if sound else hosted.write(BROKEN)
    assert len(hosted.bot("pull_request", hosted.proposed("opened")).requests) <= (3 if sound else 4) <= 6
    hosted.repo.commit("the same")
    assert len(hosted.bot("pull_request", hosted.proposed()).requests) <= (3 if sound else 4) <= 5
    again = hosted.bot("pull_request", hosted.proposed(), again=True)
    assert writes(again) == 1  # the check run of this attempt


def test_a_quiet_pull_request(hosted: Hosted) -> None:
    hosted.branch()
    hosted.repo.write("README.md", "hello\n")
    hosted.repo.commit()
    assert hosted.bot("pull_request", hosted.proposed("opened")).requests == []
    assert len(hosted.bot("pull_request", hosted.proposed()).requests) == 1


def test_a_merge_group(hosted: Hosted) -> None:
    hosted.branch()
    hosted.put()
    group = payloads.merge_group(head=hosted.head(), base=hosted.head("main"))
    assert hosted.bot("merge_group", group).requests == []


@pytest.mark.parametrize("count", [1, 3])
def test_a_release_and_a_retirement(hosted: Hosted, count: int) -> None:
    hosted.bot("schedule", payloads.schedule())  # the first release takes what it finds as live
    hosted.branch()
    for i in range(count):
        hosted.put(f"reco-{i}")
    released = hosted.bot("push", hosted.merge())
    assert len(json.loads(released.outputs["released"])) == count
    assert len(released.requests) <= 5 + 3 * count
    hosted.branch("away")
    hosted.repo.git("rm", "-q", *[f"experiments/reco-{i}.yaml" for i in range(count)])
    hosted.repo.commit()
    retired = hosted.bot("push", hosted.merge("away", 8))
    assert [d["state"] for d in hosted.github.deployments()] == ["inactive"] * 2 * count
    assert len(retired.requests) <= 4 + 3 * count
    assert hosted.bot("schedule", payloads.schedule()).requests == []


@pytest.mark.parametrize(
    "event",
    [
        ("issue_comment", payloads.issue_comment("thanks")),
        ("issue_comment", payloads.issue_comment(on_pull=False)),
        ("pull_request", payloads.pull_request("closed", merged=True)),
        ("push", payloads.push("refs/heads/other")),
        ("watch", {"action": "started"}),
    ],
    ids=["comment", "issue", "closed", "branch", "watch"],
)
def test_what_is_not_ours_is_over_at_once(hosted: Hosted, event: tuple[str, Any]) -> None:
    hosted.environment = {"PYTHONPROFILEIMPORTTIME": "1"}
    process = hosted.start(*event)
    out = process.communicate(timeout=60)[0].decode()
    assert (process.returncode, hosted.ran(0, out).requests) == (0, [])
    imported = re.findall(r"^import time: +\d+ \| +\d+ \| +(\S+)", out, re.MULTILINE)
    slow = {"github", "requests", "duckdb", "pyarrow", "jinja2"}
    assert not {name.partition(".")[0] for name in imported} & slow


WRONG = {
    "none": {"GITHUB_TOKEN": ""},
    "unknown": {"GITHUB_TOKEN": "nonsense"},
}
DENIED = ("checks", "pull-requests", "deployments")


def token(hosted: Hosted, kind: str) -> None:
    """Let the workflow run with a token that is less than it should be, or none."""
    hosted.environment = WRONG.get(kind, {})
    if kind == "read":
        hosted.token = hosted.github.token("read")
    elif kind in DENIED:
        hosted.token = hosted.github.token("write", deny={kind})


def troubles(ran: Ran) -> list[str]:
    """What the log says could not be shown; the summary says the same."""
    found = re.findall(r"^::(?:warning|notice)::((?:could not|nothing is) [a-z ]*)", ran.out, re.MULTILINE)
    assert found == re.findall(r"^> ((?:could not|nothing is) [a-z ]*)", ran.summary, re.MULTILINE)
    return found


CHECK = {
    "none": ["nothing is shown on "],
    "unknown": ["could not comment"],
    "read": ["could not comment", "could not annotate the lines", "could not suggest corrections"],
    "checks": ["could not annotate the lines"],
    "pull-requests": ["could not comment", "could not suggest corrections"],
    "deployments": [],
}


@pytest.mark.parametrize("kind", CHECK)
def test_a_check_without_rights_is_told_in_log_and_summary(hosted: Hosted, kind: str) -> None:
    token(hosted, kind)
    hosted.branch()
    hosted.write(BROKEN)
    ran = hosted.bot("pull_request", hosted.proposed("opened"))
    assert (ran.code, ran.outputs["verdict"]) == (1, "failed")
    assert json.loads(Path(ran.outputs["report"]).read_text(encoding="utf-8"))["verdict"] == "failed"
    assert "**❌ sameday: 1 problem to fix** in 1 experiment" in ran.summary
    assert troubles(ran) == CHECK[kind]
    annotated = "::error file=experiments/reco.yaml,line=3" in ran.out
    assert annotated == (not hosted.github.check_runs(hosted.head()))
    assert annotated == (kind not in ("pull-requests", "deployments"))
    assert ran.waited == 0


RELEASE = {
    "none": (["nothing is shown on "], 0),
    "unknown": (["could not show the deployment"], 1),
    "read": (["could not show the deployment", "could not comment on the pull request "], 6),
    "checks": ([], 11),
    "pull-requests": (["could not comment on the pull request "], 11),
    "deployments": (["could not show the deployment"], 5),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", RELEASE)
def test_a_release_without_rights_is_told_in_log_and_summary(hosted: Hosted, kind: str) -> None:
    hosted.bot("schedule", payloads.schedule())
    token(hosted, kind)
    hosted.branch()
    for i in range(2):
        hosted.put(f"reco-{i}")
    ran = hosted.bot("push", hosted.merge())
    said, requests = RELEASE[kind]
    assert (ran.code, ran.outputs["verdict"], ran.outputs["released"]) == (0, "passed", '["reco-0", "reco-1"]')
    assert "**🚀 sameday: 2 experiments released**" in ran.summary
    assert troubles(ran) == said
    assert len(ran.requests) <= requests
    assert ran.waited == 0


@pytest.mark.parametrize("kind", ["none", "unknown"])
def test_no_command_is_obeyed_without_a_token(hosted: Hosted, kind: str) -> None:
    settings = (hosted.repo.root / "sameday.yaml").read_text(encoding="utf-8")
    hosted.repo.write("sameday.yaml", settings + "github: {commands: [release]}\n")
    hosted.put()
    hosted.proposed()
    token(hosted, kind)
    comment = hosted.github.comment(7, "ada", "/sameday release")
    ran = hosted.bot("issue_comment", payloads.issue_comment("/sameday release", number=7, comment=comment))
    assert (ran.code, hosted.ours(), hosted.github.deployments()) == (0, [], [])
    assert not (hosted.repo.root / ".sameday" / "ledger.db").exists()
    assert len(troubles(ran)) == 1
