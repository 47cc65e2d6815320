"""BigQuery behind the real client: a fake that can say no, and a warehouse that asks it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bot.settings.kinds import BigQueryWarehouse
from bot.warehouses.bigquery import BigQuery
from tests.far.bigquery import Fake
from tests.far.bigquery.server import PROJECT
from tests.far.emulator import Emulator
from tests.warehouses.on_emulator import OnEmulator, on_emulator


@pytest.fixture
def fake() -> Iterator[Fake]:
    """An empty project; in the end, all that was said must fit Google's description."""
    with Fake() as served:
        yield served
    assert served.faults == []


def settings(fake: Fake, **more: Any) -> BigQueryWarehouse:
    """The settings of the fake's project."""
    return BigQueryWarehouse(kind="bigquery", project=PROJECT, dataset="main", endpoint=fake.url, **more)


@pytest.fixture
def warehouse(fake: Fake) -> BigQuery:
    """The warehouse, which gives up soon."""
    return BigQuery(settings(fake), {"experiment": "reco", "run": "reco-0badcafe-20261123"}, patience=1.0)


@pytest.fixture
def bench(emulator: Emulator) -> Iterator[OnEmulator]:
    """A project on the emulator."""
    with on_emulator(emulator) as made:
        yield made
