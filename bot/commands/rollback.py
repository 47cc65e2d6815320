"""The previous release back."""

from __future__ import annotations

from datetime import date

from bot.commands.called import never_released
from bot.commands.tools import at, past, require
from bot.errors import SamedayError
from bot.experiment.model import Spec
from bot.ports import Item, Place, Warehouse
from bot.release.rollback import Rollback, bring_back, take_day_out
from bot.workspace import Workspace
from checks.traffic.moves import moved


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


def crossed(workspace: Workspace, rollback: Rollback) -> str:
    """What the way back did to users of a test, in a sentence; '' where nothing, or nobody can tell here."""
    now, before, _ = rollback
    if before is None or workspace.evaluator is None or now.trial is None or before.trial is None:
        return ""
    try:
        left, back = (_spec(workspace, item) for item in (now, before))
        if left is None or back is None or left.serving is None or back.serving is None:
            return ""
        if left.serving == back.serving:  # most go back to other data alone
            return ""
        share = moved(left, back, workspace.evaluator, workspace.with_built_images())
    except SamedayError:  # it is rolled back all the same
        return ""
    if (left.serving.conditions, left.serving.surfaces) != (back.serving.conditions, back.serving.surfaces):
        return "the test has other conditions or surfaces again, so that users come in or leave"
    return f"{share:.1%} of the test's users see another arm now, or none" if share else ""


def _spec(workspace: Workspace, item: Item) -> Spec | None:
    """What the file said when the item went live."""
    entries = workspace.ledger.entries().get(item.experiment, ())
    commits = [one.commit for one in entries if one.step == "switch" and one.item.digests == item.digests]
    experiment = at(workspace)(commits[-1]).by_name.get(item.experiment) if commits else None
    return experiment.spec if experiment is not None else None


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
