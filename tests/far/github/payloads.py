"""The events of GitHub with the keys that matter; a test compares them with real ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

HEAD, BASE, ZERO = "a" * 40, "b" * 40, "0" * 40
NAME = "acme/experiments"
Payload = dict[str, Any]


def repository(name: str = NAME, number: int = 1) -> Payload:
    """The repository that something happened in."""
    return {"id": number, "full_name": name, "default_branch": "main", "fork": name != NAME}


def _sender(login: str) -> Payload:
    return {"login": login, "type": "Bot" if login.endswith("[bot]") else "User"}


def pull_request(
    action: str = "opened", *, head: str = HEAD, base: str = BASE, source: str | None = NAME, sender: str = "ada",
    merged: bool = False, draft: bool = False, number: int = 5,
) -> Payload:  # fmt: skip
    """A pull request; `source` is the repository that it comes from, None once that is gone."""
    there = None if source is None else repository(source, 1 if source == NAME else 2)
    pull = {
        "number": number, "state": "closed" if action == "closed" else "open", "draft": draft, "merged": merged,
        "title": "Try ALS", "user": _sender("ada"), "head": {"ref": "als", "sha": head, "repo": there},
        "base": {"ref": "main", "sha": base, "repo": repository()},
    }  # fmt: skip
    found = {
        "action": action, "number": number, "pull_request": pull, "repository": repository(), "sender": _sender(sender)
    }  # fmt: skip
    return found | ({"before": ZERO.replace("0", "c"), "after": head} if action == "synchronize" else {})


def merge_group(action: str = "checks_requested", *, head: str = HEAD, base: str = BASE) -> Payload:
    """A group of the merge queue."""
    group = {
        "head_sha": head, "head_ref": f"refs/heads/gh-readonly-queue/main/pr-5-{base}", "base_sha": base,
        "base_ref": "refs/heads/main",
    }  # fmt: skip
    return {"action": action, "merge_group": group, "repository": repository(), "sender": _sender("ada")}


def push(ref: str = "refs/heads/main", *, before: str = BASE, after: str = HEAD, forced: bool = False) -> Payload:
    """Commits that reached a branch or tag; one side is zero where it is new or deleted."""
    return {
        "ref": ref, "before": before, "after": after, "created": before == ZERO, "deleted": after == ZERO,
        "forced": forced, "repository": repository(), "sender": _sender("ada"),
    }  # fmt: skip


def workflow_dispatch(inputs: Mapping[str, str] | None = None, *, ref: str = "refs/heads/main") -> Payload:
    """A person started the workflow."""
    return {
        "inputs": None if inputs is None else dict(inputs), "ref": ref, "repository": repository(),
        "sender": _sender("ada"), "workflow": ".github/workflows/sameday.yml",
    }  # fmt: skip


def schedule() -> Payload:
    """The time has come; GitHub tells nothing else."""
    return {"schedule": "17 * * * *"}


def issue_comment(
    body: str = "/sameday check", action: str = "created", *, login: str = "ada", on_pull: bool = True,
    comment: int = 77, number: int = 5,
) -> Payload:  # fmt: skip
    """A person said something on a pull request, or on an issue."""
    url = f"https://api.github.com/repos/{NAME}/pulls/{number}"
    issue = {"number": number, "state": "open", "title": "Try ALS", "user": _sender("ada")}
    return {
        "action": action, "issue": issue | ({"pull_request": {"url": url}} if on_pull else {}),
        "comment": {"id": comment, "body": body, "user": _sender(login), "author_association": "MEMBER"},
        "repository": repository(), "sender": _sender(login),
    }  # fmt: skip


FORK = "mallory/experiments"
CASES: Mapping[str, tuple[str, Callable[[], Payload]]] = {
    "opened": ("pull_request", pull_request),
    "synchronize": ("pull_request", lambda: pull_request("synchronize")),
    "reopened": ("pull_request", lambda: pull_request("reopened")),
    "ready_for_review": ("pull_request", lambda: pull_request("ready_for_review")),
    "closed": ("pull_request", lambda: pull_request("closed")),
    "merged": ("pull_request", lambda: pull_request("closed", merged=True)),
    "fork": ("pull_request", lambda: pull_request(source=FORK, sender="mallory")),
    "deleted fork": ("pull_request", lambda: pull_request("synchronize", source=None, sender="mallory")),
    "dependabot": ("pull_request", lambda: pull_request(sender="dependabot[bot]")),
    "merge group": ("merge_group", merge_group),
    "push": ("push", push),
    "new branch": ("push", lambda: push(before=ZERO)),
    "forced": ("push", lambda: push(forced=True)),
    "other branch": ("push", lambda: push("refs/heads/als")),
    "tag": ("push", lambda: push("refs/tags/v1", before=ZERO)),
    "deleted": ("push", lambda: push(after=ZERO)),
    "dispatch": ("workflow_dispatch", workflow_dispatch),
    "dispatch of a check": ("workflow_dispatch", lambda: workflow_dispatch({"command": "check", "pull-request": "5"})),
    "schedule": ("schedule", schedule),
    "comment": ("issue_comment", issue_comment),
    "comment on an issue": ("issue_comment", lambda: issue_comment(on_pull=False)),
    "comment edited": ("issue_comment", lambda: issue_comment(action="edited")),
}
"""Every kind of event: its name, and a function that makes its payload."""


def payload(case: str) -> tuple[str, Payload]:
    """The name and the payload of one of the cases."""
    name, make = CASES[case]
    return name, make()
