"""The files of one commit, read from git's objects: what the working tree shows makes no difference."""

from __future__ import annotations

import re
import subprocess
import threading
import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.git.repository import Git

MODE_LINK = "120000"
MODE_MODULE = "160000"
HIDDEN = re.compile(r"(?:\A|/)\.[^/]*/")


class Commit:
    """The files of one commit below git's folder, for `Repository.load`."""

    def __init__(self, git: Git, commit: str) -> None:
        self.git = git
        self.commit = commit
        self.below = git.prefix()
        self.files: dict[str, tuple[str, str]] = {}
        """The mode and the blob of each path."""
        for line in git.objects("ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0"):
            head, _, name = line.decode("utf-8", "surrogateescape").partition("\t")
            if name.startswith(self.below) and head:
                mode, _, blob = head.split()
                self.files[name.removeprefix(self.below)] = (mode, blob)
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
            self._reader = self.git.start("cat-file", "--batch")
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
