"""An experiment's flag off, or on again."""

from __future__ import annotations

from bot.commands.tools import past, require
from bot.ports import Entry
from bot.release.off import turn
from bot.workspace import Workspace


def turn_off(workspace: Workspace, name: str, actor: str) -> Entry:
    """Who sees the experiment sees the control, or with kind `all` nothing; releases leave it alone."""
    return turn(name, past(require(workspace), actor), on=False)


def turn_on(workspace: Workspace, name: str, actor: str) -> Entry:
    """What was turned off is seen again."""
    return turn(name, past(require(workspace), actor), on=True)
