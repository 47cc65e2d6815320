"""Stays beside one node's process and ends all that it started, also what left its group, its session or its parent.

It reads on a socket, `control`, a line of JSON: the `words` of the command, its `environment`, and `group`, where
its process group is noted. The socket ends with the supervisor, and so does the node then.
"""

from __future__ import annotations

import json
import os
import select
import signal
import time
from contextlib import suppress
from typing import NoReturn

from bot.engines.local.prctl import adopt, hide
from bot.engines.local.processes import GRACE, LONGEST, PAUSE, end_below

SHELL = "/bin/sh"  # not by name: a job's own PATH may lack it
NOTE = 'echo $$ > "$0" && exec "$@"'  # the process writes its own group's number before it becomes the job
UNSTARTED = 126  # a shell's exit code for what is there but cannot be started


def main(control: int) -> NoReturn:
    """Watch one process until it ends, by itself or by a signal, and end as it did."""
    hide()
    adopt()
    os.set_inheritable(control, False)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    with open(control, "rb") as orders:
        line = orders.readline()
        if not line.endswith(b"\n"):
            os._exit(UNSTARTED)  # the supervisor is gone
        ended = Warden(_start(control, **json.loads(line))).watch(control, woken)
    if ended < 0 and -ended != signal.SIGKILL:
        signal.signal(-ended, signal.SIG_DFL)
    if ended < 0:
        os.kill(os.getpid(), -ended)
    os._exit(ended)


class Warden:
    """One process, and how it ended."""

    def __init__(self, child: int) -> None:
        self.child = child
        self.ended: int | None = None

    def watch(self, control: int, woken: int) -> int:
        """Wait for the end of the process, of the supervisor, or of the patience after a request to stop."""
        limit: float | None = None
        while not self._over() and (limit is None or time.monotonic() < limit):
            left = None if limit is None else max(0.0, limit - time.monotonic())
            ready, _, _ = select.select([control, woken], [], [], left)
            if control in ready:
                break
            if woken in ready and signal.SIGTERM in os.read(woken, 65_536) and limit is None:
                limit = time.monotonic() + GRACE
                self._send(signal.SIGTERM)
        self._send(signal.SIGKILL)
        limit = time.monotonic() + LONGEST
        while not self._over() and time.monotonic() < limit:
            time.sleep(PAUSE)
        end_below()
        return -signal.SIGKILL if self.ended is None else self.ended

    def _over(self) -> bool:
        """Whether the process has ended; whatever else has is looked after."""
        with suppress(ChildProcessError):
            while (dead := os.waitpid(-1, os.WNOHANG))[0]:
                if dead[0] == self.child:
                    self.ended = os.waitstatus_to_exitcode(dead[1])
        return self.ended is not None

    def _send(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            try:
                os.killpg(self.child, number)
            except ProcessLookupError:
                if self.ended is None:  # it leads no group yet
                    os.kill(self.child, number)


def _start(control: int, words: list[str], environment: dict[str, str], group: str) -> int:
    child = os.fork()
    if child:
        return child
    try:
        os.setsid()
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # which Python ignores, and what it becomes would, too
            signal.signal(number, signal.SIG_DFL)
        os.execve(SHELL, [SHELL, "-c", NOTE, group, *words], environment)  # noqa: S606
    except (OSError, ValueError) as error:
        os.write(control, str(error).encode())
    finally:
        os._exit(UNSTARTED)
