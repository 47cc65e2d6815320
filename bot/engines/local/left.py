"""What a run's processes leave where its supervisor was killed: found by its group, its lock, or its mark."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Set
from contextlib import suppress
from pathlib import Path

from bot.engines.local.folder import is_locked
from bot.engines.local.processes import LONGEST, PAUSE, PROC, Living, kill

HANDOVER = 2.0  # seconds in which a warden whose supervisor was killed ends its node's processes; it takes a few ms
MARK = "SAMEDAY_NODE"  # a variable of every process of a node: its value is the path of the node's lock


def end_left_over(nodes: Path) -> Set[int]:
    """End what is left of the nodes in this folder, whose supervisor was killed; what cannot be ended is returned.

    A warden that lives does most of it.
    """
    locks = [path for path in nodes.glob("*.lock") if is_locked(path)]
    until = time.monotonic() + HANDOVER
    while any(map(is_locked, locks)) and time.monotonic() < until:
        time.sleep(PAUSE)
    for lock in filter(is_locked, locks):
        with suppress(OSError, ValueError):
            os.killpg(int(lock.with_suffix(".group").read_text()), signal.SIGKILL)
    until = time.monotonic() + LONGEST
    while (left := set(_marked(f"{nodes}/"))) and time.monotonic() < until:
        kill(left)
        time.sleep(PAUSE)
    return {process.pid for process in left}


def _marked(nodes: str) -> Iterator[Living]:
    """The processes with a mark below the folder `nodes`, or with a lock in it; another user's cannot be looked at."""
    mark = f"{MARK}={nodes}".encode()
    for place in PROC.glob("[0-9]*"):
        environment, pid = b"", int(place.name)
        with suppress(OSError):
            environment = (place / "environ").read_bytes()
        marked = any(variable.startswith(mark) for variable in environment.split(b"\0"))
        if (marked or any(_in(nodes, file) for file in _files(place))) and pid != os.getpid():
            with suppress(ProcessLookupError):
                yield Living(pid, os.getpgid(pid))


def _files(process: Path) -> Iterator[str]:
    with suppress(OSError):
        for file in (process / "fd").iterdir():
            with suppress(OSError):
                yield str(file.readlink())


def _in(nodes: str, file: str) -> bool:
    return file.startswith(nodes) and file.endswith(".lock")
