"""The expression that a task has in `depends`: the tasks that it names, each with one of its results."""

from __future__ import annotations

import re

RESULTS = ("AllFailed", "AnySucceeded", "Daemoned", "Errored", "Failed", "Omitted", "Skipped", "Succeeded")
OF_ITEMS = ("AllFailed", "AnySucceeded")
WORD = re.compile(r"([a-zA-Z0-9][-a-zA-Z0-9]*?)\.([A-Z][a-zA-Z]+)|([a-zA-Z0-9][-a-zA-Z0-9]*)")
"""In an expression of `depends`: a task with one of its results, or a task alone."""


def named(expression: str) -> list[tuple[str, str]]:
    """The tasks of the expression, each with its result; '' for a task alone."""
    return [(task or alone, result) for task, result, alone in WORD.findall(expression)]
