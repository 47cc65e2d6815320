"""What is live, running, failed, late."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.commands.alarm import Outlook, live, outlook
from bot.commands.called import name_of
from bot.errors import Refused, UsageError
from bot.ports import Item, Place, Places, Version, place_name
from bot.release.alarm import of_live
from bot.release.due import upcoming
from bot.release.held import counted
from bot.release.state import State
from bot.report.status import Row
from bot.workspace import Workspace


def status(workspace: Workspace, words: Sequence[str] = ()) -> list[Row]:
    """A row for each experiment that was ever released, or for those named; raises UsageError for others."""
    seen = outlook(workspace)
    names = [name_of(workspace, word) for word in words] or [*workspace.entries]
    for name in names:
        if name not in workspace.entries:
            raise UsageError(f"{name} was never released here; `sameday status` shows what was")
    return [_row(seen, name) for name in names]


def _row(seen: Outlook, name: str) -> Row:
    workspace = seen.workspace
    entries, engine, now = workspace.entries[name], workspace.engine, workspace.backends.now()
    state = State(entries)
    item = state.released or entries[-1].item
    try:
        there = live(seen, name)
    except Refused:  # its commit is not here; what else there is can be shown
        there = None
    schedule = there.order.work.schedule if there is not None else None
    return Row(
        name, state, item, name in seen.flags, engine.scheduled(name), engine.find(entries[-1].item.run),
        there.runs if there is not None else tuple(engine.newest(name, 1)), tuple(shown(workspace, item)),
        tuple(of_live(there, workspace.settings.limits, now)) if there is not None else (),
        upcoming(schedule, now) if schedule is not None else None,
        tuple(counted(there.order.work, seen.glance.warehouse)) if there is not None else (),
    )  # fmt: skip


def shown(workspace: Workspace, item: Item) -> Iterator[tuple[str, str | None, Sequence[Version]]]:
    """What the item's declared names show, by the names themselves."""
    for where, tables in item.tables.items():
        places: Places | None = workspace.stores.get(where) if where else workspace.warehouse
        for table in tables if places is not None else ():
            place = places.shown(table) if places is not None else None
            spec = (place or "").removeprefix(place_name(table, ""))
            inside = places.inside(Place(item.experiment, table, spec, ())) if places is not None and place else ()
            yield (f"{where}.{table}" if where else table), place, inside
