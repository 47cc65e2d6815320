"""Queries that people write: looked at by a dry run, bounded in what they read, and refused in BigQuery's words."""

from __future__ import annotations

import pytest

from bot.errors import Refused
from bot.ports import Denied
from bot.warehouses.bigquery import BigQuery
from tests.far.bigquery import Fake, Said

NO = Said(403, "Access Denied: Table logs.shown: User does not have permission to query it.")


def test_tables_that_may_not_be_read(fake: Fake, warehouse: BigQuery) -> None:
    """Who checks may see columns only: that is no fault of the query."""
    fake.refuse("jobs.insert", NO)
    assert warehouse.columns("SELECT unit FROM logs.shown", 5) == Denied(NO.message)


def test_a_query_that_is_wrong(fake: Fake, warehouse: BigQuery) -> None:
    fake.refuse("jobs.insert", Said(400, "Unrecognized name: unti at [1:8]", "invalidQuery"))
    with pytest.raises(Refused, match=r"the query: Unrecognized name: unti at \[1:8\]"):
        warehouse.columns("SELECT unti FROM logs.shown", 5)


def test_what_is_read_is_bounded(fake: Fake, warehouse: BigQuery) -> None:
    """By the number given, not by the warehouse's own."""
    fake.rows["SELECT 1 AS n"] = [{"n": "1"}]
    list(warehouse.select("SELECT 1 AS n", 5))
    looked, asked = fake.asked("jobs.insert")
    for job in (looked, asked):
        assert job.body["configuration"]["query"]["maximumBytesBilled"] == str(5 * 2**30)
