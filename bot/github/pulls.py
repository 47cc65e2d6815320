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
    found = proposal(pull, trusted=True)
    if commit != found.head and (commit or is_fork(pull)):
        raise UsageError(
            f"pull request {number} is at {found.head} now; look at that commit, then name it: "
            f"`/sameday check {found.head}`, or the input `commit`"
        )
    return found


def may_command(client: Client, person: str) -> bool:
    """Whether a person may write to the repository; what cannot be found out is a no."""
    try:
        found = client.get(f"collaborators/{quote(person, safe='')}/permission")
    except Forbidden:
        return False
    return found.text("role_name") in MAY or found.text("permission") in MAY


def react(client: Client, comment: int, content: str) -> Any:
    """Answer a comment; GitHub keeps one reaction of a kind, so that twice is once."""
    return client.create(f"issues/comments/{comment}/reactions", {"content": content}, lambda: None)
