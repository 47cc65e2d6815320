"""What BigQuery answers about tables and datasets, as our values. Types get their standard names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from bot.experiment.types import ALIASES
from bot.ports import Dataset, Table

KINDS: Mapping[str, Literal["table", "view", "external", "snapshot"]] = {
    "TABLE": "table", "VIEW": "view", "MATERIALIZED_VIEW": "view", "EXTERNAL": "external", "SNAPSHOT": "snapshot",
}  # fmt: skip
Resource = Mapping[str, Any]


def table(found: Resource) -> Table:
    """A table by its resource of the REST API."""
    days = found.get("timePartitioning", {})
    by_day = days.get("type") == "DAY"
    return Table(
        columns={field["name"]: column_type(field) for field in found.get("schema", {}).get("fields", ())},
        rows=int(found.get("numRows") or 0),
        modified=moment(found.get("lastModifiedTime") or found.get("creationTime")) or datetime.fromtimestamp(0, UTC),
        kind=KINDS.get(found.get("type") or "TABLE", "external"),
        location=found.get("location") or "",
        partition=days.get("field", "_PARTITIONTIME") if by_day else "",
        keeps=duration(days.get("expirationMs")),
        expires=moment(found.get("expirationTime")),
        doubt=_DOUBTS.get(found.get("type") or "", ""),
    )


_DOUBTS = {"EXTERNAL": "it is an external table: how fresh and how many its rows are is not known"}


def dataset(found: Resource) -> Dataset:
    """A dataset by its resource of the REST API."""
    return Dataset(
        location=found.get("location") or "",
        keeps=duration(found.get("defaultTableExpirationMs")),
        keeps_days=duration(found.get("defaultPartitionExpirationMs")),
    )


def descriptions(found: Resource) -> dict[str, str]:
    """What people wrote on the columns of a table or view, for those that have something."""
    fields = found.get("schema", {}).get("fields", ())
    return {field["name"]: field["description"] for field in fields if field.get("description")}


def column_type(field: Resource) -> str:
    """The standard name of a column's type: `REPEATED` is an array, `RECORD` a struct, and INTEGER is INT64."""
    name = field["type"].upper()
    if name in ("RECORD", "STRUCT"):
        kind = f"STRUCT<{_fields(field.get('fields', ()))}>"
    elif name == "RANGE":
        kind = f"RANGE<{field.get('rangeElementType', {}).get('type', '')}>"
    else:
        kind = ALIASES.get(name, name)
    return f"ARRAY<{kind}>" if field.get("mode") == "REPEATED" else kind


def _fields(fields: Iterable[Resource]) -> str:
    return ", ".join(f"{field['name']} {column_type(field)}" for field in fields)


def moment(milliseconds: Any) -> datetime | None:
    """A moment as the REST API tells it."""
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC) if milliseconds else None


def duration(milliseconds: Any) -> timedelta | None:
    """A duration as the REST API tells it; 0 is none."""
    return timedelta(milliseconds=int(milliseconds)) if int(milliseconds or 0) else None
