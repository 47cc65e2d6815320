"""Rows come through the Storage Read API: of one moment, in bounded memory, whole, or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import grpc
import pyarrow as pa
import pytest

from bot.errors import Unreachable
from bot.warehouses.bigquery import BigQuery
from bot.warehouses.bigquery.stream import STREAMS
from tests.far.bigquery import Fake
from tests.far.bigquery.rows import BATCH, Rows
from tests.warehouses.conftest import settings

NOW = datetime(2026, 11, 23, 4, 0, 0, 123456, UTC)
Opened = Callable[[Rows], BigQuery]


@pytest.fixture
def opened(fake: Fake) -> Opened:
    """A warehouse whose rows come from a server of the test's."""
    fake.table("acme-data.reco.v4", {"n": "INTEGER", "text": "STRING"})
    fake.rows["SELECT CURRENT_TIMESTAMP() AS now"] = [{"now": NOW}]
    return lambda rows: BigQuery(settings(fake, read_endpoint=rows.address), patience=2.0)


def numbers(warehouse: BigQuery, limit: int | None = None) -> list[int]:
    """The first column of all rows."""
    batches = pa.RecordBatchReader.from_stream(warehouse.read("reco.v4", limit))
    return [n for batch in batches for n in batch.column("n").to_pylist()]


def test_every_read_is_of_the_same_moment_by_bigquerys_own_clock(opened: Opened, fake: Fake) -> None:
    """What is proven and what is loaded are the same rows, whatever is written in between."""
    with Rows() as rows:
        warehouse = opened(rows)
        for _ in range(2):
            assert numbers(warehouse) == list(range(10 * BATCH))
        wanted = [session.read_session.table_modifiers.snapshot_time for session in rows.sessions]
        assert [moment.timestamp() for moment in wanted] == [NOW.timestamp()] * 2
        assert {session.read_session.table for session in rows.sessions} == {
            "projects/acme-data/datasets/reco/tables/v4"
        }
        assert {session.parent for session in rows.sessions} == {"projects/acme-data"}
        assert len(fake.asked("jobs.insert")) == 1, "the clock is asked once"


def test_several_streams_are_read_at_once(opened: Opened) -> None:
    with Rows(streams=9) as rows:
        found = numbers(opened(rows))
        assert rows.sessions[0].max_stream_count == STREAMS
        assert sorted(found) == sorted(list(range(10 * BATCH)) * STREAMS)


def test_no_rows(opened: Opened) -> None:
    with Rows(streams=0) as rows:
        reader = pa.RecordBatchReader.from_stream(opened(rows).read("reco.v4"))
        assert reader.schema.names == ["n", "text"]
        assert reader.read_all().num_rows == 0


@pytest.mark.parametrize("limit", [1, BATCH, BATCH + 1])
def test_a_sample_leaves_the_stream(opened: Opened, limit: int) -> None:
    with Rows(batches=500, streams=4) as rows:
        assert numbers(opened(rows), limit) == list(range(limit))
        assert rows.sessions[0].max_stream_count == 1
        assert rows.left.wait(5), "nobody sends what nobody reads"
        assert rows.sent < 50


@pytest.mark.slow
def test_no_more_is_fetched_than_is_read(opened: Opened) -> None:
    with Rows(batches=500, streams=4) as rows:
        reader = pa.RecordBatchReader.from_stream(opened(rows).read("reco.v4"))
        reader.read_next_batch()
        time.sleep(1)
        assert rows.sent < 200, "a few are on the way of 2,000, as many as gRPC holds back"
        del reader
        assert rows.left.wait(5)


def test_a_stream_that_breaks_off_goes_on_where_it_was(opened: Opened) -> None:
    with Rows(breaks=4, times=1) as rows:
        assert numbers(opened(rows)) == list(range(10 * BATCH))
        assert rows.offsets == [0, 4 * BATCH]


def test_a_stream_that_cannot_be_read_to_its_end_is_no_table(opened: Opened) -> None:
    with Rows(breaks=4, code=grpc.StatusCode.INTERNAL) as rows:
        reader: Any = opened(rows).read("reco.v4")
        with pytest.raises(Unreachable, match=r"\ABigQuery did not answer: the line went dead\Z"):
            for _ in reader:
                pass


@pytest.mark.slow
def test_nobody_there_to_read_from(opened: Opened) -> None:
    with Rows() as rows:
        warehouse = opened(rows)
    began = time.monotonic()
    with pytest.raises(Unreachable, match=r"\ABigQuery did not answer: [^\n]+\Z"):
        numbers(warehouse)
    assert time.monotonic() - began < 20, "the client's own default is ten minutes"
