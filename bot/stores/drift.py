"""What readers of a table would miss if its columns became others."""

from __future__ import annotations

from collections.abc import Sequence

Columns = Sequence[tuple[str, str]]
"""Names and the store's own types, in order."""


def breaks(before: Columns, after: Columns) -> tuple[str, ...]:
    """A sentence per column that would be gone or another one; columns that are added break nothing."""
    new = dict(after)
    gone = [f"the column {column} would be gone" for column, _ in before if column not in new]
    changed = [
        f"the column {column} would be {new[column]} instead of {kind}"
        for column, kind in before
        if new.get(column, kind) != kind
    ]
    return (*gone, *changed)
