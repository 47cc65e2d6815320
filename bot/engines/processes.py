"""Ending processes with all that they started, as far as the kernel lets it be known."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Collection, Iterator, Set
from contextlib import suppress
from pathlib import Path

GRACE = 5.0  # seconds between the request to stop and the kill
LONGEST = 10.0  # seconds until what was killed must be gone; only another user's process, or a sick disk's, is not
PAUSE = 0.005  # seconds between two looks at what was killed
PROC = Path("/proc")


def end_below(keep: Collection[int] = ()) -> Set[int]:
    """End all children of this process, and all below them, but `keep`; what is there after LONGEST is returned.

    What lost its parent is our child, if this process adopts.
    """
    return end_all(lambda: _below(keep))


def end_all(found: Callable[[], Set[int]]) -> Set[int]:
    """Kill what `found` finds until it finds nothing; what is there after LONGEST is returned."""
    stopped: Set[int] = set()  # before any is killed, so that none can start more meanwhile
    until = time.monotonic() + LONGEST
    while (left := found()) and time.monotonic() < until:
        for pid in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL if left <= stopped else signal.SIGSTOP)
        if left <= stopped:
            time.sleep(PAUSE)
        stopped = left | stopped
    return left


def _below(keep: Collection[int]) -> Set[int]:
    """All descendants of this process that live, without `keep` and theirs; dead children are looked after."""
    children: dict[int, list[int]] = {}
    for pid, parent, dead in _processes():
        if dead and parent == os.getpid() and pid not in keep:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        elif not dead:
            children.setdefault(parent, []).append(pid)
    found: set[int] = set()
    new = {os.getpid()}
    while new:
        new = {child for pid in new for child in children.get(pid, ())} - found - set(keep)
        found |= new
    return found


def _processes() -> Iterator[tuple[int, int, bool]]:
    """Every process: its number, its parent's, and whether it is dead and only waits to be looked after."""
    for place in PROC.glob("[0-9]*"):
        with suppress(OSError):
            said = (place / "stat").read_text(errors="replace")
            state, parent = said.rpartition(")")[2].split()[:2]  # a name may hold ")"
            # One whose first thread has ended looks dead; the others may work on.
            dead = state in "ZX" and sum(1 for _ in (place / "task").iterdir()) <= 1
            yield int(place.name), int(parent), dead
