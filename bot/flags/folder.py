"""The flag set as one flagd file in a folder: serving's flagd reads the file, so the file is the state."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bot.errors import Unreachable
from bot.flags.document import Whole, changed, read
from bot.ports import Flag, Flags
from bot.ports.opening import Opening
from bot.settings.kinds import FolderFlags


class FlagdFile:
    """One flag set."""

    def __init__(self, settings: FolderFlags) -> None:
        self.path = Path(settings.path) / f"{settings.set}.flagd.json"

    def publish(self, flags: Mapping[str, Flag | None]) -> None:
        """Replace these flags of the file, atomically."""
        with self._locked():
            beside = self.path.with_suffix(".tmp")
            beside.write_text(changed(self._read(), flags), encoding="utf-8")
            beside.replace(self.path)

    def published(self, experiment: str) -> Flag | None:
        """The flag as readers find it."""
        return self.all().get(experiment)

    def all(self) -> Mapping[str, Flag]:
        """Every flag of the file."""
        flags: Mapping[str, Flag] = self._read()["flags"]
        return flags

    def _read(self) -> Whole:
        where = f"the flag set {self.path}"
        try:
            return read(self.path.read_text(encoding="utf-8"), where)
        except FileNotFoundError:
            return {"flags": {}}
        except (OSError, UnicodeError) as error:
            raise Unreachable(f"{where} cannot be read: {error}") from None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def open_flags(settings: FolderFlags, opening: Opening) -> Flags:
    """The flag set; its folder need not be there."""
    return FlagdFile(settings)
