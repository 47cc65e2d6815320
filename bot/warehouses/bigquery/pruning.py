"""What goes: places and versions that nothing refers to, by the catalogue and by nothing else."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from bot.ports import Place, Version
from bot.warehouses.bigquery import inside
from bot.warehouses.bigquery.faults import told
from bot.warehouses.bigquery.names import Names
from bot.warehouses.bigquery.rows import PlaceRow


class Pruning:
    """Removes tables of ours."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.catalogue = names.catalogue
        self.connection = names.jobs.connection

    def prune(self, experiment: str, table: str, keep: Collection[str], before: datetime) -> Collection[str]:
        """Remove the experiment's places but those to keep, and old versions of these; the names of those places."""
        full = self.connection.settings.table(table)
        shown, rows = self.names.look(table).place, self.names.sight.rows(full)
        gone = []
        for name, row in sorted(rows.places.items()):
            if row.experiment != experiment:
                continue
            place, versions = Place(experiment, table, row.spec, ()), rows.versions(name)
            full_place = self.connection.settings.table(place.name)
            if row.spec in keep or full_place == shown:
                self._prune_versions(place, row, [one for one in versions if one.begun < before], versions)
                continue
            self._remove([*map(place.own, versions), place.name])
            self.catalogue.forget(full_place)
            gone.append(place.name)
        return gone

    def _prune_versions(self, place: Place, row: PlaceRow, old: Sequence[Version], versions: Sequence[Version]) -> None:
        needed = {one.run for one in row.inside}
        if len(row.inside) == 1:  # where a place shows several days, nothing is shown instead of one
            other = inside.instead(row, versions)
            needed |= {other.run} if other else set()
        going = [one for one in old if one.run not in needed]
        if going:
            self._remove([*map(place.own, going)])
            self.catalogue.forget(self.connection.settings.table(place.name), [one.run for one in going])

    def _remove(self, tables: Sequence[str]) -> None:
        for table in map(self.connection.settings.table, tables):
            with told(table, "bigquery.tables.delete"):
                self.connection.client.delete_table(table, not_found_ok=True, **self.connection.waits)
