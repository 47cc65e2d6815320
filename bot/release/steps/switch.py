"""The switch that users see: the flags of all experiments that go live together, in one write.

Before it everything is looked at, and nothing is changed that anybody sees. What follows it is `settle`'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from bot.compile.owners import taken
from bot.errors import Refused, SamedayError, Unreachable
from bot.release.history import earlier, unlike
from bot.release.refill import refill
from bot.release.steps import Done, Failed, Order, Placed, Postponed, Result, Tools


def switch(orders: Sequence[Order], tools: Tools) -> Sequence[Result]:
    """Turn the flags of the orders on, or off for those that retire, if what they will name is there and whole."""
    results = {order.item.experiment: _looked_at(order, tools) for order in orders}
    going = [order for order in orders if isinstance(results[order.item.experiment], Done)]
    wanted = {order.item.experiment: order.flag for order in going}
    if tools.flags is not None and wanted:
        tools.flags.publish(wanted)
        for name, value in wanted.items():
            if tools.flags.published(name) != value:
                results[name] = Failed("the flag that was published is not the one that is read back")
    return [results[order.item.experiment] for order in orders]


def _looked_at(order: Order, tools: Tools) -> Result:
    try:
        if tools.flags is not None:
            tools.flags.published(order.item.experiment)  # raises Unreachable if the set cannot be read
        elif order.flag is not None:
            raise Refused("the settings name no place for flags")
        if order.spec is None:
            return Done("flag off, the data stays")
        ready = [_ready(placed, order, tools) for placed in order.placed(tools)]
    except Unreachable as error:
        return Postponed(str(error))
    except SamedayError as error:
        return Failed(str(error))
    on = ["flag on"] if order.flag is not None else []
    runs = Counter(run for run, _ in ready)
    notes = [f"{count} place{'s' if count > 1 else ''} at {run}" for run, count in runs.items()]
    return Done(", ".join([*notes, *(days for _, days in ready if days), *on]) or "nothing to serve")


def _ready(placed: Placed, order: Order, tools: Tools) -> tuple[str, str]:
    """The newest run that the place will show, and what of its days is to be said.

    Raises Refused if it may not be named, or holds nothing that could be served.
    """
    place, places = placed.place, placed.places
    if (why := taken(place, places, placed.name)) is not None:
        raise Refused(str(why))
    carried = _carried(placed, order, tools)
    inside = places.inside(place)
    if (place.daily or not inside) and placed.store is not None and tools.warehouse is not None:
        inside = refill(placed.store, place, tools.warehouse, placed.source)
    if not (mine := [one for one in inside if one.spec == place.spec]):
        run = f"{place.experiment}-{place.spec}"
        raise Refused(f"{placed.where}{place.name} holds no data of {run}: a new run must make it")
    days = f"{placed.name} shows {len(inside)} days{carried}" if carried else ""
    return mine[0].run, days


def _carried(placed: Placed, order: Order, tools: Tools) -> str:
    """Give a daily place the days of the one that is shown, as `history: keep` says; what came of it."""
    assert order.spec is not None
    history = order.spec.outputs[placed.output].history
    before = earlier(placed.place, placed.places, order.live_key)
    if not placed.place.daily or history == "fresh" or before is None or not placed.places.inside(before):
        return ""
    written = replace(before, table=placed.source.table)  # in the warehouse
    if tools.warehouse is not None and (why := unlike(placed.source, written, tools.warehouse)):
        return f", without the days of {before.spec}: {why}"
    try:
        days = placed.places.carry(placed.place, before)
    except Refused as error:
        return f", without the days of {before.spec}: {error}"
    return f", {len(days)} of {before.spec}" if days else ""
