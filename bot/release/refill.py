"""Load a place of a store anew from the warehouse, where the store has lost it or never had it."""

from __future__ import annotations

import functools
from dataclasses import replace

from bot.ports import Place, Store, Version, Warehouse
from bot.sync.core import keep


def refill(store: Store, place: Place, warehouse: Warehouse, source: Place) -> tuple[Version, ...]:
    """Load and put what `source` shows in the warehouse, as far as `place` shows it; returns what is inside then."""
    shown = [one for one in warehouse.inside(source) if one.spec == place.spec]
    for version in shown[: place.days or None]:
        rows = functools.partial(warehouse.day, source, version.date)
        store.put(place, keep(store, place, replace(version, whole=None, rows=0, digest=""), rows))
    return store.inside(place)
