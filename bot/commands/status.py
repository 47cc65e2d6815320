"""What is live, running, failed."""

from __future__ import annotations

from bot.commands.release import require
from bot.compile.work import targets
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
    sound = workspace.repository.by_name.get(name)
    shown = {}
    if sound is not None:
        stores = workspace.stores
        shown = {f"{s}.{t.table}": stores[s].active(t) for _, _, s, t in targets(sound.spec.outputs) if s in stores}
    on = workspace.flags is not None and workspace.flags.published(name) is not None
    engine = workspace.engine
    scheduled, run = engine.scheduled(name), engine.find(entries[-1].item.run)
    trouble = engine.trouble(name) if scheduled else ""
    return Row(name, state, item, on, scheduled, trouble, run, engine.latest(name), shown)
