"""The previous release back."""

from __future__ import annotations

from bot.commands.release import require, tools
from bot.experiment.repository import Repository
from bot.git import Commit
from bot.release.rollback import Rollback, RollbackInput, bring_back
from bot.workspace import Workspace


def roll_back(workspace: Workspace, name: str, actor: str) -> Rollback:
    """Go back to the release before the one that serves."""
    git = require(workspace).git

    def at(commit: str) -> Repository:
        return Repository.load(Commit(git, commit), workspace.settings.experiments)

    given = RollbackInput(
        workspace.ledger, tools(workspace), workspace.with_built_images(), at, git.origin, actor,
        workspace.backends.now,
    )  # fmt: skip
    return bring_back(name, given)
