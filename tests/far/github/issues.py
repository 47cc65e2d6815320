"""Issues that are no pull request, and pull requests in the list of issues, where GitHub shows them, too."""

from __future__ import annotations

from typing import Any

from tests.far.github import comments
from tests.far.github.refusal import invalid, missing
from tests.far.github.state import BODY, Call, Repository, Route

ALL = "/repos/{owner}/{repo}/issues"
ONE = f"{ALL}/{{issue_number}}"
STATES = ("open", "closed", "all")
REASONS = (None, "completed", "not_planned", "reopened", "duplicate")


def open_issue(repository: Repository, login: str, title: str, body: str) -> dict[str, Any]:
    """A new issue; it shares the numbers of pull requests."""
    made = max(repository.issues, default=0) + 1
    repository.issues.add(made)
    found = repository.opened[made] = _issue(repository, made, login, title, body)
    return found


def _issue(repository: Repository, number: int, login: str, title: str, body: str) -> dict[str, Any]:
    url, at = f"{repository.url}/issues/{number}", repository.now()
    return {
        "id": 10_000 + number, "node_id": f"I_{number}", "url": url, "repository_url": repository.url,
        "labels_url": f"{url}/labels{{/name}}", "comments_url": f"{url}/comments", "events_url": f"{url}/events",
        "html_url": f"{repository.base}/acme/experiments/issues/{number}", "number": number, "state": "open",
        "state_reason": None, "title": title, "body": body, "user": repository.user(login), "labels": [],
        "assignee": None, "assignees": [], "milestone": None, "locked": False, "active_lock_reason": None,
        "comments": 0, "closed_at": None, "created_at": at, "updated_at": at, "author_association": "CONTRIBUTOR",
        "performed_via_github_app": None,
    }  # fmt: skip


def _listed(repository: Repository, call: Call) -> tuple[int, Any]:
    state, since = call.query.get("state", "open"), call.query.get("since", "")
    if state not in STATES:
        raise invalid("Issue", "state", message=f"state is not one of {', '.join(STATES)}")
    pulls = [_of_pull(repository, number) for number in repository.pulls]
    found = [*repository.opened.values(), *pulls]
    kept = [one for one in found if state in ("all", one["state"]) and one["updated_at"] >= since]
    return 200, sorted(kept, key=lambda one: -int(one["number"]))


def _of_pull(repository: Repository, number: int) -> dict[str, Any]:
    pull = repository.pulls[number]
    shown = _issue(repository, number, pull.author, "A change", "")
    url = f"{repository.url}/pulls/{number}"
    links = {"url": url, "html_url": url, "diff_url": f"{url}.diff", "patch_url": f"{url}.patch", "merged_at": None}
    return {**shown, "state": pull.state, "created_at": pull.at, "updated_at": pull.at, "pull_request": links}


def _title(call: Call) -> str:
    title = call.text("title")
    if not title.strip() or len(title) > 256:
        raise invalid("Issue", "title", "invalid" if title.strip() else "missing_field")
    return title


def _body(call: Call) -> str:
    body = call.text("body", "")
    if len(body) > BODY:
        raise invalid("Issue", "body", "unprocessable", f"Body is too long (maximum is {BODY} characters)")
    return body


def _create(repository: Repository, call: Call) -> tuple[int, Any]:
    return 201, open_issue(repository, call.login, _title(call), _body(call))


def _update(repository: Repository, call: Call) -> tuple[int, Any]:
    found = repository.opened.get(call.number("issue_number"))
    if found is None:
        raise missing()
    changed: dict[str, Any] = {"updated_at": repository.now()}
    if "title" in call.body:
        changed["title"] = _title(call)
    if "body" in call.body:
        changed["body"] = _body(call)
    if "state" in call.body:
        state, reason = call.text("state"), call.body.get("state_reason")
        if state not in STATES[:2] or reason not in REASONS:
            raise invalid("Issue", "state")
        changed |= {
            "state": state,
            "state_reason": reason,
            "closed_at": repository.now() if state == "closed" else None,
        }
    found.update(changed, comments=len(comments.of(repository, found["number"])))
    return 200, found


ROUTES = (
    Route("GET", ALL, _listed, query=("state", "since")),
    Route("POST", ALL, _create, "issues"),
    Route("PATCH", ONE, _update, "issues"),
)
