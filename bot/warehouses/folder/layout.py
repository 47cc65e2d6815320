"""Which files of the folder a table, a place and its catalogue are; how they are replaced, and the locks on them."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from bot.errors import Refused
from bot.settings.kinds import FolderWarehouse

NAMES = "names"  # the lock on all declared names; no table is called so, for each has its dataset before it


class Layout:
    """The files below one folder."""

    def __init__(self, settings: FolderWarehouse) -> None:
        self.settings = settings
        self.root = Path(settings.path)

    def full(self, table: str) -> str:
        """The name of a table with its dataset."""
        return self.settings.table(table)

    def data(self, table: str) -> Path:
        """The file of its rows, or the link to them."""
        return Path(self.settings.address(table))

    def catalogue(self, place: str) -> Path:
        """The file that says what was made for a place, and what it shows."""
        return self.root / f".{self.full(place)}.json"

    def lock(self, name: str) -> Path:
        """The file that whoever changes a place, or the names, has locked."""
        return self.root / f".{name if name == NAMES else self.full(name)}.lock"

    @contextmanager
    def locked(self, *names: str) -> Iterator[None]:
        """Alone with these places, or with `NAMES`, however long that takes; raises Refused if the folder says no."""
        with self.refusing(names[0]), ExitStack() as stack:
            self.root.mkdir(parents=True, exist_ok=True)
            for name in sorted(set(names)):  # in one order everywhere, so that no two wait for each other
                lock = _locked(self.lock(name), fcntl.LOCK_EX)
                stack.callback(lock.close)
            yield

    @contextmanager
    def idle(self, place: str) -> Iterator[bool]:
        """The same without waiting: whether nobody is at work on the place."""
        with self.refusing(place):
            try:
                lock = _locked(self.lock(place), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            with lock:
                yield True

    @contextmanager
    def refusing(self, name: str) -> Iterator[None]:
        """Raises Refused for what the file system says no to."""
        try:
            yield
        except OSError as error:
            where = self.root if name == NAMES else self.full(name)
            raise Refused(f"{where}: {error.strerror or type(error).__name__}") from None


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Where a new file is made that is renamed over `path`; nothing is left there in the end."""
    new = path.with_name(f".{path.name.removeprefix('.')}.{os.getpid()}")
    new.unlink(missing_ok=True)
    try:
        yield new
    finally:
        new.unlink(missing_ok=True)


def _locked(path: Path, operation: int) -> IO[str]:
    """The lock's file, locked; one that was removed meanwhile locks nobody out, so it is opened anew."""
    while True:
        lock = path.open("a")
        try:
            fcntl.flock(lock, operation)
            if os.path.samestat(os.fstat(lock.fileno()), path.stat()):
                return lock
        except FileNotFoundError:
            pass
        except BaseException:
            lock.close()
            raise
        lock.close()
