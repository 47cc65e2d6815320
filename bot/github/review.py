"""Certain fixes as suggestions beside the lines, in one review; what was suggested once is not suggested again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from bot.github.client import Client
from bot.report.escape import count, fill, join, word
from bot.report.fixes import Suggestion, markdown

MOST = 25  # in one review; the next push brings the others
MARK = re.compile(r"<!-- sameday fix ([0-9a-f]{16}) -->\Z")


def suggest(
    client: Client, number: int, head: str, login: str, suggestions: Sequence[Suggestion], prefix: str, *, new: bool
) -> int:
    """Offer the suggestions that were not given before, as a review of `head`; returns how many.

    `prefix` leads from the repository to the paths. Every line must be part of the pull request's difference.
    `new`: none can have been given.
    """

    def given() -> set[str]:
        comments = client.pages(f"pulls/{number}/comments")
        marks = (MARK.search(c.text("body")) for c in comments if c.part("user").text("login") == login)
        return {mark[1] for mark in marks if mark}

    offered = set() if new else given()
    left = {_digest(s): s for s in suggestions if _digest(s) not in offered}
    chosen = dict(list(left.items())[:MOST])
    if not chosen:
        return 0
    body = {
        "commit_id": head,
        "event": "COMMENT",
        "body": fill(
            "sameday is certain of {}: accept with a click, or push your own.", count(len(chosen), "correction")
        ),
        "comments": [_comment(suggestion, digest, prefix) for digest, suggestion in chosen.items()],
    }
    client.create(f"pulls/{number}/reviews", body, lambda: {} if chosen.keys() <= given() else None)
    return len(chosen)


def _comment(suggestion: Suggestion, digest: str, prefix: str) -> dict[str, Any]:
    text = join([markdown(suggestion), fill("<!-- sameday fix {} -->", word(digest))], "\n\n")
    comment: dict[str, Any] = {"path": prefix + suggestion.path, "body": text, "line": suggestion.last, "side": "RIGHT"}
    if suggestion.first != suggestion.last:
        comment |= {"start_line": suggestion.first, "start_side": "RIGHT"}
    return comment


def _digest(suggestion: Suggestion) -> str:
    """What is the same suggestion: the same lines to be replaced by the same, wherever in the file they are."""
    content = "\0".join((suggestion.path, suggestion.old, suggestion.new))
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]
