"""The fake behaves as GitHub does: every endpoint and every limit once."""

from __future__ import annotations

from typing import Any

import pytest
from github import Auth, GithubException
from github import Github as PyGithub

from tests.far.github import GitHub
from tests.far.github.asked import ANNOTATION, BASE, DEPLOY, HEAD, LINES, RUN, Asked, annotated, review, run

REFUSED = {
    "a comment too long": ("issues/5/comments", {"body": "x" * 65_537}, 422, "Body is too long"),
    "an empty comment": ("issues/5/comments", {"body": " "}, 422, "blank"),
    "a comment without body": ("issues/5/comments", {}, 422, "body"),
    "half a character": ("issues/5/comments", {"body": "\ud800"}, 400, "Problems parsing JSON"),
    "a comment nowhere": ("issues/6/comments", {"body": "x"}, 404, "Not Found"),
    "a ninth reaction": ("issues/comments/1001/reactions", {"content": "clap"}, 422, "content"),
    "a summary too long": ("check-runs", run(summary="x" * 65_536), 422, "Only 65535 characters"),
    "a summary of too many bytes": ("check-runs", run(summary="é" * 40_000), 422, "bytesize"),
    "a run without summary": ("check-runs", RUN | {"output": {"title": "t"}}, 422, "summary"),
    "a run without title": ("check-runs", RUN | {"output": {"summary": "t"}}, 422, "title"),
    "a run without conclusion": ("check-runs", {**RUN, "conclusion": None}, 422, "conclusion"),
    "a run of nothing": ("check-runs", RUN | {"head_sha": "main"}, 422, "No commit found"),
    "too many annotations": ("check-runs", run(annotations=[ANNOTATION] * 51), 422, "No more than 50 items"),
    "columns over lines": ("check-runs", annotated(end_line=2, start_column=1, end_column=2), 422, "annotations"),
    "one column": ("check-runs", annotated(start_column=1), 422, "annotations"),
    "columns backwards": ("check-runs", annotated(start_column=2, end_column=1), 422, "annotations"),
    "lines backwards": ("check-runs", annotated(start_line=2), 422, "annotations"),
    "line zero": ("check-runs", annotated(start_line=0), 422, "annotations"),
    "a level unheard of": ("check-runs", annotated(annotation_level="error"), 422, "annotations"),
    "a title too long": ("check-runs", annotated(title="x" * 256), 422, "annotations"),
    "no message": ("check-runs", annotated(message=""), 422, "annotations"),
    "a message too long": ("check-runs", annotated(message="x" * 65_537), 422, "annotations"),
    "a line outside": ("pulls/5/reviews", review(line=15), 422, "line must be part of the diff"),
    "a path outside": ("pulls/5/reviews", review(path="b.yaml"), 422, "path is invalid"),
    "a start outside": ("pulls/5/reviews", review(start_line=9), 422, "same hunk"),
    "a start behind": ("pulls/5/reviews", review(start_line=13), 422, "precede"),
    "a review of another commit": ("pulls/5/reviews", review() | {"commit_id": BASE}, 422, "commit"),
    "a silent review": ("pulls/5/reviews", review() | {"body": ""}, 422, "blank"),
    "a deployment of a branch": ("deployments", DEPLOY | {"ref": "main"}, 422, "No ref found"),
    "a deployment that waits": ("deployments", {**DEPLOY, "required_contexts": None}, 409, "Commit status checks"),
    "a deployment that merges": ("deployments", {**DEPLOY, "auto_merge": True}, 202, "Auto-merged"),
    "an endpoint unheard of": ("issues/5/labels", {"labels": ["x"]}, 404, "Not Found"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused(loose: GitHub, case: str) -> None:
    loose.comment(5, "ada", "please")
    path, body, status, said = REFUSED[case]
    answer = Asked(loose, "POST", path, body)
    assert answer.status == status
    assert said in answer.text
    assert len(loose.comments(5)) == 1
    assert not loose.check_runs(HEAD)
    assert not loose.deployments()
    assert not loose.review_comments(5)


def test_the_largest_are_taken(github: GitHub) -> None:
    github.pull(5, HEAD, BASE, lines=LINES)
    assert Asked(github, "POST", "issues/5/comments", {"body": "é" * 65_536}).status == 201
    assert Asked(github, "POST", "check-runs", run(summary="x" * 65_535, annotations=[ANNOTATION] * 50)).status == 201
    assert Asked(github, "POST", "check-runs", annotated(start_column=1, end_column=1, title="x" * 255)).status == 201
    assert Asked(github, "POST", "pulls/5/reviews", review(start_line=10, line=14)).status == 200


def test_comments_and_reactions(github: GitHub) -> None:
    github.pull(5, HEAD, BASE)
    token = github.token()
    made = Asked(github, "POST", "issues/5/comments", {"body": "one"}, token).json
    assert (made["user"]["login"], made["user"]["type"]) == ("github-actions[bot]", "Bot")
    assert Asked(github, "PATCH", f"issues/comments/{made['id']}", {"body": "two"}, token).json["body"] == "two"
    assert [c["body"] for c in github.comments(5)] == ["two"]
    reaction = f"issues/comments/{made['id']}/reactions"
    assert [Asked(github, "POST", reaction, {"content": "eyes"}, token).status for _ in range(2)] == [201, 200]
    assert github.reactions(made["id"]) == [("github-actions[bot]", "eyes")]
    assert Asked(github, "DELETE", f"issues/comments/{made['id']}", None, token).status == 204
    assert Asked(github, "DELETE", f"issues/comments/{made['id']}", None, token).status == 404
    assert github.comments(5) == []


def test_check_runs(loose: GitHub) -> None:
    token = loose.token()
    first, made = (Asked(loose, "POST", "check-runs", annotated(), token).json for _ in range(2))
    more = {"output": {"title": "t", "summary": "s2", "annotations": [ANNOTATION]}}
    assert Asked(loose, "PATCH", f"check-runs/{made['id']}", more, token).json["output"]["annotations_count"] == 2
    assert len(Asked(loose, "GET", f"check-runs/{made['id']}/annotations").json) == 2
    (shown,) = loose.check_runs(HEAD)
    assert (shown["id"], shown["output"]["summary"], len(shown["annotations"])) == (made["id"], "s2", 2)
    listed = f"commits/{HEAD}/check-runs?check_name=sameday"
    assert Asked(loose, "GET", listed).json["total_count"] == 1
    assert [r["id"] for r in Asked(loose, "GET", f"{listed}&filter=all").json["check_runs"]] == [
        made["id"],
        first["id"],
    ]
    assert Asked(loose, "GET", f"commits/{HEAD}/check-runs?check_name=other").json["check_runs"] == []
    assert Asked(loose, "PATCH", f"check-runs/{made['id']}", {"status": "in_progress"}, token).status == 422
    assert Asked(loose, "PATCH", f"check-runs/{made['id']}", {"output": {"title": "t"}}, token).status == 422
    other = loose.token(login="other[bot]")
    assert Asked(loose, "PATCH", f"check-runs/{made['id']}", more, other).status == 403


def test_deployments(github: GitHub) -> None:
    first, second = (Asked(github, "POST", "deployments", DEPLOY | {"task": task}).json["id"] for task in "ab")
    for deployment in (first, second):
        assert Asked(github, "POST", f"deployments/{deployment}/statuses", {"state": "success"}).status == 201
    assert [(d["id"], d["state"]) for d in github.deployments()] == [(first, "inactive"), (second, "success")]
    assert [d["id"] for d in Asked(github, "GET", "deployments").json] == [second, first]
    assert [d["id"] for d in Asked(github, "GET", "deployments?task=a&environment=sameday/als").json] == [first]
    said = Asked(github, "GET", f"deployments/{first}/statuses?per_page=1").json
    assert [status["state"] for status in said] == ["inactive"]


def test_only_what_was_live_is_replaced(github: GitHub) -> None:
    for environment, states in {"a": ["failure"], "production": ["success"]}.items():
        for state in [*states, "success"]:
            made = Asked(github, "POST", "deployments", DEPLOY | {"environment": environment}).json["id"]
            assert Asked(github, "POST", f"deployments/{made}/statuses", {"state": state}).status == 201
    assert [d["state"] for d in github.deployments("a")] == ["failure", "success"]
    assert [d["state"] for d in github.deployments("production")] == ["success", "success"]


def test_a_success_may_leave_others_active(github: GitHub) -> None:
    for _ in range(2):
        made = Asked(github, "POST", "deployments", DEPLOY).json["id"]
        body = {"state": "success", "auto_inactive": False}
        assert Asked(github, "POST", f"deployments/{made}/statuses", body).status == 201
    assert [d["state"] for d in github.deployments()] == ["success", "success"]


def test_a_status_has_a_short_description(loose: GitHub) -> None:
    made = Asked(loose, "POST", "deployments", DEPLOY).json["id"]
    body = {"state": "success", "description": "x" * 141}
    assert Asked(loose, "POST", f"deployments/{made}/statuses", body).status == 422
    assert loose.deployments()[0]["state"] == "pending"


def test_pulls_and_people(github: GitHub) -> None:
    github.pull(5, HEAD, BASE, merged="c" * 40)
    github.pull(6, HEAD, BASE, source=None)
    github.brought("c" * 40, 5)
    github.collaborator("ada", "maintain")
    assert [p["number"] for p in Asked(github, "GET", f"commits/{'c' * 40}/pulls").json if p["merged_at"]] == [5]
    assert Asked(github, "GET", "pulls/6").json["head"]["repo"] is None
    found = Asked(github, "GET", "collaborators/ada/permission").json
    assert (found["permission"], found["role_name"]) == ("write", "maintain")
    assert Asked(github, "GET", "collaborators/nobody/permission").status == 404


def test_pages(github: GitHub) -> None:
    github.pull(5, HEAD, BASE)
    for number in range(230):
        github.comment(5, "ada", str(number))
    assert len(Asked(github, "GET", "issues/5/comments").json) == 30
    page = Asked(github, "GET", "issues/5/comments?per_page=1000&page=2", token=None)
    assert [page.json[0]["body"], len(page.json)] == ["100", 100]
    assert page.headers["link"].count("rel=") == 4
    client = PyGithub(auth=Auth.Token(github.token()), base_url=github.url, per_page=100, lazy=True)
    comments = client.get_repo("acme/experiments").get_issue(5).get_comments()
    assert [comment.body for comment in comments] == [str(number) for number in range(230)]
    client.close()


@pytest.mark.parametrize(
    ("token", "status", "said"), [("read", 403, "not accessible"), ("wrong", 401, "Bad"), (None, 401, "Requires")]
)
def test_tokens(github: GitHub, token: str | None, status: int, said: str) -> None:
    github.pull(5, HEAD, BASE)
    token = github.token("read") if token == "read" else token
    answer = Asked(github, "POST", "issues/5/comments", {"body": "x"}, token)
    assert (answer.status, said in answer.json["message"]) == (status, True)
    assert Asked(github, "GET", "issues/5/comments", token=token).status == (401 if token == "wrong" else 200)


@pytest.mark.parametrize(
    ("permission", "path", "body"),
    [
        ("checks", "check-runs", RUN),
        ("deployments", "deployments", DEPLOY),
        ("pull-requests", "pulls/5/reviews", review()),
    ],
)
def test_permissions(github: GitHub, permission: str, path: str, body: Any) -> None:
    github.pull(5, HEAD, BASE, lines=LINES)
    assert Asked(github, "POST", path, body, github.token(deny={permission})).status == 403
    assert Asked(github, "POST", path, body).status in (200, 201)


def test_pygithub_sees_github(github: GitHub) -> None:
    """The refusals come out of PyGithub as they do with GitHub."""
    github.pull(5, HEAD, BASE)
    client = PyGithub(auth=Auth.Token(github.token("read")), base_url=github.url, lazy=True, retry=None)
    repository = client.get_repo("acme/experiments")
    with pytest.raises(GithubException, match="Resource not accessible by integration") as caught:
        repository.get_issue(5).create_comment("x")
    assert caught.value.status == 403
    assert repository.get_pull(5).head.sha == HEAD
    client.close()
