"""Places in a dataset of their own: `warehouse: {places: ...}`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from bot.settings.kinds import BigQueryWarehouse
from bot.warehouses.bigquery import BigQuery
from tests.far.bigquery import Fake
from tests.far.emulator import Emulator
from tests.ports.conftest import PlacesCase
from tests.ports.test_places import D26, put, seen, whole
from tests.warehouses.on_emulator import on_emulator
from tests.warehouses.test_check import Bench, output

DATASETS = ("main", "logs", "reco")
LATER = datetime(2026, 11, 28, tzinfo=UTC)
APART = BigQueryWarehouse(kind="bigquery", project="acme-data", dataset="main", places="sameday")


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("scores", "acme-data.main.scores"),
        ("scores__0badcafe", "acme-data.sameday.main__scores__0badcafe"),
        ("reco.scores__0badcafe", "acme-data.sameday.reco__scores__0badcafe"),
        ("reco.scores__0badcafe_20261126", "acme-data.sameday.reco__scores__0badcafe_20261126"),
        ("reco.scores__0badcafe_20261126_2", "acme-data.sameday.reco__scores__0badcafe_20261126_2"),
        ("acme-lab.reco.scores__0badcafe", "acme-data.sameday.acme_lab__reco__scores__0badcafe"),
        ("acme-data.sameday.reco__scores__0badcafe", "acme-data.sameday.reco__scores__0badcafe"),
        ("reco.scores__before_sameday", "acme-data.reco.scores__before_sameday"),
        ("reco.events_20261126", "acme-data.reco.events_20261126"),
    ],
)
def test_where_a_table_is(name: str, full: str) -> None:
    assert APART.table(name) == APART.address(name) == full


@pytest.fixture
def places(emulator: Emulator) -> Iterator[PlacesCase]:
    """A project whose dataset `reco` has the places."""
    with on_emulator(emulator, places="reco") as made:
        yield made.places


@pytest.mark.slow
def test_tables_of_one_name_in_two_datasets_are_two(places: PlacesCase) -> None:
    """They share the dataset of their places, and its catalogue."""
    one, two = whole(table="main.scores"), whole(table="logs.scores", form="table")
    for place, score in ((one, 1.0), (two, 2.0)):
        put(places, place, D26, score)
        places.port.point([place])
    for port in (places.port, places.port.glance()):
        assert (port.shown("main.scores"), port.shown("logs.scores")) == (one.name, two.name)
    assert (seen(places, "main.scores"), seen(places, "logs.scores")) == ([1.0], [2.0])
    assert list(places.port.prune("reco", "main.scores", [], LATER)) == []
    places.port.unname(["main.scores"])
    assert (places.port.shown("main.scores"), seen(places, "logs.scores")) == (None, [2.0])
    port = places.port
    assert isinstance(port, BigQuery)
    client = port.connection.client
    kinds = {name: {t.table_id for t in client.list_tables(f"{port.settings.project}.{name}")} for name in DATASETS}
    assert kinds["main"] == set()
    assert kinds["logs"] == {"scores"}
    assert {"main__scores__0badcafe", "logs__scores__0badcafe", "sameday_versions"} <= kinds["reco"]


def test_the_dataset_of_places_has_to_be_there(fake: Fake) -> None:
    bench = Bench(fake)
    fake.dataset("acme-data.reco")
    assert bench.found(output(), places="sameday") == [
        "3: missing-dataset: there is no dataset for the table acme-data.sameday.reco__v4__00000000 "
        "(create the dataset first, or correct the name)"
    ]
    fake.dataset("acme-data.sameday")
    assert bench.found(output(), places="sameday") == []
