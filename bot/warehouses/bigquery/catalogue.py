"""The catalogue of a dataset: a small table beside its places, with a row for each version and one for each place.

The row of a place says what is inside it. Whoever changes a place changes its `revision` in the same transaction, and
only where it is still the one that was read: so of two who change a place at once, one has to look again. A table that
has a declared name has such a row, too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bot.ports import Place, Version
from bot.warehouses.bigquery import entries
from bot.warehouses.bigquery.jobs import Jobs, Value
from bot.warehouses.bigquery.look import resource
from bot.warehouses.bigquery.rows import NameRows, parse


class DatasetCatalogue:
    """The catalogues of all datasets; places are given by their full names."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs
        self.there: set[str] = set()

    def record(self, place: Place, version: Version) -> None:
        """Write down what is known of a version; one that is whole is not begun again, and is not held."""
        values: dict[str, Value] = {
            "run": version.run, "day": version.date, "attempt": version.attempt, "begun": version.begun,
            "row_count": version.rows, "digest": version.digest,
            "watched": version.watched.model_dump_json(exclude_defaults=True) if version.watched is not None else "",
        }  # fmt: skip
        if version.whole is not None:
            values["whole"] = version.whole
        self._write(place, "begin" if version.whole is None else "keep", values)

    def place(self, place: Place) -> None:
        """Write down that there is a place."""
        self._write(place, "carry", {})

    def read(self, table: str) -> NameRows:
        """All that is written of a declared name."""
        name = self.of(table)
        if not self._is_there(name):
            return NameRows()
        job = self.jobs.query(entries.of_name(name), name, "read", {"name": self.key(table)})
        return parse(self.jobs.rows(job, name))

    def mark(self, table: str, marked: str, run: str, experiment: str) -> None:
        """Write down what a table is for a declared name: ADOPTED, it goes aside; NAMED, it is made to have it."""
        catalogue = self.made(table)
        names = {"place": self.key(marked), "name": self.key(table), "experiment": experiment}
        self.jobs.change(entries.mark(catalogue), catalogue, "point", {**names, "run": run})

    def forget(self, place: str, runs: Collection[str] | None = None) -> None:
        """Strike out versions of a place, or all that is written of it."""
        table = self.made(place)
        statement = entries.forget(table, runs)
        self.jobs.change(statement, table, "prune", {"place": self.key(place)})

    def _write(self, place: Place, task: str, values: Mapping[str, Value]) -> None:
        full = self.jobs.connection.settings.table(place.name)
        table = self.made(full)
        name = self.key(self.jobs.connection.settings.table(place.table))
        whose = {"place": self.key(full), "name": name, "experiment": place.experiment, "spec": place.spec}
        statement = entries.record(table, version="run" in values, whole="whole" in values)
        self.jobs.change(statement, table, task, {**whose, **values}, right="bigquery.tables.updateData")

    def of(self, table: str) -> str:
        """The full name of the catalogue that has a table."""
        return f"{self.jobs.connection.settings.catalogue(table)[0]}.{entries.TABLE}"

    def key(self, table: str) -> str:
        """A table's name in its catalogue."""
        return self.jobs.connection.settings.catalogue(table)[1]

    def made(self, table: str) -> str:
        """The same; the catalogue is made where there is none."""
        name = self.of(table)
        if not self._is_there(name):
            self.jobs.change(entries.make(name), name, "begin", right="bigquery.tables.create")
            self.there.add(name)
        return name

    def _is_there(self, name: str) -> bool:
        if name not in self.there and resource(self.jobs.connection, name) is not None:
            self.there.add(name)
        return name in self.there
