"""The files of one commit, read from git's objects: what the working tree shows makes no difference."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.git.blobs import MODE_LINK, MODE_MODULE, MODE_PLAIN, MODE_PROGRAM, Blobs, linked, tree

if TYPE_CHECKING:
    from bot.git.repository import Git

ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
HIDDEN = re.compile(r"(?:\A|/)\.[^/]*/")


class Commit:
    """The files of one commit below git's folder, for `Repository.load`."""

    def __init__(self, git: Git, commit: str) -> None:
        self.git = git
        self.commit = commit
        self.below = below = git.prefix()
        every = git.trees.get(commit)
        if every is None:
            every = {one.path: (one.mode, one.blob) for one in tree(git, commit)}
            if ID.fullmatch(commit):  # a name may mean another commit tomorrow
                git.trees[commit] = every
        self.files = {p.removeprefix(below): one for p, one in every.items() if p.startswith(below)} if below else every
        """The mode and the blob of each path."""
        self.blobs = Blobs(git)

    def paths(self) -> Sequence[str]:
        """Every file of the commit, hidden folders left out, as in a folder."""
        return sorted(path for path in self.files if not HIDDEN.search(path))

    def blob(self, path: str) -> str | None:
        """What tells one content of a file from another; None where there is no such file."""
        return self.files[path][1] if path in self.files else None

    def content_id(self, path: str) -> str | None:
        """The blob of a plain file."""
        mode, blob = self.files.get(path, ("", ""))
        return blob if mode in (MODE_PLAIN, MODE_PROGRAM) else None

    def read(self, path: str, limit: int) -> bytes:
        """At most `limit` bytes of one file."""
        if path not in self.files:
            raise FileNotFoundError("the file does not exist")
        mode, blob = self.files[path]
        if mode == MODE_LINK:
            raise OSError(linked(self.blobs.read(blob).decode("utf-8", "replace")))
        if mode == MODE_MODULE:
            raise OSError("this is a repository of its own")
        return self.blobs.read(blob)[:limit]
