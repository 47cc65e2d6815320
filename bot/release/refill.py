"""Load a place of a store anew from the warehouse, where the store has lost it or never had it."""

from __future__ import annotations

import functools
from dataclasses import replace

from bot.ports import Place, Store, Version, Warehouse
from bot.sync.core import keep


def refill(store: Store, place: Place, warehouse: Warehouse, source: Place) -> tuple[Version, ...]:
    """Load and put the days of `source` that `place` lacks and would show; returns what is inside then.

    A day that was carried from another spec's place gets the attempt 0: each of this spec's own runs comes after it.
    """
    days = {one.date for one in store.inside(place)}
    for version in warehouse.inside(source)[: place.days or None]:
        if version.date in days:
            continue
        attempt = version.attempt if version.spec == place.spec else 0
        rows = functools.partial(warehouse.day, source, version.date)
        store.put(place, keep(store, place, replace(version, attempt=attempt, whole=None, rows=0, digest=""), rows))
    return store.inside(place)
