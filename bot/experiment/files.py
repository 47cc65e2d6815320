"""A tree of files that experiments are read from, and what tells their contents apart without reading them twice."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from bot.document.read import MAX_BYTES
from bot.git.blobs import linked

Stamp = tuple[int, int, int, int, str]
"""A file as it was when it was read: bytes, changed, status changed (nanoseconds), inode, and what it held."""
SETTLED = 2_000_000_000  # nanoseconds: the coarsest clock of a file system that we know of (FAT)


class Files(Protocol):
    """A tree of files: a folder, or a commit."""

    def paths(self) -> Sequence[str]:
        """Every file, with `/` between folders, in order."""
        ...

    def read(self, path: str, limit: int) -> bytes:
        """At most `limit` bytes of one file; raises OSError with a sentence."""
        ...


class IdentifiedFiles(Files, Protocol):
    """Files that are told apart without reading them."""

    def content_id(self, path: str) -> str | None:
        """Git's id of what a plain file holds; None for anything else, or where it is not known."""
        ...


def blob_id(content: bytes, digits: int = 40) -> str:
    """The id that git has for a content, in a repository whose ids have that many digits."""
    algorithm = hashlib.sha1 if digits == 40 else hashlib.sha256
    return algorithm(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


class FolderFiles:
    """The files below a folder. A link is refused, as it is in a commit, which has no more of it than its text.

    `stamps` are files as an earlier command read them: those that are the same are not read again for their id.
    """

    def __init__(self, root: Path, stamps: Mapping[str, Stamp] | None = None) -> None:
        self.root = root.resolve()
        self.below = f"{self.root}/"
        self.inside: set[str] = set()  # folders that no link leads out of
        self.known = stamps or {}
        self.stamps: dict[str, Stamp] = {}
        """Of the files that were asked for, and that have not changed just now; `new` of them were not known."""
        self.new = 0
        self.began = time.time_ns()

    def paths(self) -> Sequence[str]:
        """Every file, hidden folders left out."""
        paths: list[str] = []
        for folder, folders, files in os.walk(self.root):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            below = Path(folder).relative_to(self.root).as_posix()
            paths += (name if below == "." else f"{below}/{name}" for name in files)
        return sorted(paths)

    def read(self, path: str, limit: int) -> bytes:
        """At most `limit` bytes of one file."""
        place = self._place(path)
        mode = os.lstat(place).st_mode
        if stat.S_ISLNK(mode):
            raise OSError(linked(os.readlink(place)))  # noqa: PTH115
        if not stat.S_ISREG(mode):
            raise OSError("this is no file")
        with open(place, "rb") as file:  # noqa: PTH123
            return file.read(limit)

    def content_id(self, path: str) -> str | None:
        """Git's id of what a plain file holds, from its stamp where that is the same as before."""
        try:
            status = os.lstat(self._place(path))
            seen = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
            known = self.known.get(path)
            if known is not None and known[:4] == seen:
                self.stamps[path] = known
                return known[4]
            if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
                return None
            blob = blob_id(self.read(path, MAX_BYTES + 1))
        except OSError:
            return None
        # A file that changes again within one tick of its clock has the same stamp, so that of a new one says nothing.
        if max(status.st_mtime_ns, status.st_ctime_ns) + SETTLED < self.began and path.isprintable():
            self.stamps[path] = (*seen, blob)
            self.new += 1
        return blob

    def _place(self, path: str) -> str:
        folder = path.rpartition("/")[0]
        if folder not in self.inside:
            self._refuse_outside(f"{self.root}/{folder}")
            self.inside.add(folder)
        return self.below + path  # ten thousand files: pathlib costs more than reading

    def _refuse_outside(self, place: str) -> None:
        if not Path(os.path.realpath(place)).is_relative_to(self.root):
            raise OSError("the link leads out of the repository")
