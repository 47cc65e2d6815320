"""Comments on issues and pull requests, and the reactions to them."""

from __future__ import annotations

from typing import Any

from tests.far.github.refusal import invalid, missing
from tests.far.github.state import BODY, Call, Repository, Route

CONTENTS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")
ISSUE = "/repos/{owner}/{repo}/issues/{issue_number}/comments"
ONE = "/repos/{owner}/{repo}/issues/comments/{comment_id}"


def _body(call: Call) -> str:
    body = call.text("body")
    if not body.strip():
        raise invalid("IssueComment", "data", "unprocessable", "Body cannot be blank")
    if len(body) > BODY:
        raise invalid("IssueComment", "data", "unprocessable", f"Body is too long (maximum is {BODY} characters)")
    return body


def of(repository: Repository, number: int) -> list[dict[str, Any]]:
    """The comments of an issue, oldest first."""
    return [c for c in repository.comments.values() if c["issue_url"] == f"{repository.url}/issues/{number}"]


def add(repository: Repository, number: int, login: str, body: str) -> dict[str, Any]:
    """A new comment."""
    made, at = next(repository.ids), repository.now()
    found = repository.comments[made] = {
        "id": made, "node_id": f"IC_{made}", "url": f"{repository.url}/issues/comments/{made}", "body": body,
        "html_url": f"{repository.base}/acme/experiments/issues/{number}#issuecomment-{made}",
        "issue_url": f"{repository.url}/issues/{number}", "user": repository.user(login), "created_at": at,
        "updated_at": at, "author_association": "CONTRIBUTOR", "performed_via_github_app": None,
    }  # fmt: skip
    return found


def _listed(repository: Repository, call: Call) -> tuple[int, Any]:
    number = call.number("issue_number")
    if number not in repository.issues:
        raise missing()
    return 200, of(repository, number)


def _create(repository: Repository, call: Call) -> tuple[int, Any]:
    number = call.number("issue_number")
    if number not in repository.issues:
        raise missing()
    return 201, add(repository, number, call.login, _body(call))


def _found(repository: Repository, call: Call) -> dict[str, Any]:
    found = repository.comments.get(call.number("comment_id"))
    if found is None:
        raise missing()
    return found


def _update(repository: Repository, call: Call) -> tuple[int, Any]:
    comment = _found(repository, call)
    comment.update(body=_body(call), updated_at=repository.now())
    return 200, comment


def _delete(repository: Repository, call: Call) -> tuple[int, Any]:
    del repository.comments[_found(repository, call)["id"]]
    return 204, None


def _react(repository: Repository, call: Call) -> tuple[int, Any]:
    given = repository.reactions.setdefault(_found(repository, call)["id"], [])
    content = call.text("content")
    if content not in CONTENTS:
        raise invalid("Reaction", "content", message=f"content is not one of {', '.join(CONTENTS)}")
    for reaction in given:
        if (reaction["user"]["login"], reaction["content"]) == (call.login, content):
            return 200, reaction
    made = next(repository.ids)
    given.append(
        {"id": made, "node_id": f"REA_{made}", "user": repository.user(call.login), "content": content,
         "created_at": repository.now()}
    )  # fmt: skip
    return 201, given[-1]


ROUTES = (
    Route("GET", ISSUE, _listed),
    Route("POST", ISSUE, _create, "pull-requests"),
    Route("PATCH", ONE, _update, "pull-requests"),
    Route("DELETE", ONE, _delete, "pull-requests"),
    Route("POST", f"{ONE}/reactions", _react, "pull-requests"),
)
