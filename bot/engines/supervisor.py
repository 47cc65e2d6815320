"""Runs one run to its end, as a process of its own: started in the run's folder, told nothing else.

It may be killed at any moment: what it started is found again by the lock that every node's process holds.
"""

from __future__ import annotations

import fcntl
import os
import queue
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from bot.compile.names import moment
from bot.compile.work import environment
from bot.engines.folder import Order, RunFolder, locked
from bot.engines.processes import end, end_left_over

SHELL = "/bin/sh"  # not by name: a job's own PATH may lack it
GROUP = 'echo $$ > "$0" && exec "$@"'  # the process writes its own group's number before it becomes the job


def main() -> None:
    """Take the run in the current folder to its end, or leave if another process is at it."""
    if os.fork():  # whoever started us waits for this process, and is left without a child to look after
        os._exit(0)
    folder = RunFolder(Path.cwd())
    with locked(folder.path / "lock") as mine:
        with suppress(BrokenPipeError):  # whoever started us may be gone
            os.write(sys.stdout.fileno(), b"ready\n")
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
        self.running: set[str] = set()
        self.starting = threading.Lock()
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
        for name, address in self.variables.items():
            if name.startswith("SAMEDAY_OUTPUT_") and Path(address).is_absolute():
                Path(address).parent.mkdir(
                    parents=True, exist_ok=True
                )  # a warehouse in a folder begins with the folder
        self.folder.write(run="running", at=datetime.now(UTC))
        while len(self.over) < len(self.graph) and not self.stopping.is_set():
            self.omit()
            for node in self.ready():
                self.running.add(node)
                threading.Thread(target=self.execute, args=(node,), daemon=True).start()
            if not self.running:
                break
            self.take(*self.done.get())
        while not self.done.empty():
            self.take(*self.done.get())
        if self.stopping.is_set():
            self.end_all()
            self.folder.write(run="stopped", at=datetime.now(UTC))
        else:
            failed = any(state != "succeeded" for state in self.over.values())
            self.folder.write(run="failed" if failed else "succeeded", at=datetime.now(UTC))

    def omit(self) -> None:
        """Note every node behind a failure as omitted, in whatever order the file names them."""
        known = -1
        while known != len(self.over):
            known = len(self.over)
            for node, before in self.graph.items():
                if node not in self.over and any(self.over.get(name) in ("failed", "omitted") for name in before):
                    self.finish(node, "omitted", "something it needs failed")

    def ready(self) -> list[str]:
        """Nodes that may start now, as many as there are free workers."""
        found = [
            node
            for node, before in self.graph.items()
            if node not in self.over
            and node not in self.running
            and all(self.over.get(name) == "succeeded" for name in before)
        ]
        return found[: max(0, self.order.workers - len(self.running))]

    def take(self, node: str, reason: str) -> None:
        """Note how a node's process ended; one that failed while we stop may have been stopped, and will run again."""
        self.running.discard(node)
        if node and not (reason and self.stopping.is_set()):
            self.finish(node, "failed" if reason else "succeeded", reason)

    def finish(self, node: str, state: str, reason: str) -> None:
        """Note the end of a node."""
        self.over[node] = state
        self.folder.write(node=node, state=state, reason=reason, at=datetime.now(UTC))

    def execute(self, node: str) -> None:
        """Run one node's process to its end, on a thread."""
        self.folder.write(node=node, state="running", at=datetime.now(UTC))
        try:
            reason = self._execute(node)
        except (OSError, ValueError) as error:
            reason = f"could not be started: {error}"
        self.done.put((node, reason))

    def _execute(self, node: str) -> str:
        argv, variables, timeout = self.command(node)
        place = self.folder.log(node)
        group = place.with_suffix(".group")
        group.unlink(missing_ok=True)
        with place.open("ab") as log, place.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with self.starting:
                if self.stopping.is_set():
                    return "not started"
                self.groups[node] = process = subprocess.Popen(
                    [SHELL, "-c", GROUP, str(group), *argv],
                    cwd=self.order.root, env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    start_new_session=True, pass_fds=[lock.fileno()],
                )  # fmt: skip
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
        """End every process that still runs, all at once."""
        with self.starting:
            left = [process for process in self.groups.values() if process.poll() is None]
        with ThreadPoolExecutor(max(1, len(left))) as pool:
            list(pool.map(end, left))


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


if __name__ == "__main__":
    main()
