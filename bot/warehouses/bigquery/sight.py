"""What is there of a name: asked for anew each time, or for whole datasets at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from bot.warehouses.bigquery import entries, statements, view
from bot.warehouses.bigquery.catalogue import DatasetCatalogue
from bot.warehouses.bigquery.faults import told
from bot.warehouses.bigquery.look import PAGE, resource
from bot.warehouses.bigquery.rows import NameRows, parse
from bot.warehouses.bigquery.sql import last, parent

Resource = Mapping[str, Any]


class Sight:
    """As it is now. Tables go by their full names."""

    def __init__(self, catalogue: DatasetCatalogue) -> None:
        self.catalogue = catalogue
        self.jobs = catalogue.jobs

    def table(self, name: str) -> Resource | None:
        """What has the name, as a resource, if anything has."""
        return resource(self.jobs.connection, name)

    def query(self, name: str, holder: Resource) -> str:
        """The text of a view, `holder`."""
        return view.query(self.jobs, name, holder)

    def rows(self, name: str) -> NameRows:
        """What is written of a declared name."""
        return self.catalogue.read(name)


class Glance(Sight):
    """As it was when a dataset was first looked at: two queries and a list for each, however many names are asked for.

    Of a table only its kind and when it was made are known.
    """

    def __init__(self, catalogue: DatasetCatalogue) -> None:
        super().__init__(catalogue)
        self.listed, self.views, self.written = cache(self._listed), cache(self._views), cache(self._written)

    def table(self, name: str) -> Resource | None:
        """What had the name."""
        return self.listed(parent(name)).get(last(name))

    def query(self, name: str, holder: Resource) -> str:
        """The text of a view."""
        return self.views(parent(name)).get(last(name), "")

    def rows(self, name: str) -> NameRows:
        """What was written."""
        return self.written(parent(self.catalogue.of(name))).get(self.catalogue.key(name), NameRows())

    def _listed(self, dataset: str) -> Mapping[str, Resource]:
        from google.api_core.exceptions import NotFound

        client, waits = self.jobs.connection.client, self.jobs.connection.waits
        with told(dataset, "bigquery.tables.list"):
            try:
                found = list(client.list_tables(dataset, page_size=PAGE, **waits))
            except NotFound:  # with all that was in it
                return {}
        return {item.table_id: {"type": item.table_type, "creationTime": _moment(item.created)} for item in found}

    def _views(self, dataset: str) -> Mapping[str, str]:
        job = self.jobs.query(statements.definitions(dataset), dataset, "read")
        return {row["table_name"]: str(row["view_definition"]).strip() for row in self.jobs.rows(job, dataset)}

    def _written(self, dataset: str) -> Mapping[str, NameRows]:
        name = f"{dataset}.{entries.TABLE}"
        if entries.TABLE not in self.listed(dataset):
            return {}
        of: dict[str, list[Mapping[str, Any]]] = {}
        for row in self.jobs.rows(self.jobs.query(entries.rows(name), name, "read"), name):
            of.setdefault(row["name"], []).append(row)
        return {table: parse(rows) for table, rows in of.items()}


def _moment(created: datetime | None) -> str:
    """A moment as the REST API tells it."""
    return str(round(created.timestamp() * 1000)) if created else ""
