"""Which commit is released: what is in it, what was released before, what the clone lacks."""

from __future__ import annotations

from collections.abc import Sequence

from bot.commands.proposal import DEEPEN
from bot.document.glob import matching
from bot.errors import UsageError
from bot.git import Commit, Git
from bot.release.plan import Snapshot
from bot.settings import FILE
from bot.workspace import Workspace


def clean_commit(workspace: Workspace) -> str:
    """The commit that is released; raises UsageError if what would be released is in no commit."""
    commit = workspace.git.commit()
    sources = [glob for one in workspace.committed.declared.values() for glob in one.sources]
    watched = [*workspace.settings.experiments, *sources, FILE]
    loose = matching(workspace.git.uncommitted(), watched)
    if loose:
        raise UsageError(f"{loose[0]} has changes that are in no commit; commit them, a release is of a commit")
    return commit


def bring(workspace: Workspace, before: str | None) -> None:
    """Get the history that a release needs, which began at the newest released commit or at `before`.

    Raises UsageError where the commit that is checked out is older than what was released.
    """
    released = _newest(workspace)
    _deepen(workspace.git, [commit for commit in (released, before) if commit])
    _refuse_older(workspace.git, released)


def _newest(workspace: Workspace) -> str | None:
    """The commit that was released last."""
    older = ("rollback", "off", "on")  # of a commit that was released before
    entries = [entry for history in workspace.entries.values() for entry in history if entry.step not in older]
    newest = max(entries, key=lambda entry: entry.at, default=None)
    return newest.commit if newest else None


def _deepen(git: Git, commits: Sequence[str]) -> None:
    """Get the history that a shallow clone lacks, and the commits; one that is gone after a forced push stays so."""
    missing, shallow = [commit for commit in commits if not git.has(commit)], git.shallow()
    if not missing and not shallow:
        return
    try:
        git.fetch(git.commit(), *missing)
    except UsageError as error:
        if shallow:
            raise UsageError(f"the history of the branch cannot be read: {DEEPEN} ({error})") from None


def _refuse_older(git: Git, released: str | None) -> None:
    """An old job that is run again must not bring back what has been replaced since."""
    head = git.commit()
    if released is None or released == head or not git.has(released):
        return
    if git.merge_base(released) == head:
        raise UsageError(
            f"{head[:12]} is older than {released[:12]}, which was released already: check out the default "
            "branch, not the event's commit"
        )


def snapshot(workspace: Workspace, commit: str | None) -> Snapshot | None:
    """The experiments before a push, if they are known: a first release takes them as live."""
    git = workspace.git
    if commit is None or not git.has(commit) or git.merge_base(commit) != commit:
        return None
    return Snapshot(workspace.load(Commit(git, commit)), commit)
