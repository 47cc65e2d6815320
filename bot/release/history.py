"""What declared names in the warehouse show before and after a release: days, and in which form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.compile.work import warehouse_place
from bot.experiment.model import Spec
from bot.experiment.types import carries
from bot.ports import Item, Naming, Place, Places, Table, Warehouse
from bot.release.steps import live_key


@dataclass(frozen=True, slots=True)
class Days:
    """What a declared name in the warehouse shows: how many days now and after, and how many each earlier spec made.

    `why` says why no day of before is shown any more, or is ''.
    """

    table: str
    now: int
    after: int
    earlier: tuple[tuple[str, int], ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """What readers of an experiment's names in the warehouse get by a release: of daily ones the days, and how."""

    days: tuple[Days, ...] = ()
    names: tuple[tuple[str, Naming], ...] = ()


def shown(item: Item, spec: Spec, warehouse: Warehouse) -> Shown:
    """What a release shows, and how. Raises Unreachable if the warehouse does not answer, Refused if it says no."""
    places = [
        warehouse_place(item.experiment, item.key, output, spec.renamed_from or "") for output in spec.outputs.values()
    ]
    return Shown(tuple(days(item, spec, warehouse)), tuple((place.table, warehouse.naming(place)) for place in places))


def days(item: Item, spec: Spec, warehouse: Warehouse) -> Iterator[Days]:
    """For each daily output whose place is another one after the release.

    Raises Unreachable if the warehouse does not answer, Refused if it may not be asked.
    """
    for output in spec.outputs.values():
        place = warehouse_place(item.experiment, item.key, output, spec.renamed_from or "")
        before = earlier(place, warehouse, live_key(item)) if place.daily else None
        shown = warehouse.inside(before) if before is not None else ()
        if before is None or not shown:
            continue
        why = "history: fresh" if output.history == "fresh" else unlike(place, before, warehouse)
        own = {version.date for version in warehouse.inside(place)} | {item.date}
        stay = Counter(version.spec for version in shown if not why and version.date not in own)
        yield Days(place.table, len(shown), len(own) + stay.total(), tuple(sorted(stay.items())), why)


def earlier(place: Place, places: Places, live: str) -> Place | None:
    """The place that serves before this one: of the spec `live`, or for an heir that which the name it takes shows."""
    if live:
        return replace(place, spec=live) if live != place.spec else None
    if not place.heir_of or places.owner(place.table) != place.heir_of:
        return None
    spec = (places.shown(place.table) or "").rpartition("__")[2]
    return replace(place, spec=spec, experiment=place.heir_of)


def unlike(place: Place, before: Place, warehouse: Warehouse) -> str:
    """Why the days of the place before cannot be carried into this one, or ''; both are the warehouse's.

    What a spec declared is asked of what it wrote: the earlier file may be gone.
    """
    table = warehouse.describe([before.name])[before.name]
    if not isinstance(table, Table):
        return ""
    differ = [column for column, kind in place.columns if not carries(kind, table.columns.get(column, ""))]
    return f"{', '.join(differ)} differ{'s' if len(differ) == 1 else ''} from what was there" if differ else ""
