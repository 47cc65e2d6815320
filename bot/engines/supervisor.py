"""Runs one run to its end, as a process of its own: started in the run's folder, told nothing else.

It may be killed at any moment: what it started is found again by the lock that every node's process holds.
"""

from __future__ import annotations

import fcntl
import os
import queue
import signal
import subprocess
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from bot.compile.names import moment
from bot.compile.work import environment
from bot.engines.folder import Order, RunFolder, locked

GRACE = 5.0  # seconds between the request to stop and the kill
SHELL = 'echo $$ > "$0" && exec "$@"'  # the process writes its own group's number before it becomes the job


def main() -> None:
    """Take the run in the current folder to its end, or leave if another process is at it."""
    folder = RunFolder(Path.cwd())
    with locked(folder.path / "lock") as mine:
        print("ready", flush=True)
        if mine:
            Supervisor(folder, folder.order).run()


class Supervisor:
    """The state of one run while it is at work."""

    def __init__(self, folder: RunFolder, order: Order) -> None:
        self.folder = folder
        self.order = order
        work = order.work
        self.variables = order.environment | environment(work, moment(work.run, work.date, work.attempt))
        self.graph = graph(order)
        self.over: dict[str, str] = {}
        self.done: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self.groups: dict[str, subprocess.Popen[bytes]] = {}
        self.stopping = threading.Event()

    def run(self) -> None:
        """Start what is ready until nothing is left; then say how it went."""
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        for event in self.folder.events():
            if event.get("state") in ("succeeded", "failed", "omitted"):
                self.over[event["node"]] = event["state"]
        for node in self.graph.keys() - self.over.keys():
            end_left_over(self.folder, node)
        self.folder.write(run="running", at=datetime.now(UTC))
        running: set[str] = set()
        while len(self.over) < len(self.graph) and not self.stopping.is_set():
            for node in self.ready(running):
                running.add(node)
                threading.Thread(target=self.execute, args=(node,), daemon=True).start()
            if not running:
                break
            node, reason = self.done.get()
            running.discard(node)
            if not self.stopping.is_set():
                self.finish(node, "failed" if reason else "succeeded", reason)
        if self.stopping.is_set():
            self.end_all()
            self.folder.write(run="stopped", at=datetime.now(UTC))
        else:
            failed = any(state != "succeeded" for state in self.over.values())
            self.folder.write(run="failed" if failed else "succeeded", at=datetime.now(UTC))

    def ready(self, running: set[str]) -> list[str]:
        """Nodes that may start now; those behind a failure are noted as omitted on the way."""
        found: list[str] = []
        for node, before in self.graph.items():
            if node in self.over or node in running:
                continue
            if any(self.over.get(name) in ("failed", "omitted") for name in before):
                self.finish(node, "omitted", "something it needs failed")
            elif all(self.over.get(name) == "succeeded" for name in before):
                found.append(node)
        return found[: max(0, self.order.workers - len(running))]

    def finish(self, node: str, state: str, reason: str) -> None:
        """Note the end of a node."""
        self.over[node] = state
        self.folder.write(node=node, state=state, reason=reason, at=datetime.now(UTC))

    def execute(self, node: str) -> None:
        """Run one node's process to its end, on a thread."""
        self.folder.write(node=node, state="running", at=datetime.now(UTC))
        try:
            reason = self._execute(node)
        except OSError as error:
            reason = f"could not be started: {error.strerror}"
        self.done.put((node, reason))

    def _execute(self, node: str) -> str:
        argv, variables, timeout = self.command(node)
        place = self.folder.log(node)
        with place.open("ab") as log, place.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            process = subprocess.Popen(
                ["sh", "-c", SHELL, str(place.with_suffix(".group")), *argv],
                cwd=self.order.root, env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, pass_fds=[lock.fileno()],
            )  # fmt: skip
            self.groups[node] = process
            try:
                code = process.wait(timeout)
            except subprocess.TimeoutExpired:
                end(process)
                return f"stopped after its limit of {timeout} s"
        return "" if code == 0 else f"ended by signal {-code}" if code < 0 else f"ended with exit code {code}"

    def command(self, node: str) -> tuple[list[str], dict[str, str] | None, int | None]:
        """A node's command, environment and limit; sameday's own tasks have our environment, jobs only theirs."""
        work = self.order.work
        for step in work.steps:
            if step.name == node:
                return list(step.argv), self.variables | step.environment, step.timeout
        kind = node.removeprefix("sameday-")
        words = [
            kind,
            "--work",
            str(self.folder.work_file),
            "--date",
            work.date.isoformat(),
            "--attempt",
            str(work.attempt),
        ]
        return [*self.order.task, *words], None, None

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Asked to stop: every process is ended, the run can be resumed."""
        self.stopping.set()
        self.done.put(("", "stopped"))

    def end_all(self) -> None:
        """End every process that still runs."""
        for process in self.groups.values():
            if process.poll() is None:
                end(process)


def graph(order: Order) -> dict[str, tuple[str, ...]]:
    """Every node of the run with those it waits for: `wait`, the jobs, then sameday's own tasks one by one."""
    steps = order.work.steps
    first = ("sameday-wait",) if "wait" in order.work.tasks else ()
    found: dict[str, tuple[str, ...]] = dict.fromkeys(first, ())
    found |= {step.name: step.dependencies or first for step in steps}
    before: tuple[str, ...] = tuple(step.name for step in steps)
    for task in order.work.tasks:
        if task != "wait":
            found[f"sameday-{task}"] = before
            before = (f"sameday-{task}",)
    return found


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
    while lock.exists():
        with locked(lock) as free:
            if free:
                return
        with suppress(OSError, ValueError):
            os.killpg(int(group.read_text()), signal.SIGKILL)
        time.sleep(0.05)


if __name__ == "__main__":
    main()
