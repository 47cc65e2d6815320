"""What follows the switch: the declared names, the schedule, and the places that nobody needs any more.

The item is live whether this succeeds or not; what fails here is due again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.errors import Refused, SamedayError
from bot.ports import Place, Places
from bot.release.steps import Done, Order, Result, Tools


def names(order: Order, tools: Tools) -> Result:
    """Point the declared names at the places of this spec, and read them back; a retired item's stay as they are."""
    together: dict[str, tuple[Places, list[Place]]] = {}
    for placed in order.placed(tools):
        together.setdefault(placed.where, (placed.places, []))[1].append(placed.place)
    for places, wanted in together.values():
        if any(places.shown(place.table) != place.name for place in wanted):
            places.point(wanted)
    wrong = [p.name for p in order.placed(tools) if p.places.shown(p.place.table) != p.place.name]
    if wrong:
        raise Refused(f"{', '.join(wrong)} does not show what it was pointed at")
    named = [placed.name for placed in order.placed(tools)]
    return Done(f"{_in_short(named)} {order.work.key}" if named else "")


def _in_short(names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"{names[0]} shows"
    return f"{names[0]} and {names[1] if len(names) == 2 else f'{len(names) - 1} more'} show"


def unname(order: Order, tools: Tools) -> Result:
    """Take away the names that the item's release gave; what was adopted is back."""
    for where, tables in order.item.tables.items():
        places = tools.places(where)
        places.unname([table for table in tables if places.owner(table) == order.item.experiment])
    return Done("")


def schedule(order: Order, tools: Tools) -> Result:
    """Make the schedule start this release's template, or turn it off."""
    work = order.work
    on = order.spec is not None and work.schedule is not None
    tools.engine.schedule(work, on=on)
    if order.spec is None:
        return Done("schedule off")
    scheduled = tools.engine.scheduled(work.experiment)
    starts = scheduled.key if scheduled is not None and scheduled.on else None
    if starts != (work.key if on else None):
        raise Refused("the schedule does not start what it was pointed at")
    return Done(f"schedule {work.schedule.cron} {work.schedule.timezone}" if work.schedule else "")


def prune(order: Order, tools: Tools) -> Result:
    """Remove the places that nothing needs any more; what cannot be removed now is left to the next release."""
    removed: list[str] = []
    for where in order.rubbish.tables if order.rubbish is not None else ():
        try:
            removed += remove(order, where, tools)
        except SamedayError as error:
            removed.append(f"what of {where or 'the warehouse'} is left to the next release: {error}")
    return Done("removed " + ", ".join(removed) if removed else "")


def remove(order: Order, where: str, tools: Tools) -> Iterator[str]:
    """Remove what of an experiment nothing needs in a store or, with '', in the warehouse; the names of what went."""
    assert order.rubbish is not None
    for table in sorted(order.rubbish.tables[where]):
        gone = tools.places(where).prune(order.item.experiment, table, order.rubbish.needed, order.rubbish.before)
        yield from (f"{where}.{name}" if where else name for name in gone)
