"""What needs a person, looked at from outside of the cluster that it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.commands.tools import past, require
from bot.errors import SamedayError, Unreachable
from bot.ports import Flag
from bot.release.alarm import Alarm, Live, newest, of_live, of_release
from bot.release.drift import drift
from bot.release.past import Past
from bot.release.repair import live_order
from bot.release.state import State
from bot.release.steps import Tools
from bot.workspace import Workspace

AWAY = 3  # experiments for which a backend does not answer; the others are not asked for: each would be waited for


@dataclass(frozen=True, slots=True)
class Looked:
    """What was seen: of each experiment its alarms, or none; `away` says what did not answer.

    An experiment that is not among them could not be looked at: nothing is known of it.
    """

    alarms: Mapping[str, tuple[Alarm, ...]]
    away: tuple[str, ...] = ()
    released: int = 0
    """How many experiments there are in the ledger."""


def look(workspace: Workspace) -> Looked:
    """Look at every experiment that was ever released. Raises UsageError where there is nothing to look at."""
    alarms: dict[str, tuple[Alarm, ...]] = {}
    away: dict[str, int] = {}
    try:
        entries = require(workspace).entries
        flags = workspace.flags.all() if workspace.flags is not None else {}
    except Unreachable as error:
        return Looked({}, (str(error),))
    of_past = past(workspace, "sameday")
    glance = of_past.tools.glance()
    for name in entries:
        if any(times >= AWAY for times in away.values()):
            break
        try:
            alarms[name] = tuple(_alarms(workspace, of_past, glance, flags, name))
        except Unreachable as error:
            away[str(error)] = away.get(str(error), 0) + 1
    return Looked(alarms, tuple(away), len(entries))


def _alarms(workspace: Workspace, of_past: Past, glance: Tools, flags: Mapping[str, Flag], name: str) -> list[Alarm]:
    """What is wrong with one experiment; raises Unreachable where a backend does not answer."""
    state, limits, now = State(workspace.entries[name]), workspace.settings.limits, workspace.backends.now()
    found = list(of_release(state, limits, now))
    live = state.live
    if live is None:
        return found
    try:
        order = live_order(of_past, live, workspace.repository)
        run = of_past.tools.engine.latest(name)
        drifts = drift(order, of_past.tools, glance, flags)
        seen = Live(order, live.at, drifts, newest(order, glance, run), run)
    except Unreachable:
        raise
    except SamedayError as error:
        hint = f"`sameday status {name}` may show more"
        return [*found, Alarm("unknown", f"it cannot be looked at: {error}", hint)]
    return [*found, *of_live(seen, limits, now)]
