"""Requests, and the fake's answers, beside GitHub's own description of its API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.far.github import GitHub
from tests.far.github.asked import DEPLOY, HEAD, RUN, Asked, annotated, review
from tests.far.github.openapi import Description


def test_every_request_fits_githubs_description(loose: GitHub, description: Description) -> None:
    """So do our answers; what GitHub would not understand is found."""
    loose.collaborator("ada", "write")
    loose.brought(HEAD, 5)
    comment = loose.comment(5, "ada", "please")
    for path, body in {
        "issues/5/comments": {"body": "x"}, f"issues/comments/{comment}/reactions": {"content": "eyes"},
        "check-runs": annotated(start_column=1, end_column=2), "pulls/5/reviews": review(start_line=11),
        "deployments": DEPLOY | {"payload": {"run": "als"}},
    }.items():  # fmt: skip
        assert Asked(loose, "POST", path, body).status in (200, 201)
    (run_id,), (deployment,) = [r["id"] for r in loose.check_runs(HEAD)], [d["id"] for d in loose.deployments()]
    body = {"state": "success", "description": "live", "log_url": loose.url}
    assert Asked(loose, "POST", f"deployments/{deployment}/statuses", body).status == 201
    assert Asked(loose, "PATCH", f"check-runs/{run_id}", {"output": {"title": "t", "summary": "s"}}).status == 200
    assert Asked(loose, "PATCH", f"issues/comments/{comment}", {"body": "y"}).status == 200
    for path in (
        "issues/5/comments?per_page=100&page=1", f"check-runs/{run_id}", f"check-runs/{run_id}/annotations",
        f"commits/{HEAD}/check-runs?check_name=sameday&filter=all", "pulls/5", "pulls/5/comments",
        "pulls/5/commits?per_page=1",
        f"commits/{HEAD}/pulls", "deployments?task=deploy", f"deployments/{deployment}/statuses",
        "collaborators/ada/permission",
    ):  # fmt: skip
        assert Asked(loose, "GET", path).status == 200
    assert Asked(loose, "DELETE", f"issues/comments/{comment}").status == 204
    assert [fault for request in loose.requests for fault in description.faults(request)] == []
    assert [fault for request in loose.requests for fault in description.answers(request)] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("POST", "check-runs", RUN | {"headsha": HEAD}, "headsha"),
        ("POST", "check-runs", {"name": "sameday"}, "head_sha"),
        ("POST", "check-runs", annotated(annotation_level="error"), "error"),
        ("POST", "deployments", DEPLOY | {"required_context": []}, "required_context"),
        ("POST", "issues/5/labels", {"label": 5}, "label"),
        ("POST", "issues/5/chatter", {"body": "x"}, "no such operation"),
        ("GET", "issues/5/comments?limit=5", None, "no parameter limit"),
        ("GET", "issues/5/comments?page=one", None, "page"),
    ],
)
def test_what_github_would_not_understand(
    description: Description, method: str, path: str, body: Any, said: str
) -> None:
    with GitHub() as served:
        Asked(served, method, path, body)
    (fault,) = description.faults(served.requests[0])
    assert said in fault
