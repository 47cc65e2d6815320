"""What a verb acts with: the parts of a workspace that releases need, and what was released."""

from __future__ import annotations

from collections.abc import Callable

from bot.errors import UsageError
from bot.experiment.repository import Repository
from bot.git import Commit
from bot.release.past import Past
from bot.release.steps import Tools
from bot.settings import FILE
from bot.workspace import Workspace


def require(workspace: Workspace) -> Workspace:
    """The workspace, if it can release: raises UsageError, for a release does not guess."""
    missing = [part for part in ("engine", "ledger") if getattr(workspace.settings, part) is None]
    if not workspace.declared:
        raise UsageError(f"there is no {FILE} here or above; a release does not guess where to")
    if missing:
        raise UsageError(f"{FILE} names no {' and no '.join(missing)}; a release needs both")
    return workspace


def tools(workspace: Workspace) -> Tools:
    """What the steps act with."""
    return Tools(workspace.engine, workspace.flags, workspace.warehouse, workspace.stores)


def at(workspace: Workspace) -> Callable[[str], Repository]:
    """The experiments as they were at a commit."""
    return lambda commit: workspace.load(Commit(workspace.git, commit))


def past(workspace: Workspace, actor: str) -> Past:
    """What was released, and what acts on it."""
    return Past(
        workspace.ledger, tools(workspace), workspace.with_built_images(), at(workspace), workspace.git.origin, actor,
        workspace.backends.now,
    )  # fmt: skip
