"""Rows on their way into a store, and what goes wrong with their source."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from bot.errors import Refused, Unreachable
from bot.ports import Batches, Store, Target
from bot.settings.kinds import PostgresqlStore, SqliteStore
from bot.stores.postgresql import Postgresql
from bot.stores.sqlite import SqliteTables
from bot.sync.core import load

TARGET = Target("scores", (("n", "INT64"),))
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
        load(store, TARGET, "v1", rows)
    assert list(store.versions(TARGET)) == []
    assert load(store, TARGET, "v1", pa.table({"n": [1]}).to_reader).rows == 1
