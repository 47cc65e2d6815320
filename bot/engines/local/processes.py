"""Ending processes with all that they started, as far as the kernel lets it be known."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Collection, Iterator, Set
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

GRACE = 5.0  # seconds between the request to stop and the kill
LONGEST = 10.0  # seconds until what was killed must be gone; only another user's process, or a sick disk's, is not
PAUSE = 0.005  # seconds between two looks at what was killed
QUICK = 100  # looks at children alone for one look at all processes, in which one that forks and ends is not seen
PROC = Path("/proc")


class Living(NamedTuple):
    """A process and its group, which lives on where the process forks and ends before it is killed."""

    pid: int
    group: int


def end_below(keep: Collection[int] = ()) -> Set[int]:
    """End all children of this process, and all below them, but `keep`; what is there after LONGEST is returned.

    What lost its parent is our child, if this process adopts.
    """
    until = time.monotonic() + LONGEST
    while _any(keep):
        if time.monotonic() > until:
            return {process.pid for process in _below(keep)}
        kill(_below(keep))
        for _ in range(QUICK):
            kill(_children(keep))
    return frozenset()


def _any(keep: Collection[int]) -> bool:
    """Whether there are such children. The kernel is sure of none at all; of some it is looked for more than once."""
    if keep:
        return bool(_below(keep)) or any(_children(keep) for _ in range(QUICK))
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def kill(processes: Set[Living]) -> None:
    """Kill processes with their groups, of which none can fork meanwhile."""
    for pid, group in processes:
        with suppress(ProcessLookupError, PermissionError):
            if group > 1 and group != os.getpgrp():
                os.killpg(group, signal.SIGKILL)
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _below(keep: Collection[int]) -> Set[Living]:
    """All descendants of this process that live, without `keep` and theirs; dead children are looked after."""
    children: dict[int, list[Living]] = {}
    for pid, parent, group, dead in _processes():
        if dead and parent == os.getpid() and pid not in keep:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        elif not dead:
            children.setdefault(parent, []).append(Living(pid, group))
    descendants: set[Living] = set()
    new = {os.getpid()}
    while new:
        below = {child for pid in new for child in children.get(pid, ()) if child.pid not in keep} - descendants
        descendants |= below
        new = {child.pid for child in below}
    return descendants


def _children(keep: Collection[int]) -> Set[Living]:
    """The children that lost their parent, as one short file tells them; not every kernel has it."""
    orphans = set()
    with suppress(OSError):
        for word in (PROC / f"self/task/{os.getpid()}/children").read_text().split():
            with suppress(ProcessLookupError):
                pid = int(word)
                if pid not in keep and os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG) is None:
                    orphans.add(Living(pid, os.getpgid(pid)))
    return orphans


def _processes() -> Iterator[tuple[int, int, int, bool]]:
    """Every process: its number, its parent's, its group's, and whether it is dead, and only waits for its parent."""
    for place in PROC.glob("[0-9]*"):
        with suppress(OSError):
            line = (place / "stat").read_text(errors="replace")
            state, parent, group = line.rpartition(")")[2].split()[:3]  # a name may hold ")"
            # One whose first thread has ended looks dead; the others may work on.
            dead = state in "ZX" and sum(1 for _ in (place / "task").iterdir()) <= 1
            yield int(place.name), int(parent), int(group), dead
