"""The processes of a run's nodes, each with a warden beside it that ends all that it started."""

from __future__ import annotations

import fcntl
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bot.engines.local.left import MARK
from bot.engines.local.processes import GRACE, LONGEST, end_below

WARDEN = "from bot.engines.local.warden import main; main({})"
SAID = 4_096  # bytes of why a command could not be started
Process = subprocess.Popen[bytes]


@dataclass(frozen=True, slots=True)
class NodeCommand:
    """What a node runs, with its environment and its limit in seconds.

    `told` is what one of sameday's own tasks reads from its standard input; what such a one prints is to be followed.
    """

    argv: Sequence[str]
    environment: Mapping[str, str]
    timeout: int | None = None
    told: bytes | None = None


@dataclass(frozen=True, slots=True)
class Ward:
    """A process that stands for a command, and the way to it."""

    process: Process
    control: socket.socket

    @property
    def unstarted(self) -> str:
        """Why the command could not be started, once it is over; or ''."""
        self.control.setblocking(False)
        with suppress(OSError):
            return self.control.recv(SAID).decode(errors="replace")
        return ""


class Wards:
    """All that were begun, until they are stopped; they start in `root`, and their wardens with `environment`."""

    def __init__(self, root: str, environment: Mapping[str, str]) -> None:
        self.root = root
        self.environment = environment
        self.starting = threading.Lock()
        self.stopped = False
        self.begun: list[Process] = []

    @contextmanager
    def begin(self, command: NodeCommand, log: Path) -> Iterator[Ward | None]:
        """Start the command, or nothing once all are stopped; raises OSError where that cannot be.

        What it prints goes to `log`; beside that are its lock and its group's number.
        """
        with ExitStack() as stack:
            output, lock = (stack.enter_context(file.open("ab")) for file in (log, log.with_suffix(".lock")))
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Not pipes: everybody who may look at the files of one end may read what is in them.
            (control, theirs), (words, read) = socket.socketpair(), socket.socketpair()
            for end in (control, theirs, words, read):
                stack.enter_context(end)
            log.with_suffix(".group").unlink(missing_ok=True)
            process = self._start(
                output, read.fileno(), [theirs.fileno(), lock.fileno()], told=command.told is not None
            )
            theirs.close()
            read.close()
            if process is None:
                yield None
                return
            order = {
                "words": list(command.argv), "environment": {**command.environment, MARK: lock.name},
                "group": str(log.with_suffix(".group")),
            }  # fmt: skip
            with suppress(BrokenPipeError, ConnectionResetError):  # how it ended will say why
                control.sendall(json.dumps(order).encode() + b"\n")
                words.sendall(command.told or b"")
            words.close()
            yield Ward(process, control)

    def _start(self, output: IO[bytes], read: int, passed: list[int], *, told: bool) -> Process | None:
        with self.starting:
            if self.stopped:
                return None
            process = subprocess.Popen(
                [sys.executable, "-I", "-c", WARDEN.format(passed[0])], cwd=self.root, env=self.environment,
                stdin=read if told else subprocess.DEVNULL, stdout=subprocess.PIPE if told else output, stderr=output,
                start_new_session=True, pass_fds=passed,
            )  # fmt: skip
            self.begun.append(process)
        return process

    def wait(self, ward: Ward, timeout: int | None) -> str:
        """Wait for the end, or end it after `timeout` seconds; what went wrong, or ''."""
        try:
            code = ward.process.wait(timeout)
        except subprocess.TimeoutExpired:
            _end(ward.process)
            code = None
        # Where a warden was killed, what it watched has become ours.
        orphans = self.sweep() if code is None or code < 0 else ()
        if orphans:
            return f"left processes that cannot be ended: {', '.join(map(str, orphans))}"
        if code and (why := ward.unstarted):
            return f"could not be started: {why}"
        if code is None:
            return f"stopped after its limit of {timeout} s"
        return "" if code == 0 else f"ended by signal {-code}" if code < 0 else f"ended with exit code {code}"

    def sweep(self) -> Sequence[int]:
        """End all that lost its warden; what cannot be ended is returned."""
        with self.starting:
            return sorted(end_below([process.pid for process in self.begun if process.returncode is None]))

    def end_all(self) -> None:
        """End every process that still runs, all at once; no other is begun."""
        with self.starting:
            self.stopped = True
            left = [process for process in self.begun if process.returncode is None]
        with ThreadPoolExecutor(max(1, len(left))) as pool:
            list(pool.map(_end, left))
        self.sweep()


def _end(warden: Process) -> None:
    """Ask a warden to end its node's processes, and see to it that it is gone."""
    warden.terminate()
    with suppress(subprocess.TimeoutExpired):
        warden.wait(GRACE + LONGEST + GRACE)
    warden.kill()
    warden.wait()
