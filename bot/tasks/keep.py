"""Load a run's verified rows into the stores, as versions that nobody reads yet."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from bot.compile.work import store_places, version, warehouse_place
from bot.errors import Refused
from bot.ports import Place, Store, Version, Warehouse, Work
from bot.sync import core


def keep(work: Work, warehouse: Warehouse, stores: Mapping[str, Store]) -> list[str]:
    """A sentence per store's place; what a store has already is not loaded again.

    Raises Refused if the run's rows were not verified, or a store does not hold what was.
    """
    lines = []
    for name, store, place in store_places(work.experiment, work.key, work.outputs, work.heir_of):
        source = whole(warehouse, warehouse_place(work.experiment, work.key, work.outputs[name], work.heir_of), work)
        kept = load_version(warehouse, source, work, stores[store], place, name)
        lines.append(f"{name}: {kept.rows:,} rows loaded into {store}.{place.name}")
    return lines


def load_version(warehouse: Warehouse, source: Version, work: Work, store: Store, place: Place, name: str) -> Version:
    """Load one version from the run's own table into a store."""
    own = warehouse_place(work.experiment, work.key, work.outputs[name], work.heir_of).own(source)
    rows = functools.partial(warehouse.read, own, content=source.digest)
    kept = core.keep(store, place, version(work, source.begun), rows)
    if kept.rows != source.rows:
        raise Refused(
            f"{name}: {place.name} has {kept.rows:,} rows of this run, {source.rows:,} were verified: "
            "what the job wrote has changed; run it again as a new attempt"
        )
    return kept


def whole(warehouse: Warehouse, place: Place, work: Work) -> Version:
    """The run's version of an output in the warehouse; raises Refused if it was not verified."""
    for one in warehouse.versions(place):
        if one.run == work.run and one.whole is not None:
            return one
    raise Refused(f"{place.name}: the rows of {work.run} were not verified")
