"""What needs a person, looked at from outside of the cluster that it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.commands.tools import past, require
from bot.errors import SamedayError, Unreachable
from bot.ports import Flag
from bot.release.alarm import Alarm, Live, newest, of_live, of_release
from bot.release.drift import drift
from bot.release.held import held
from bot.release.past import Past
from bot.release.repair import live_order
from bot.release.state import State
from bot.release.steps import Tools
from bot.workspace import Workspace

AWAY = 3  # experiments for which a backend does not answer; the others are not asked for: each would be waited for
RECENT = 7  # runs that are looked at


@dataclass(frozen=True, slots=True)
class Looked:
    """What was seen: of each experiment its alarms, or none; `away` says what did not answer.

    An experiment that is not among them could not be looked at: nothing is known of it.
    """

    alarms: Mapping[str, tuple[Alarm, ...]]
    away: tuple[str, ...] = ()
    released: int = 0
    """How many experiments there are in the ledger."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is needed to look at what is live, opened and read once."""

    workspace: Workspace
    past: Past
    glance: Tools
    flags: Mapping[str, Flag]


def outlook(workspace: Workspace) -> Outlook:
    """Raises Unreachable where the ledger or the flags do not answer, UsageError where there is nothing to look at."""
    of_past = past(require(workspace), "sameday")
    _ = workspace.entries
    flags = workspace.flags.all() if workspace.flags is not None else {}
    return Outlook(workspace, of_past, of_past.tools.glance(), flags)


def live(seen: Outlook, name: str) -> Live | None:
    """What is live of an experiment, as it is now, or None.

    Raises Unreachable where a backend does not answer, Refused where it says no or the release cannot be read.
    """
    entry = State(seen.workspace.entries[name]).live
    if entry is None:
        return None
    order = live_order(seen.past, entry, seen.workspace.committed)
    runs = seen.past.tools.engine.newest(name, RECENT)
    drifts = drift(order, seen.past.tools, seen.glance, seen.flags)
    made = newest(order, seen.glance, next(iter(runs), None))
    return Live(order, entry.at, drifts, made, tuple(runs), held(order.work, seen.glance.warehouse))


def look(workspace: Workspace) -> Looked:
    """Look at every experiment that was ever released. Raises UsageError where there is nothing to look at."""
    alarms: dict[str, tuple[Alarm, ...]] = {}
    away: dict[str, int] = {}
    try:
        seen = outlook(workspace)
    except Unreachable as error:
        return Looked({}, (str(error),))
    for name in workspace.entries:
        if any(times >= AWAY for times in away.values()):
            break
        try:
            alarms[name] = _alarms(seen, name)
        except Unreachable as error:
            away[str(error)] = away.get(str(error), 0) + 1
    return Looked(alarms, tuple(away), len(workspace.entries))


def _alarms(seen: Outlook, name: str) -> tuple[Alarm, ...]:
    """What is wrong with one experiment; raises Unreachable where a backend does not answer."""
    workspace = seen.workspace
    limits, now = workspace.settings.limits, workspace.backends.now()
    found = of_release(State(workspace.entries[name]), limits, now)
    try:
        there = live(seen, name)
    except Unreachable:
        raise
    except SamedayError as error:
        return (*found, Alarm("unknown", f"it cannot be looked at: {error}", f"`sameday status {name}` may show more"))
    return (*found, *(of_live(there, limits, now) if there is not None else ()))
