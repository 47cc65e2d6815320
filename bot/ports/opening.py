"""What a backend is opened with: all that its kind's `opener` may use beside its own part of the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bot.settings import Settings


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
    """Where jobs start that are such processes."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """On whose behalf a warehouse is asked, where that is billed."""
