"""The local git repository: which commit is here, what stood in another, what has changed since."""

from __future__ import annotations

import re
import subprocess
import threading
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from bot.errors import UsageError

MODE_LINK = "120000"
MODE_MODULE = "160000"
HIDDEN = re.compile(r"(?:\A|/)\.[^/]*/")
REMOTE = re.compile(r"(?:@|//)(?:[^/@]*@)?([A-Za-z0-9.-]+)(?::\d+)?[:/](.+?)(?:\.git)?/?\Z")  # without a password in it
MERGE = re.compile(r"\AMerge pull request #(\d+) |\(#(\d+)\)\Z")  # as GitHub writes it, whichever way it merges
HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


class Git:
    """One repository, read through the git command; nothing in it is run (no hooks, no filters, no pager).

    `environment` is that of the git command; None: ours.
    """

    def __init__(self, root: Path, environment: Mapping[str, str] | None = None) -> None:
        self.root, self.environment = root, environment

    def prefix(self) -> str:
        """What leads from the repository's top to the folder: empty, or ending in `/`."""
        return self._text("rev-parse", "--show-prefix").removesuffix("\n")

    def commit(self, name: str = "HEAD") -> str:
        """The full id of a commit."""
        return self._text("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}").strip()

    def merge_base(self, name: str, head: str = "HEAD") -> str:
        """The commit that `head` and `name` have in common."""
        self.prefix()  # where there is no repository, that is what is said
        try:
            commit = self.commit(name)
        except UsageError:
            raise UsageError(f"there is no commit '{name}' here; fetch it, or name another") from None
        try:
            return self._text("merge-base", commit, head).strip()
        except UsageError:
            raise UsageError(
                f"{head} and {name} have no commit in common here; is the clone shallow? fetch more"
            ) from None

    def changed(self, base: str, tree: str = "") -> Sequence[str]:
        """Paths below the folder that differ between `base` and `tree`, or the files here with untracked ones."""
        found = self._bytes(
            "diff", "--name-only", "--no-renames", "--relative", "-z", base, *([tree] if tree else []), "--"
        )
        if not tree:
            found += self._bytes("ls-files", "--others", "--exclude-standard", "-z")
        return [name.decode("utf-8", "surrogateescape") for name in found.split(b"\0") if name]

    def lines(self, base: str, head: str, path: str) -> Sequence[range]:
        """The lines of a file at `head` that a reader of the difference sees, counted from 1."""
        words = ("diff", "--unified=3", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--relative")
        said = self._text(*words, f"{base}...{head}", "--", f":(literal){path}")
        return [range(int(start), int(start) + int(count or 1)) for start, count in HUNK.findall(said)]

    def has(self, commit: str) -> bool:
        """Whether the commit is here."""
        try:
            self._bytes("cat-file", "-e", f"{commit}^{{commit}}")
        except UsageError:
            return False
        return True

    def shallow(self) -> bool:
        """Whether the clone lacks a part of its history."""
        return self._text("rev-parse", "--is-shallow-repository").strip() == "true"

    def fetch(self, *names: str) -> None:
        """Get commits or references from where the clone came from, and all that leads to them."""
        depth = ["--unshallow"] if self.shallow() else []
        self._bytes("fetch", "--quiet", "--no-tags", *depth, "origin", *names)

    def merged(self, base: str, head: str) -> str | None:
        """The tree that a merge of both would have, or None where they conflict; nothing here is changed by it."""
        try:
            return self._text("merge-tree", "--write-tree", base, head).split("\n", 1)[0]
        except UsageError:
            return None

    def last(self, commit: str, paths: Sequence[str], globs: Sequence[str]) -> str | None:
        """The newest commit or merge up to `commit` that touched one of the paths, or what the patterns name."""
        words = [*(f":(literal){path}" for path in paths), *(f":(glob){glob}" for glob in globs)]
        return self._text("log", "--first-parent", "-1", "--format=%H", commit, "--", *words).strip() or None

    def parents(self, commit: str) -> Sequence[str]:
        """The commits it was made from."""
        return self._text("rev-parse", f"{commit}^@").split()

    def uncommitted(self) -> Sequence[str]:
        """Paths below the folder whose content is in no commit yet."""
        return self.changed("HEAD")

    def branch(self) -> str:
        """The branch that others see first: the remote's default one, else the one that is checked out, else main."""
        for name in ("refs/remotes/origin/HEAD", "HEAD"):
            try:
                found = self._text("symbolic-ref", "--quiet", name).strip()
            except UsageError:
                continue
            return found.removeprefix("refs/heads/").removeprefix("refs/remotes/origin/")
        return "main"

    def author(self) -> str:
        """Who acts here, as git knows it."""
        try:
            return self._text("config", "user.name").strip()
        except UsageError:
            return ""

    def origin(self, commit: str = "HEAD") -> dict[str, str]:
        """The `repository` this is a clone of (`host/owner/name`), and the `pull-request` of a commit, if known."""
        found: dict[str, str] = {}
        with suppress(UsageError):
            remote = REMOTE.search(self._text("config", "remote.origin.url").strip())
            if remote:
                found["repository"] = f"{remote[1]}/{remote[2]}"
        merge = MERGE.search(self._text("log", "-1", "--format=%s", commit).strip())
        if merge:
            found["pull-request"] = merge[1] or merge[2]
        return found

    def _text(self, *words: str) -> str:
        return self._bytes(*words).decode("utf-8", "replace")

    def _bytes(self, *words: str, data: bytes = b"") -> bytes:
        try:
            done = subprocess.run(
                ["git", "-C", str(self.root), "-c", "core.quotepath=off", *words],
                input=data, capture_output=True, env=self.environment,
            )  # fmt: skip
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
        self.files: dict[str, tuple[str, str]] = {}
        """The mode and the blob of each path."""
        for line in git._bytes("ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0"):
            head, _, name = line.decode("utf-8", "surrogateescape").partition("\t")
            if name.startswith(below) and head:
                mode, _, blob = head.split()
                self.files[name.removeprefix(below)] = (mode, blob)
        self._reader: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def paths(self) -> Sequence[str]:
        """Every file of the commit, hidden folders left out, as in a folder."""
        return sorted(path for path in self.files if not HIDDEN.search(path))

    def blob(self, path: str) -> str | None:
        """What tells one content of a file from another; None where there is no such file."""
        return self.files[path][1] if path in self.files else None

    def read(self, path: str, limit: int) -> bytes:
        """At most `limit` bytes of one file."""
        if path not in self.files:
            raise FileNotFoundError("the file does not exist")
        mode, blob = self.files[path]
        if mode == MODE_LINK:
            raise OSError("this is a link")
        if mode == MODE_MODULE:
            raise OSError("this is a repository of its own")
        with self._lock:  # checks read at the same time
            return self._content(blob)[:limit]

    def _content(self, blob: str) -> bytes:
        if self._reader is None:  # one process for all files: a thousand of them would take seconds
            words = ["git", "-C", str(self.git.root), "cat-file", "--batch"]
            self._reader = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            weakref.finalize(self, _end, self._reader)
        assert self._reader.stdin is not None and self._reader.stdout is not None  # noqa: PT018
        self._reader.stdin.write(f"{blob}\n".encode())
        self._reader.stdin.flush()
        head = self._reader.stdout.readline().split()
        if len(head) != 3:
            raise OSError("git has lost it")
        content = self._reader.stdout.read(int(head[2]))
        self._reader.stdout.read(1)
        return content


def _end(reader: subprocess.Popen[bytes]) -> None:
    reader.communicate()


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
