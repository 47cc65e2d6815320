"""The one comment of a kind on a pull request: found by its hidden marker and its author, written anew as a whole."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.answer import Answer
from bot.github.client import Client, Invalid
from bot.report.escape import Markdown

LIMIT = 60_000  # characters; GitHub refuses from 65,536
LEAST = 1_000  # where GitHub refuses even less than LIMIT, for reasons of its own

Purpose = Literal["check", "release"]
FittedText = Callable[[int], Markdown]
"""The body in at most so many characters."""


@dataclass(frozen=True, slots=True)
class Source:
    """What speaks: a workflow run, about a commit, for the settings in a folder of the repository."""

    head: str
    run: int
    folder: str = ""


MARK = re.compile(r"<!-- sameday (check|release) ([0-9a-f]{16}) ([0-9a-f]{40,64}) ([0-9]{1,18}) ([0-9a-f]{16}) -->\n")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment of ours as it is on GitHub."""

    id: int
    kind: Purpose
    folder: str
    head: str
    run: int
    digest: str


def find(client: Client, number: int, login: str, kind: Purpose, source: Source) -> list[Comment]:
    """Our comments of this kind, oldest first; a marker in somebody else's comment means nothing."""
    comments = client.pages(f"issues/{number}/comments")
    return ours(comments, login, kind, source)


def ours(comments: Sequence[Answer], login: str, kind: Purpose, source: Source) -> list[Comment]:
    """Those of the comments that are ours, of this kind and folder, oldest first."""
    own = []
    for comment in comments:
        mark = MARK.match(comment.text("body"))
        if mark and comment.part("user").text("login") == login and (mark[1], mark[2]) == (kind, _short(source.folder)):
            own.append(Comment(comment.count("id"), kind, mark[2], mark[3], int(mark[4]), mark[5]))
    return sorted(own, key=lambda comment: comment.id)


def say(
    client: Client, number: int, login: str, kind: Purpose, source: Source, text: FittedText, *, new: bool = False,
    shared: bool = True, keep: bool = False,
) -> str:  # fmt: skip
    """Write the comment, or leave it where it says the same, or where a newer run has spoken; says which.

    `new`: there can be none yet. `shared`: another run may write one at the same time. `keep`: what is there says more.
    """
    comments = [] if new else find(client, number, login, kind, source)
    if comments and stale(comments[-1], source):
        return "a newer run has spoken"
    if comments and keep:
        return "nothing to add"
    digest = _short(text(LIMIT))

    def rewrite(id: int) -> None:
        _write(lambda body: client.change(f"issues/comments/{id}", {"body": body}), kind, source, text, digest)

    if comments:
        _clear(client, comments[1:])
        if (comments[0].digest, comments[0].head) == (digest, source.head):
            return "nothing to add"
        rewrite(comments[0].id)
        return "updated"

    def look() -> Any:
        created = find(client, number, login, kind, source)
        return {"id": created[0].id} if created else None

    _write(lambda body: client.create(f"issues/{number}/comments", {"body": body}, look), kind, source, text, digest)
    if shared and (comments := find(client, number, login, kind, source)):
        # Another run did the same at the same time: all keep the first, and it says what the newest has to say.
        if (comments[0].head, comments[0].digest) != (source.head, digest) and not stale(comments[0], source):
            rewrite(comments[0].id)
        _clear(client, comments[1:])
    return "created"


def post(client: Client, number: int, login: str, about: str, text: Markdown) -> None:
    """A comment of its own, by which people are told; once for what it is about, however often it is asked for."""
    mark = f"<!-- sameday told {_short(about)} -->\n"

    def look() -> Any:
        for comment in client.pages(f"issues/{number}/comments"):
            if comment.text("body").startswith(mark) and comment.part("user").text("login") == login:
                return {"id": comment.count("id")}
        return None

    if look() is None:
        client.create(f"issues/{number}/comments", {"body": f"{mark}{text}"}, look)


def stale(comment: Comment, source: Source) -> bool:
    """Whether the comment speaks of another commit and comes from a later run."""
    return comment.head != source.head and comment.run > source.run


def _write(send: Callable[[str], Any], kind: Purpose, source: Source, text: FittedText, digest: str) -> None:
    limit = LIMIT
    mark = f"<!-- sameday {kind} {_short(source.folder)} {source.head} {source.run} {digest} -->\n"
    while True:
        try:
            send(mark + text(limit))
            return
        except Invalid:
            limit //= 2
            if limit < LEAST:
                raise


def _clear(client: Client, more: Sequence[Comment]) -> None:
    for comment in more:
        client.delete(f"issues/comments/{comment.id}")


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
