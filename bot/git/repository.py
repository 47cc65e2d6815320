"""The local git repository: which commit is here, what stood in another, what has changed since."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import copy
from functools import cached_property
from pathlib import Path

from bot.errors import UsageError
from bot.git.command import Command, Config, command
from bot.git.export import export
from bot.git.top import git_folder

REMOTE = re.compile(r"(?:@|//)(?:[^/@]*@)?([A-Za-z0-9.-]+)(?::\d+)?[:/](.+?)(?:\.git)?/?\Z")  # without a password in it
MERGE = re.compile(r"\AMerge pull request #(\d+) |\(#(\d+)\)\Z")  # as GitHub writes it, whichever way it merges
HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
MAGIC = re.compile(r"[\[\]\\]")  # what git's patterns know beside ours
ABSENT = "this is not a git repository, and none is above it"
NO_INDEX = "index.of-nobody"  # beside the true one: attributes are read from an index, too
TOO_OLD = "git 2.38 or newer is needed: what it would merge to cannot be found out"
CONFLICT = 1  # the exit code of `git merge-tree --write-tree` where both sides changed the same lines
PATCH = ("--no-color", "--no-ext-diff", "--no-textconv", "--no-renames")


class Git:
    """One repository, read through the git command; nothing in it is run (no hooks, no filters, no drivers, no pager).

    `root` is the folder that paths start at, `top` the repository's own, None outside of a repository. `environment` is
    the process's; `credentials` is more configuration for git where it asks the remote.
    """

    def __init__(self, root: Path, top: Path | None, environment: Mapping[str, str], credentials: Config = ()) -> None:
        self.root, self.environment, self.credentials = root, environment, credentials
        self.top = None if top is None else Path(os.path.realpath(top))
        self.trees: dict[str, Mapping[str, tuple[str, str]]] = {}
        """What commits hold, each listed once: the mode and the blob by paths from the top."""

    @cached_property
    def _top(self) -> Path:
        if self.top is None:
            raise UsageError(ABSENT)
        return self.top

    @cached_property
    def _command(self) -> Command:
        return command(self.environment, self._top)

    @cached_property
    def folder(self) -> Path:
        """Where git keeps this repository, which git itself has agreed to: it refuses one of another user.

        Raises UsageError if the folder is in no repository.
        """
        expected = git_folder(self._top)
        above = {"GIT_CEILING_DIRECTORIES": str(self._top.parent)}
        code, output, error = self._command.run(["rev-parse", "--absolute-git-dir"], self._top, above)
        if code:
            raise UsageError(f"git rev-parse: {error or 'this is not a git repository'}")
        folder = output.decode("utf-8", "surrogateescape").removesuffix("\n")
        if os.path.realpath(folder) != str(expected):
            raise UsageError(f"git takes {folder} for the repository of {self._top}; that is not the one that is there")
        return expected

    def at_top(self) -> Git:
        """The same repository, with paths that start at its top."""
        return self.below(self._top)

    def below(self, root: Path) -> Git:
        """The same repository, with paths that start at another folder of it."""
        other = copy(self)  # with what git has said of the repository already
        other.root = root
        return other

    def prefix(self) -> str:
        """What leads from the repository's top to the folder: empty, or ending in `/`."""
        self.folder  # noqa: B018  where there is no repository, that is what is said
        below = Path(os.path.realpath(self.root)).relative_to(self._top).as_posix()
        return "" if below == "." else f"{below}/"

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
            why = f"{head} and {name} have no commit in common here; is the clone shallow? fetch more"
            raise UsageError(why) from None

    def changed(self, base: str, tree: str) -> Sequence[str]:
        """Paths below the folder that differ between two commits or trees."""
        words = ["diff", "--name-only", "--no-renames", "-z", base, tree]
        return self._below(self.objects(*words, "--ignore-submodules=none", "--"))

    def changed_here(self, base: str) -> Sequence[str]:
        """Paths below the folder that differ between a commit and the files that are here, with untracked ones.

        What is committed is compared as it is; attributes, which can hide a change, count for the files only.
        """
        return list(dict.fromkeys([*self.changed(base, self.commit()), *self.uncommitted()]))

    def uncommitted(self) -> Sequence[str]:
        """Paths below the folder whose content is in no commit yet."""
        below = f":(literal){self.prefix()}" if self.prefix() else "."
        names = self.files("diff", "--name-only", "--no-renames", "-z", "HEAD", "--", below)
        names += self.files("ls-files", "--others", "--exclude-standard", "-z", "--", below)
        return self._below(names)

    def listed(self) -> Sequence[str] | None:
        """Paths below the folder that git has or would take, nothing that it ignores; None where there is no git."""
        if self.top is None:
            return None
        below = f":(literal){self.prefix()}" if self.prefix() else "."
        return self._below(self.files("ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", below))

    def lines(self, base: str, head: str, path: str) -> Sequence[range]:
        """The lines of a file at `head` that a reader of the difference sees, counted from 1."""
        patch = self._text("diff", "--unified=3", *PATCH, f"{base}...{head}", "--", f":(literal){self.prefix()}{path}")
        return [range(int(start), int(start) + int(count or 1)) for start, count in HUNK.findall(patch)]

    def has(self, commit: str) -> bool:
        """Whether the commit is here."""
        return self._run("cat-file", "-e", f"{commit}^{{commit}}")[0] == 0

    def shallow(self) -> bool:
        """Whether the clone lacks a part of its history."""
        return self._text("rev-parse", "--is-shallow-repository").strip() == "true"

    def fetch(self, *names: str) -> None:
        """Get commits or references from where the clone came from, and all that leads to them."""
        depth = ["--unshallow"] if self.shallow() else []
        self.objects("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", *depth, "--", "origin", *names)

    def merged(self, base: str, head: str) -> str | None:
        """The tree that a merge of both would have, or None where they conflict; nothing here is changed by it.

        Attributes are not in force: with them a pull request decides whether and how it conflicts. Raises UsageError
        where git cannot tell.
        """
        code, output, error = self._run("merge-tree", "--write-tree", base, head)
        if code == CONFLICT:
            return None
        if code:
            raise UsageError(f"git merge-tree: {error or TOO_OLD}" if code == 128 else TOO_OLD)
        return output.decode().split("\n", 1)[0]

    def last(self, commit: str, paths: Sequence[str], globs: Sequence[str]) -> str | None:
        """The newest commit or merge up to `commit` that touched one of the paths, or what the patterns name."""
        below = self.prefix()
        words = [f":(literal){below}{path}" for path in paths]
        words += [f":(glob){MAGIC.sub(_escaped, below + glob)}" for glob in globs]
        return self._text("log", "--first-parent", "-1", "--format=%H", commit, "--", *words).strip() or None

    def parents(self, commit: str) -> Sequence[str]:
        """The commits it was made from, whether they are here or not."""
        head = self._text("cat-file", "commit", self.commit(commit)).partition("\n\n")[0]
        return [line.removeprefix("parent ") for line in head.splitlines() if line.startswith("parent ")]

    def branch(self) -> str:
        """The branch that others see first: the remote's default one, else the one that is checked out, else main."""
        for name in ("refs/remotes/origin/HEAD", "HEAD"):
            try:
                ref = self._text("symbolic-ref", "--quiet", name).strip()
            except UsageError:
                continue
            return ref.removeprefix("refs/heads/").removeprefix("refs/remotes/origin/")
        return "main"

    def author(self) -> str:
        """Who acts here, as git knows it."""
        try:
            return self._text("config", "user.name").strip()
        except UsageError:
            return ""

    def origin(self, commit: str = "HEAD") -> dict[str, str]:
        """The `repository` this is a clone of (`host/owner/name`), and the `pull-request` of a commit, if known."""
        labels: dict[str, str] = {}
        with suppress(UsageError):
            remote = REMOTE.search(self._text("config", "remote.origin.url").strip())
            if remote:
                labels["repository"] = f"{remote[1]}/{remote[2]}"
        merge = MERGE.search(self._text("log", "-1", "--format=%s", commit).strip())
        if merge:
            labels["pull-request"] = merge[1] or merge[2]
        return labels

    def export(self, commit: str, folder: Path) -> None:
        """Write the files of a commit into an empty folder, from the repository's top on, exactly as committed.

        Raises UsageError if the commit is not here, Refused for one that no file system can hold.
        """
        export(self, commit, folder)

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """A git process over the objects that is talked to by pipes."""
        return self._command.start([f"--git-dir={self.folder}", *words], self.folder, self._alone)

    def objects(self, *words: str) -> bytes:
        """What a command over the objects prints: neither working tree nor index is seen by it."""
        return _checked(words, *self._run(*words))

    def files(self, *words: str) -> bytes:
        """What a command over the working tree prints, whose files go through no filter."""
        where = [f"--git-dir={self.folder}", f"--work-tree={self._top}"]
        return _checked(words, *self._command.run([*where, *words], self._top, config=self._unfiltered))

    def _run(self, *words: str) -> tuple[int, bytes, str]:
        """A command over the objects. In git's own folder and without an index there are no attributes to read."""
        config = self.credentials if words[0] == "fetch" or self._partial else ()
        return self._command.run([f"--git-dir={self.folder}", *words], self.folder, self._alone, config)

    @property
    def _alone(self) -> dict[str, str]:
        return {"GIT_INDEX_FILE": str(self.folder / NO_INDEX)}

    @cached_property
    def _partial(self) -> bool:
        """Whether a command may have to ask the remote for objects, and then with the credentials."""
        words = [f"--git-dir={self.folder}", "config", "extensions.partialClone"]
        return bool(self.credentials) and self._command.run(words, self.folder)[0] == 0

    @cached_property
    def _unfiltered(self) -> Config:
        """Switches off the filters that the configuration knows: attributes in the files choose among them."""
        words = [f"--git-dir={self.folder}", "config", "--name-only", "-z", "--get-regexp", r"^filter\."]
        keys = self._command.run(words, self.folder)[1].decode("utf-8", "surrogateescape").split("\0")
        names = sorted({key.removeprefix("filter.").rpartition(".")[0] for key in keys if key})
        off = {"clean": "", "smudge": "", "process": "", "required": "false"}
        return [(f"filter.{name}.{key}", value) for name in names for key, value in off.items()]

    def _below(self, names: bytes) -> list[str]:
        below = self.prefix()
        paths = (name.decode("utf-8", "surrogateescape") for name in names.split(b"\0"))
        return [name.removeprefix(below) for name in paths if name and name.startswith(below)]

    def _text(self, *words: str) -> str:
        return self.objects(*words).decode("utf-8", "replace")


def _escaped(match: re.Match[str]) -> str:
    return f"\\{match[0]}"


def _checked(words: Sequence[str], code: int, output: bytes, error: str) -> bytes:
    if code:
        raise UsageError(f"git {words[0]}: {error or 'no such commit: ' + words[-1]}")
    return output
