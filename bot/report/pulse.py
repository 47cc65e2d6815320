"""A sign of life: what is at work, on a terminal that has heard nothing for a second."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.status import Status

SILENT = 1.0  # seconds without a word after which one asks oneself whether it hangs
LOOK = 0.1  # seconds between two looks at that


class Pulse:
    """Shows a line while nothing else is written, and takes it away before anything is; only where somebody looks."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.lock = threading.RLock()
        self.heard = time.monotonic()
        self.over = threading.Event()
        self.shown: Status | None = None

    def __enter__(self) -> Self:
        if sys.stdout.isatty() and sys.stderr.isatty():
            threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        with self.aside():
            pass

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Out of the way while something is written."""
        with self.lock:
            if self.shown is not None:
                self.shown.stop()
                self.shown = None
            yield
            self.heard = time.monotonic()

    def _watch(self) -> None:
        while not self.over.wait(LOOK):
            with self.lock:
                if self.shown is None and not self.over.is_set() and time.monotonic() - self.heard >= SILENT:
                    self.shown = self._show()

    def _show(self) -> Status:
        from rich.console import Console
        from rich.status import Status

        status = Status(f"{self.what} is at work", console=Console(stderr=True), refresh_per_second=4)
        status.start()
        return status
