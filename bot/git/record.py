"""Commits of sameday's own, in the repository of a rehearsal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.errors import UsageError
from bot.git.command import command
from bot.git.repository import Git

IDENTITY = ("-c", "user.name=sameday", "-c", "user.email=sameday@localhost", "-c", "commit.gpgsign=false")


def record(root: Path, message: str, environment: Mapping[str, str], *, new: bool = False) -> str:
    """Commit everything below `root`, in a repository of its own (made first, if `new`); returns the commit."""
    if new:
        code, _, error = command(environment, root).run(["init", "-q", "-b", "main", "--", "."], root)
        if code:
            raise UsageError(f"git init: {error}")
    git = Git(root, root, environment)
    git.files("add", "--all", "--force", "--", ".")
    git.files(*IDENTITY, "commit", "-q", "--allow-empty", "--no-verify", "-m", message)
    return git.commit()
