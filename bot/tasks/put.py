"""The last task of a run: put its whole versions into the places of its spec, in the warehouse and in the stores.

Whoever reads these places gets them from now on; a run knows nothing of which places are live.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.compile.work import store_places, warehouse_place
from bot.ports import Place, Places, Store, Version, Warehouse, Work
from bot.tasks.keep import load_version, whole


def put(work: Work, warehouse: Warehouse, stores: Mapping[str, Store]) -> list[str]:
    """A sentence per place; putting again changes nothing.

    A store that has lost what `keep` loaded is loaded again. Raises Refused if the run's rows were not verified.
    """
    lines = []
    for name, output in work.outputs.items():
        place = warehouse_place(work.experiment, work.key, output, work.heir_of)
        lines.append(_into(warehouse, place, whole(warehouse, place, work), name))
    for name, store, place in store_places(work.experiment, work.key, work.outputs, work.heir_of):
        source = whole(warehouse, warehouse_place(work.experiment, work.key, work.outputs[name], work.heir_of), work)
        kept = load_version(warehouse, source, work, stores[store], place, name)
        lines.append(_into(stores[store], place, kept, f"{name}: {store}"))
    return lines


def _into(places: Places, place: Place, made: Version, what: str) -> str:
    if places.put(place, made):
        return f"{what}: {made.rows:,} rows in {place.name}" + (f", day {made.date}" if place.daily else "")
    newest = places.inside(place)[0]
    return f"{what}: not shown in {place.name}, which has {newest.run}: that is newer"
