"""Queries that others wrote, which name tables as an experiment does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.errors import Refused
from bot.warehouses.bigquery.faults import told
from bot.warehouses.bigquery.jobs import Jobs
from bot.warehouses.bigquery.schema import column_type

ABOUT = "the query"
RIGHT = "bigquery.jobs.create"


def columns(jobs: Jobs, query: str) -> Mapping[str, str]:
    """The columns of a query with their types, by a dry run, which costs nothing."""
    with told(ABOUT, RIGHT):
        job = jobs.dry(query, _dataset(jobs))
    if job.statement_type not in (None, "SELECT"):
        raise Refused(f"{ABOUT} is not one SELECT")
    return {field.name: column_type(field.to_api_repr()) for field in job.schema or ()}


def select(jobs: Jobs, query: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a query, a page at a time."""
    columns(jobs, query)
    job = jobs.query(query, ABOUT, "measure", right=RIGHT, dataset=_dataset(jobs))
    with told(ABOUT):
        for row in job.result(job_retry=None, **jobs.connection.waits):
            yield tuple(row.values())


def _dataset(jobs: Jobs) -> str:
    """Where tables without a dataset are."""
    settings = jobs.connection.settings
    return f"{settings.project}.{settings.dataset}"
