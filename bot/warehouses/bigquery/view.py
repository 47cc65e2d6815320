"""What a view is made of, and whether it is made as declared names are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.errors import Refused
from bot.warehouses.bigquery import statements
from bot.warehouses.bigquery.jobs import Jobs
from bot.warehouses.bigquery.sql import last, parent

COLUMN = r"(?:`[^`]+`|\w+)"
BODY = re.compile(rf"SELECT\s+{COLUMN}(?:\s*,\s*{COLUMN})*\s+FROM\s+(\S+?)\s*;?", re.IGNORECASE)
SPEC = re.compile(r"__[0-9a-f]{8}\Z")


def query(jobs: Jobs, name: str, found: Mapping[str, Any]) -> str:
    """The text of a view, by its full name and resource."""
    text = (found.get("view") or {}).get("query")
    if text is None:  # an emulator's
        job = jobs.query(statements.definition(parent(name)), name, "read", {"name": last(name)})
        text = "".join(row["view_definition"] for row in jobs.rows(job, name))
    return str(text).strip()


def source(text: str) -> str:
    """The one table whose columns a view names, and no more; '' for any other view."""
    read = BODY.fullmatch(text)
    return read[1].replace("`", "") if read else ""


def place(jobs: Jobs, name: str, found: Mapping[str, Any]) -> str:
    """The place that a view shows, by its form alone: enough to say what rows it has, not whose it is. '' for others.

    Who may not see what it is made of is told nothing.
    """
    if found.get("type") != "VIEW":
        return ""
    try:
        shown = source(query(jobs, name, found))
    except Refused:
        return ""
    spec = SPEC.search(shown)
    return shown if spec and shown == jobs.connection.settings.table(f"{name}{spec[0]}") else ""
