"""Ending processes with all that they started: every node's process leads a group of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress

from bot.engines.folder import RunFolder, is_locked

GRACE = 5.0  # seconds between the request to stop and the kill


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all it started."""
    for number, patience in ((signal.SIGTERM, GRACE), (signal.SIGKILL, None)):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            break
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def end_left_over(folder: RunFolder, node: str) -> None:
    """End the process of a node whose supervisor was killed; its lock says whether it still lives."""
    lock, group = folder.log(node).with_suffix(".lock"), folder.log(node).with_suffix(".group")
    while lock.exists() and is_locked(lock):
        try:
            os.killpg(int(group.read_text()), signal.SIGKILL)
        except ProcessLookupError:
            lock.unlink()  # all of its group are gone: whoever still has the lock left the group on purpose
        except (OSError, ValueError):
            pass  # it is about to write its number
        time.sleep(0.05)
