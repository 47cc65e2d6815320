"""A job that leaves a daemon: `daemon.py KINDS END`.

The daemon leaves the job's session and parent, holds the lock `alive`, and writes rows into `table` for good. KINDS say
how it hides, END what the job does then.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO


def main(kinds: str, end: str) -> None:
    """Leave the daemon, and end."""
    Path("warden.pid").write_text(str(os.getppid()))
    with Path("alive").open("a") as alive, Path("seen").open("a") as seen:
        try:
            fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
            seen.write("alone\n")
        except BlockingIOError:
            seen.write("not alone\n")
    if not os.fork():
        os.setsid()
        if not os.fork():
            leave(kinds.split(","))
        os._exit(0)
    while not Path("ready").exists() or (end in ("stay", "wait") and not Path("gate").exists()):
        time.sleep(0.01)
    if end == "orphan":
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)
    sys.exit(3 if end == "fail" else 0)


def leave(kinds: list[str]) -> None:
    """Be the daemon."""
    if "deaf" in kinds:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
    if "closed" in kinds:
        os.closerange(0, 4_096)
    if "bare" in kinds:
        left = [kind for kind in kinds if kind != "bare"]
        os.execve(sys.executable, [sys.executable, "-I", __file__, ",".join(left) or "plain"], {})
    with Path("alive").open("a") as alive, Path("table").open("a") as table:
        fcntl.flock(alive, fcntl.LOCK_EX)
        Path("ready").touch()
        if "headless" in kinds:
            threading.Thread(target=write, args=(table,)).start()
            ctypes.CDLL(None).pthread_exit(None)
        write(table, kinds)


def write(table: TextIO, kinds: Sequence[str] = ()) -> None:
    """Write rows for good; each time as another process if it is hopping, and in another session if it is leaping."""
    while True:
        table.write("an evil row\n")
        table.flush()
        if {"hopping", "leaping"} & set(kinds):
            if os.fork():
                os._exit(0)
            if "leaping" in kinds:
                os.setsid()
        time.sleep(0.001)


if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) > 2 else leave(sys.argv[1].split(","))
