"""What nothing needs any more: which places of an experiment stay, and since when runs began whose versions do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from bot.errors import SamedayError, Unreachable
from bot.ports import Entry
from bot.release.state import State
from bot.release.steps import Rubbish, Tools, retired
from bot.release.steps.settle import remove
from bot.settings import Settings


def rubbish(state: State, settings: Settings, now: datetime) -> Rubbish:
    """What of an experiment may go once it is as `state` says."""
    needed = state.needed(now, settings.keep.named_for, settings.keep.at_most)
    return Rubbish(state.tables, needed, now - settings.limits.staged)


def tidy(
    ledger: Mapping[str, Sequence[Entry]], but: Collection[str], tools: Tools, settings: Settings, now: datetime
) -> None:
    """Remove what nothing needs of all experiments `but` those whose release does it; what cannot go now goes later."""
    glance, away = tools.glance(), set[str]()
    for name, entries in ledger.items():
        state = State(entries)
        if name in but or state.released is None or state.found or not state.tables:
            continue
        order = retired(state.released, rubbish(state, settings, now))
        for where in state.tables.keys() - away:
            try:
                list(remove(order, where, glance))
            except Unreachable:  # it would be waited for as often as there are experiments
                away.add(where)
            except SamedayError:
                continue
