"""Pull requests, the comments on their lines, and the people of the repository."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.far.github.refusal import Refused, invalid, malformed, missing
from tests.far.github.shapes import Pull, full_commit, full_pull, simple_pull
from tests.far.github.state import BODY, NAME, Call, Repository, Route

PULL = "/repos/{owner}/{repo}/pulls/{pull_number}"
STATES = {"COMMENT": "COMMENTED", "APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", None: "PENDING"}
OUTSIDE = "Pull request review thread line must be part of the diff"
OLD = {"admin": "admin", "maintain": "write", "write": "write", "triage": "read", "read": "read", "none": "none"}


def _pull(repository: Repository, call: Call) -> Pull:
    found = repository.pulls.get(call.number("pull_number"))
    if found is None:
        raise missing()
    return found


def _of_commit(repository: Repository, call: Call) -> tuple[int, Any]:
    numbers = repository.brought.get(call.sha("commit_sha"), [])
    return 200, [simple_pull(repository.base, NAME, repository.pulls[number]) for number in numbers]


def of(repository: Repository, number: int) -> list[dict[str, Any]]:
    """The comments on the lines of a pull request, oldest first."""
    url = f"{repository.url}/pulls/{number}"
    return [c for c in repository.review_comments.values() if c["pull_request_url"] == url]


def _check(pull: Pull, comment: Mapping[str, Any]) -> None:
    if not isinstance(comment.get("path"), str) or not isinstance(comment.get("body"), str):
        raise malformed('For \'properties/comments\', "path" and "body" are needed.')
    path, last = comment["path"], comment.get("line")
    first = comment.get("start_line", last)
    if not comment["body"].strip() or len(comment["body"]) > BODY:
        raise Refused(422, "Unprocessable Entity", ["Body can't be blank, or is too long"])
    if path not in {path for path, _ in pull.lines}:
        raise Refused(422, "Unprocessable Entity", ["Pull request review thread path is invalid"])
    if not isinstance(last, int) or not isinstance(first, int) or (path, last) not in pull.lines:
        raise Refused(422, "Unprocessable Entity", [OUTSIDE])
    if any((path, line) not in pull.lines for line in range(first, last)):
        hunk = "Pull request review thread start line must be part of the same hunk as the line."
        raise Refused(422, "Unprocessable Entity", [hunk])
    if first > last or ("start_line" in comment and first == last):
        before = "Pull request review thread start line must precede the end line."
        raise Refused(422, "Unprocessable Entity", [before])


def _review(repository: Repository, call: Call) -> tuple[int, Any]:
    pull, body, event = _pull(repository, call), call.text("body", ""), call.body.get("event")
    comments = call.body.get("comments") or []
    if event not in STATES:
        raise malformed(f"For 'properties/event', {event!r} is not a member.")
    if event in ("COMMENT", "REQUEST_CHANGES") and not body.strip():
        raise Refused(422, "Unprocessable Entity", ["Review body can't be blank"])
    sha = call.text("commit_id", pull.head)
    if sha not in pull.commits:
        raise Refused(422, "Unprocessable Entity", ["The commit is not part of the pull request"])
    if len(body) > BODY:
        raise invalid("PullRequestReview", "body", "custom", f"body is too long (maximum is {BODY} characters)")
    for comment in comments:  # all of them, or none
        _check(pull, comment)
    made, url = next(repository.ids), f"{repository.url}/pulls/{pull.number}"
    page = f"{repository.base}/{NAME}/pull/{pull.number}#pullrequestreview-{made}"
    if event:
        for comment in comments:
            _comment(repository, call.login, made, sha, url, comment)
    return 200, {
        "id": made, "node_id": f"PRR_{made}", "user": repository.user(call.login), "body": body,
        "state": STATES[event], "commit_id": sha, "html_url": page, "pull_request_url": url,
        "_links": {"html": {"href": page}, "pull_request": {"href": url}}, "submitted_at": repository.now(),
        "author_association": "CONTRIBUTOR",
    }  # fmt: skip


def _comment(repository: Repository, login: str, review: int, sha: str, pull: str, comment: Mapping[str, Any]) -> None:
    made, at = next(repository.ids), repository.now()
    url, page = f"{repository.url}/pulls/comments/{made}", f"{repository.base}/{NAME}/discussion#r{made}"
    first, side = comment.get("start_line"), comment.get("side", "RIGHT")
    repository.review_comments[made] = {
        "id": made, "node_id": f"PRRC_{made}", "pull_request_review_id": review, "url": url, "html_url": page,
        "pull_request_url": pull, "path": comment["path"], "body": comment["body"], "diff_hunk": "@@ -1 +1 @@",
        "commit_id": sha, "original_commit_id": sha, "user": repository.user(login), "created_at": at,
        "updated_at": at, "author_association": "CONTRIBUTOR", "line": comment["line"], "side": side,
        "original_line": comment["line"], "start_line": first, "original_start_line": first,
        "start_side": comment.get("start_side", side) if first else None, "position": 1, "original_position": 1,
        "subject_type": "line",
        "_links": {"self": {"href": url}, "html": {"href": page}, "pull_request": {"href": pull}},
    }  # fmt: skip


def _permission(repository: Repository, call: Call) -> tuple[int, Any]:
    login = call.path["username"]
    if not call.login:
        raise Refused(401, "Requires authentication")
    if login not in repository.roles:
        raise Refused(404, f"{login} is not a user")
    role = repository.roles[login]
    return 200, {"permission": OLD[role], "role_name": role, "user": repository.user(login) | {"role_name": role}}


def _commits(repository: Repository, call: Call) -> tuple[int, Any]:
    """What was pushed to it, oldest first; each commit a minute after the one before, the last as it was opened."""
    pull = _pull(repository, call)
    return 200, [full_commit(repository.base, NAME, pull, age) for age in reversed(range(len(pull.commits)))]


ROUTES = (
    Route("GET", PULL, lambda r, call: (200, full_pull(r.base, NAME, _pull(r, call)))),
    Route("GET", f"{PULL}/commits", _commits),
    Route("GET", f"{PULL}/comments", lambda r, call: (200, of(r, _pull(r, call).number))),
    Route("POST", f"{PULL}/reviews", _review, "pull-requests"),
    Route("GET", "/repos/{owner}/{repo}/commits/{commit_sha}/pulls", _of_commit),
    Route("GET", "/repos/{owner}/{repo}/collaborators/{username}/permission", _permission),
)
