"""A project on the emulator, and a proxy before it that can cut statements off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from bot.warehouses.bigquery import BigQuery
from tests.far.emulator import Emulator
from tests.far.emulator.proxy import Proxy
from tests.ports.conftest import PlacesCase, in_bigquery, of_warehouse, selected


@dataclass(frozen=True)
class OnEmulator:
    """The project and its proxy."""

    places: PlacesCase
    proxy: Proxy
    client: Any
    project: str

    @property
    def hasty(self) -> BigQuery:
        """The warehouse, which gives up soon."""
        port = self.places.open()
        assert isinstance(port, BigQuery)
        return BigQuery(port.settings, patience=0.5)

    def drop(self, table: str) -> None:
        """Remove a table, as somebody else does."""
        self.client.delete_table(self.hasty.settings.table(table))

    def ask(self, sql: str) -> list[dict[str, Any]]:
        """What a query gives; `{main}` is the dataset."""
        return [dict(row) for row in self.client.query(sql.replace("{main}", f"{self.project}.main")).result()]

    def kind(self, table: str) -> str:
        """What has a name."""
        return str(self.client.get_table(f"{self.project}.main.{table}").table_type)


@contextmanager
def on_emulator(emulator: Emulator, **more: Any) -> Iterator[OnEmulator]:
    """A project of its own, with these settings of its warehouse."""
    with Proxy(emulator.url) as proxy:
        case = in_bigquery(emulator, proxy, **more)
        places = replace(of_warehouse(case), rows=lambda table: selected(case, table))
        port = case.port
        assert isinstance(port, BigQuery)
        yield OnEmulator(places, proxy, emulator.client(port.settings.project), port.settings.project)
