"""The local git repository: which commit is here, what stood in another, what has changed since."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from bot.errors import UsageError

MODE_LINK = "120000"


class Git:
    """One repository, read through the git command; nothing in it is run (no hooks, no filters, no pager)."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def prefix(self) -> str:
        """What leads from the repository's top to the folder: empty, or ending in `/`."""
        return self._text("rev-parse", "--show-prefix").removesuffix("\n")

    def commit(self, name: str = "HEAD") -> str:
        """The full id of a commit."""
        return self._text("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}").strip()

    def merge_base(self, name: str) -> str:
        """The commit that HEAD and `name` have in common."""
        self.prefix()  # where there is no repository, that is what is said
        try:
            commit = self.commit(name)
        except UsageError:
            raise UsageError(f"there is no commit '{name}' here; fetch it, or name another") from None
        try:
            return self._text("merge-base", commit, "HEAD").strip()
        except UsageError:
            raise UsageError(
                f"HEAD and {name} have no commit in common here; is the clone shallow? fetch more"
            ) from None

    def changed(self, base: str) -> Sequence[str]:
        """Paths below the folder that differ between `base` and the files as they are now, untracked ones included."""
        tracked = self._bytes("diff", "--name-only", "--no-renames", "--relative", "-z", base, "--")
        untracked = self._bytes("ls-files", "--others", "--exclude-standard", "-z")
        return [name.decode("utf-8", "surrogateescape") for name in (tracked + untracked).split(b"\0") if name]

    def uncommitted(self) -> Sequence[str]:
        """Paths below the folder whose content is in no commit yet."""
        return self.changed("HEAD")

    def author(self) -> str:
        """Who acts here, as git knows it."""
        try:
            return self._text("config", "user.name").strip()
        except UsageError:
            return ""

    def _text(self, *words: str) -> str:
        return self._bytes(*words).decode("utf-8", "replace")

    def _bytes(self, *words: str, data: bytes = b"") -> bytes:
        try:
            done = subprocess.run(
                ["git", "-C", str(self.root), "-c", "core.quotepath=off", *words], input=data, capture_output=True
            )
        except FileNotFoundError:
            raise UsageError("git is not installed here") from None
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise UsageError(f"git {words[0]}: {said[0] if said else 'no such commit: ' + words[-1]}")
        return done.stdout


class Commit:
    """The files of one commit below git's folder, for `Repository.load`."""

    def __init__(self, git: Git, commit: str) -> None:
        self.git = git
        self.commit = commit
        self.below = below = git.prefix()
        listing = git._bytes("ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0")
        entries = [
            (head[:6].decode(), name.decode("utf-8", "surrogateescape"))
            for head, _, name in (line.partition(b"\t") for line in listing if line)
        ]
        self.modes = {name.removeprefix(below): mode for mode, name in entries if name.startswith(below)}

    def paths(self) -> Sequence[str]:
        """Every file of the commit."""
        return sorted(self.modes)

    def read(self, path: str, limit: int) -> bytes:
        """At most `limit` bytes of one file."""
        if path not in self.modes:
            raise FileNotFoundError("the file does not exist")
        if self.modes[path] == MODE_LINK:
            raise OSError("this is a link")
        return self.git._bytes("cat-file", "blob", f"{self.commit}:{self.below}{path}")[:limit]


def record(root: Path, message: str, new: bool = False) -> str:
    """Commit everything below `root`, in a repository of its own (made first, if `new`); returns the commit."""
    identity = ["-c", "user.name=sameday", "-c", "user.email=sameday@localhost", "-c", "commit.gpgsign=false"]
    identity += ["-c", "core.hooksPath=/dev/null"]  # --no-verify leaves out some hooks only
    git = Git(root)
    if new:
        git._bytes("init", "-q", "-b", "main")
    git._bytes("add", "--all", "--force", "--", ".")
    git._bytes(*identity, "commit", "-q", "--allow-empty", "--no-verify", "-m", message)
    return git.commit()
