"""What a backend is opened with: all that its kind's `opener` may use beside its own part of the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from bot.settings import Settings


class Code(Protocol):
    """The repository that jobs are from."""

    def prefix(self) -> str:
        """What leads from its top to the workspace's folder: empty, or ending in `/`."""
        ...

    def export(self, commit: str, folder: Path) -> None:
        """Write the files of a commit into an empty folder, exactly as committed.

        Raises UsageError if the commit is not here, Refused for one that no file system can hold.
        """
        ...


@dataclass(frozen=True, slots=True)
class Opening:
    """The rest of the settings, and the process as values."""

    settings: Settings
    environment: Mapping[str, str]
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    task: tuple[str, ...]
    """The command of a run's own tasks, for processes of this machine."""
    root: Path = Path()
    """Where jobs start that are such processes, unless a commit says what they are."""
    code: Code | None = None
    """Where such a commit is."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """On whose behalf a warehouse is asked, where that is billed."""
