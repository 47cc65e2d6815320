"""Rows on their way into a store, and what goes wrong with their source."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from bot.errors import Refused, Unreachable
from bot.ports import Batches, Place, Store, Version
from bot.settings.kinds import PostgresqlStore, SqliteStore
from bot.stores.postgresql import Postgresql
from bot.stores.sqlite import SqliteTables
from bot.sync.core import keep

PLACE = Place("demo", "scores", "0badcafe", (("n", "INT64"),))
BEGUN = datetime(2026, 11, 23, 4, tzinfo=UTC)
VERSION = Version("demo", "0badcafe", BEGUN.date(), BEGUN)
SCHEMA = pa.schema([("n", pa.int64())])


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty store."""
    if request.param == "sqlite":
        return SqliteTables(SqliteStore(path=str(tmp_path / "serving.sqlite")))
    return Postgresql(PostgresqlStore(kind="postgresql"), request.getfixturevalue("server").database())


@pytest.mark.parametrize("fault", [Unreachable("BigQuery is away"), Refused("the table reco.a is not there")])
@pytest.mark.parametrize("at", [0, 1, 9])
def test_a_source_that_fails_on_the_way_is_told_as_what_it_is(store: Store, fault: Exception, at: int) -> None:
    def batches() -> Iterator[Any]:
        for i in range(10):
            if i == at:
                raise fault
            yield pa.record_batch([pa.array([i])], schema=SCHEMA)

    def rows() -> Batches:
        reader: Batches = pa.RecordBatchReader.from_batches(SCHEMA, batches())
        return reader

    with pytest.raises(type(fault), match=str(fault)):
        keep(store, PLACE, VERSION, rows)
    assert [one for one in store.versions(PLACE) if one.whole] == []
    assert keep(store, PLACE, VERSION, pa.table({"n": [1]}).to_reader).rows == 1


def test_a_version_that_is_there_is_not_read_again(store: Store) -> None:
    kept = keep(store, PLACE, VERSION, pa.table({"n": [1]}).to_reader)

    def gone() -> Batches:
        raise Refused("the run's own table was swept")

    assert keep(store, PLACE, VERSION, gone) == kept
    with pytest.raises(Refused, match="the run's own table was swept"):
        keep(store, PLACE, Version("demo", "0badcafe", BEGUN.date(), BEGUN, attempt=2), gone)


def test_what_a_store_cannot_hold_is_said_before_anything_is_read(store: Store) -> None:
    place = Place("demo", "scores", "0badcafe", (("n", "INT64"), ("every", "INTERVAL")))

    def unread() -> Batches:
        pytest.fail("the rows were asked for")

    with pytest.raises(Refused, match="scores cannot be synced: every: "):
        keep(store, place, VERSION, unread)
