"""Queries that others wrote, which name tables as an experiment does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.errors import Refused
from bot.ports import Denied
from bot.warehouses.bigquery.faults import line, reason, told
from bot.warehouses.bigquery.jobs import Jobs
from bot.warehouses.bigquery.schema import column_type

ABOUT = "the query"
RIGHT = "bigquery.jobs.create"


def columns(jobs: Jobs, query: str, gigabytes: int | None) -> Mapping[str, str] | Denied:
    """The columns of a query with their types, by a dry run, which costs nothing."""
    from google.api_core.exceptions import Forbidden

    with told(ABOUT, RIGHT):
        try:
            job = jobs.dry(query, _dataset(jobs), gigabytes)
        except Forbidden as error:
            if reason(error) != "accessDenied":
                raise
            return Denied(line(error))
    if job.statement_type not in (None, "SELECT"):  # an emulator says nothing
        raise Refused(f"{ABOUT} is not one SELECT")
    return {field.name: column_type(field.to_api_repr()) for field in job.schema or ()}


def select(jobs: Jobs, query: str, gigabytes: int | None) -> Iterator[Mapping[str, Any]]:
    """The rows of a query, a page at a time."""
    found = columns(jobs, query, gigabytes)
    if isinstance(found, Denied):
        raise Refused(found.reason)
    job = jobs.query(query, ABOUT, "select", right=RIGHT, dataset=_dataset(jobs), gigabytes=gigabytes)
    with told(ABOUT):
        for row in job.result(job_retry=None, **jobs.connection.waits):
            yield dict(row)


def _dataset(jobs: Jobs) -> str:
    """Where tables without a dataset are."""
    settings = jobs.connection.settings
    return f"{settings.project}.{settings.dataset}"
