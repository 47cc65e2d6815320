"""The flag set as one flagd file in a folder: serving's flagd reads the file, so the file is the state."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bot.errors import Unreachable
from bot.ports import Flag
from bot.settings import FolderFlags


class Folder:
    """One flag set."""

    def __init__(self, settings: FolderFlags) -> None:
        self.path = Path(settings.path) / f"{settings.set}.flagd.json"

    def publish(self, experiment: str, flag: Flag | None) -> None:
        """Replace one flag of the file, atomically."""
        with self._locked():
            whole = self._read()
            whole["flags"].pop(experiment, None)
            if flag is not None:
                whole["flags"][experiment] = dict(flag)
            beside = self.path.with_suffix(".tmp")
            beside.write_text(document(**whole), encoding="utf-8")
            beside.replace(self.path)

    def published(self, experiment: str) -> Flag | None:
        """The flag as readers find it."""
        flag: Flag | None = self._read()["flags"].get(experiment)
        return flag

    def _read(self) -> dict[str, dict[str, Any]]:
        """The whole document: what stands beside the flags in it, such as `$evaluators`, is not ours to lose."""
        try:
            whole = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {"flags": {}}
        except (OSError, ValueError) as error:
            raise Unreachable(f"the flag set {self.path} cannot be read: {error}") from None
        if not isinstance(whole, dict) or not isinstance(whole.get("flags"), dict):
            raise Unreachable(f"the flag set {self.path} cannot be read: it has no `flags`")
        return whole

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def document(flags: dict[str, Any], **beside: Any) -> str:
    """A flag set as flagd reads it."""
    return json.dumps({**beside, "flags": dict(sorted(flags.items()))}, indent=2) + "\n"
