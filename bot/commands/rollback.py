"""The previous release back."""

from __future__ import annotations

from bot.commands.release import at, require, tools
from bot.ports import Item
from bot.release.past import Past
from bot.release.rollback import bring_back
from bot.workspace import Workspace


def roll_back(workspace: Workspace, name: str, actor: str) -> tuple[Item, Item | None]:
    """What served until now, and what serves again (None: nothing did before)."""
    return bring_back(name, past(require(workspace), actor))


def past(workspace: Workspace, actor: str) -> Past:
    """What was released, and what acts on it."""
    return Past(
        workspace.ledger, tools(workspace), workspace.with_built_images(), at(workspace), workspace.git.origin, actor,
        workspace.backends.now,
    )  # fmt: skip
