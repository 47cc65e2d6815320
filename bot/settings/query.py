"""The queries of the platform team, which sameday makes parts of its own."""

from __future__ import annotations


def inner(query: str) -> str:
    """The query without what ends it as a statement; its last line may be a comment, so that a line has to follow."""
    return query.strip().rstrip(";").rstrip()
