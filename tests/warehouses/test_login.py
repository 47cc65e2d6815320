"""The search for Google's credentials asks for a metadata server, which only machines of Google's have."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
from google.auth.exceptions import TransportError

from bot.warehouses.bigquery import search
from bot.warehouses.bigquery.login import Hasty
from tests.far.http import Handler, listening

METADATA = {"Metadata-Flavor": "Google"}


class Slow(Handler):
    """Takes its time."""

    def do_GET(self) -> None:
        time.sleep(0.2)
        self.reply(204)


@pytest.fixture
def slow() -> Iterator[str]:
    """The address of that."""
    with listening(Slow) as address:
        yield f"{address}/"


def test_a_metadata_server_that_says_nothing_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(TransportError, match="timed out"):
        Hasty(0.1)(f"http://127.0.0.1:{server.getsockname()[1]}", headers=METADATA, timeout=60)


def test_nothing_else_has_less_time_for_it(slow: str) -> None:
    assert Hasty(0.1)(slow, headers={"Authorization": "Bearer x"}).status == 204
    assert Hasty(60)(slow, headers=METADATA).status == 204


def test_a_shorter_time_stays(slow: str) -> None:
    with pytest.raises(TransportError, match="timed out"):
        Hasty(60)(slow, headers=METADATA, timeout=0.1)


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, 1.0), ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, 3.0), ({"GCE_METADATA_TIMEOUT": "9"}, None),
        ({"GCE_METADATA_TIMEOUT": ""}, 1.0),
    ],
)  # fmt: skip
def test_seconds(environment: dict[str, str], seconds: float | None) -> None:
    assert search(environment) == seconds
