"""The previous release back."""

from __future__ import annotations

from datetime import date

from bot.commands.called import never_released
from bot.commands.tools import past, require
from bot.ports import Item, Place, Warehouse
from bot.release.rollback import Rollback, bring_back, take_day_out
from bot.workspace import Workspace


def roll_back(workspace: Workspace, name: str, actor: str) -> Rollback:
    """Go back to the release before the one that serves; raises UsageError for a name that was never released."""
    if name not in require(workspace).entries:
        raise never_released(workspace, name)
    return bring_back(name, past(workspace, actor))


def roll_back_day(workspace: Workspace, name: str, day: date, actor: str) -> tuple[str, ...]:
    """One bad day out of what is shown; a sentence per place that showed it."""
    if name not in require(workspace).entries:
        raise never_released(workspace, name)
    return take_day_out(name, day, past(workspace, actor))


def behind(workspace: Workspace, rollback: Rollback) -> date | None:
    """The newest date that what was rolled back has data of, if what is live again has none of it, nor newer."""
    now, before, _ = rollback
    if before is None or workspace.warehouse is None:
        return None
    newest = [_newest(workspace.warehouse, item) for item in (now, before)]
    return newest[0] if newest[0] is not None and newest[1] is not None and newest[0] > newest[1] else None


def _newest(warehouse: Warehouse, item: Item) -> date | None:
    """The newest date that all places of an item in the warehouse show."""
    places = [Place(item.experiment, table, item.key, ()) for table in item.tables.get("", ())]
    dates = [versions[0].date for place in places if (versions := warehouse.inside(place))]
    return min(dates, default=None)
