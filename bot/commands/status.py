"""What is live, running, failed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.commands.tools import require
from bot.ports import Item, Place, Places, Version, place_name
from bot.release.state import State
from bot.report.status import Row
from bot.workspace import Workspace


def status(workspace: Workspace) -> list[Row]:
    """A row for each experiment that was ever released."""
    return [_row(workspace, name) for name in require(workspace).entries]


def _row(workspace: Workspace, name: str) -> Row:
    entries = workspace.entries[name]
    state = State(entries)
    item = state.released or entries[-1].item
    on = workspace.flags is not None and workspace.flags.published(name) is not None
    engine = workspace.engine
    run = engine.find(entries[-1].item.run)
    return Row(
        name, state, item, on, engine.scheduled(name), run, engine.latest(name), tuple(shown(workspace, item))
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
