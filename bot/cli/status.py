"""The command status: what is live, running, failed."""

from __future__ import annotations

import argparse

from bot.cli import world
from bot.cli.output import Output
from bot.cli.place import load_repository
from bot.cli.release import ledger, opened
from bot.compile.work import targets
from bot.ports import Run
from bot.report.status import Standing, lines
from bot.state import State


def status(args: argparse.Namespace, out: Output) -> int:
    """What is live, running, failed."""
    place = opened("release")
    engine, flags, stores = world.engine(place), world.flags(place.settings), world.stores(place.settings)
    found: list[Standing] = []
    repository, _ = load_repository(place)
    for name, entries in ledger(place).entries().items():
        state = State(entries)
        item = state.released or entries[-1].item
        running: Run | None = engine.find(entries[-1].item.run)
        sound = repository.by_name.get(name)
        shown = {}
        if sound is not None:
            shown = {f"{s}.{t.table}": stores[s].active(t) for _, _, s, t in targets(sound.spec.outputs) if s in stores}
        on = flags is not None and flags.published(name) is not None
        found.append(Standing(name, state, item, on, engine.scheduled(name), running, shown))
    out.lines(lines(found))
    return 0
