"""The content of a repository's files, read from git's objects by one process for all of them."""

from __future__ import annotations

import subprocess
import threading
import weakref
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from bot.git.repository import Git

MODE_PLAIN = "100644"
MODE_PROGRAM = "100755"
MODE_LINK = "120000"
MODE_MODULE = "160000"
PIECE = 1024 * 1024  # bytes that are copied at a time


class TreeEntry(NamedTuple):
    """A file, a link or a submodule of a commit; `path` starts at the repository's top."""

    path: str
    mode: str
    blob: str


def tree(git: Git, commit: str) -> Iterator[TreeEntry]:
    """All that a commit holds; raises UsageError if it is not here."""
    listed = git.objects("ls-tree", "-r", "-z", "--full-tree", commit).decode("utf-8", "surrogateescape")
    for line in listed.split("\0"):
        head, _, name = line.partition("\t")
        if head:
            mode, _, blob = head.split()
            yield TreeEntry(name, mode, blob)


def linked(target: str) -> str:
    """What to say of a link in the place of a file."""
    return f"this is a link to {target}; put the file itself here"


class Blobs:
    """Reads blobs by their ids; the process starts with the first one, and ends with this."""

    def __init__(self, git: Git) -> None:
        self.git = git
        self._reader: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def read(self, blob: str) -> bytes:
        """All of a blob; raises OSError if git has lost it."""
        return b"".join(self._pieces(blob))

    def copy(self, blob: str, file: IO[bytes]) -> None:
        """Write a blob into a file, however large it is; raises OSError if git has lost it."""
        for piece in self._pieces(blob):
            file.write(piece)

    def _pieces(self, blob: str) -> Iterator[bytes]:
        with self._lock:  # checks read at the same time
            if self._reader is None:  # one process for all files: a thousand of them would take seconds
                self._reader = self.git.start("cat-file", "--batch")
                weakref.finalize(self, _end, self._reader)
            assert self._reader.stdin is not None and self._reader.stdout is not None  # noqa: PT018
            self._reader.stdin.write(f"{blob}\n".encode())
            self._reader.stdin.flush()
            head = self._reader.stdout.readline().split()
            if len(head) != 3:
                raise OSError("git has lost it")
            left = int(head[2])
            while left:
                piece = self._reader.stdout.read(min(left, PIECE))
                if not piece:
                    raise OSError("git has lost it")
                left -= len(piece)
                yield piece
            self._reader.stdout.read(1)


def _end(reader: subprocess.Popen[bytes]) -> None:
    reader.communicate()
