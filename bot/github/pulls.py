"""Pull requests and the people who speak on them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from bot.errors import UsageError
from bot.github.client import Client, Forbidden
from bot.github.event import Proposal, is_fork, proposal

MAY = ("admin", "maintain", "write")  # roles that may push, and so may command
SEEN, REFUSED, DONE, FAILED = "eyes", "confused", "rocket", "-1"


def of_commit(client: Client, commit: str) -> int | None:
    """The merged pull request that brought a commit, if any."""
    pulls = client.pages(f"commits/{commit}/pulls")
    return next((pull.count("number") for pull in pulls if pull.text("merged_at")), None)


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
