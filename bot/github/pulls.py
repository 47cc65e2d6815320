"""Pull requests and the people who speak on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from bot.errors import UsageError
from bot.github.client import Client, Forbidden
from bot.github.event import Proposal, is_fork, proposal
from bot.release.summary import Course

MAY = ("admin", "maintain", "write")  # roles that may push, and so may command
SEEN, REFUSED, DONE, FAILED = "eyes", "confused", "rocket", "-1"


@dataclass(frozen=True, slots=True)
class Bringer:
    """A merged pull request, by its number; when it was opened, and merged."""

    number: int
    opened: datetime | None
    merged: datetime | None


def of_commit(client: Client, commit: str) -> Bringer | None:
    """The merged pull request that brought a commit, if any."""
    merged = (pull for pull in client.pages(f"commits/{commit}/pulls") if pull.text("merged_at"))
    found = (Bringer(pull.count("number"), pull.moment("created_at"), pull.moment("merged_at")) for pull in merged)
    return next(found, None)


def course(client: Client, pull: Bringer) -> Course | None:
    """The way of a pull request, as far as GitHub tells; a commit's time is what its author's machine said."""
    commits = client.some(f"pulls/{pull.number}/commits", per_page=1)
    first = commits[0].part("commit").part("author").moment("date") if commits else None
    return Course(first, pull.opened, pull.merged) if first and pull.opened and pull.merged else None


def proposed(client: Client, number: int, commit: str = "") -> Proposal:
    """A pull request as it is now, asked for by one who may: its commits are pinned from here on.

    `commit` is the one that person has looked at. A fork's author may have pushed another since, so that it must be
    named: raises UsageError where it is not, or is not the newest one.
    """
    pull = client.get(f"pulls/{number}")
    pull_request = proposal(pull, trusted=True)
    if commit != pull_request.head and (commit or is_fork(pull)):
        raise UsageError(
            f"pull request {number} is at {pull_request.head} now; look at that commit, then name it: "
            f"`/sameday check {pull_request.head}`, or the input `commit`"
        )
    return pull_request


def may_command(client: Client, person: str) -> bool:
    """Whether a person may write to the repository; False where GitHub does not let us ask."""
    try:
        permission = client.get(f"collaborators/{quote(person, safe='')}/permission")
    except Forbidden:
        return False
    return permission.text("role_name") in MAY or permission.text("permission") in MAY


def react(client: Client, comment: int, content: str) -> Any:
    """Answer a comment; GitHub keeps one reaction of a kind, so that twice is once."""
    return client.create(f"issues/comments/{comment}/reactions", {"content": content}, lambda: None)
