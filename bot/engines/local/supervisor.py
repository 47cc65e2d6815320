"""Runs one run to its end, as a process of its own: started in the run's folder, told nothing else.

Beside every node's process stands a warden, which ends all that the node started when it ends, or when we do. We may
be killed at any moment: what a warden could not end is found again when the run is taken up.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import IO

from bot.compile.names import moment
from bot.compile.work import environment
from bot.engines.local.folder import RunFolder, RunOrder, locked
from bot.engines.local.left import end_left_over
from bot.engines.local.prctl import adopt, hide
from bot.engines.local.wards import NodeCommand, Wards
from bot.ports import HEADING

OWN = "sameday-"  # begins the names of sameday's own nodes; no job's may
BEGIN = "sameday-begin"
TASKS = ("sameday-verify", "sameday-keep", "sameday-put")
UNTOUCHED = "not started"  # of a node that its process did not come to


def main() -> None:
    """Take the run in the current folder to its end, or leave if another process is at it."""
    hide()
    if os.fork():  # our parent waits for this process, and has no child to look after then
        os._exit(0)
    adopt()  # which what is forked does not inherit
    folder = RunFolder(Path.cwd())
    with locked(folder.path / "lock") as mine:
        if mine:
            folder.begin()
        with suppress(BrokenPipeError):  # our parent may be gone
            os.write(sys.stdout.fileno(), b"ready\n")
        own = sys.stdin.buffer.read() if mine else b""
        if own.endswith(b"\n"):  # else our parent was gone before it had sent everything
            Supervisor(folder, folder.order, own).run()


class Supervisor:
    """The state of one run while it is at work.

    `own` is the environment of sameday's own tasks, as JSON: it may hold secrets, and is neither kept nor looked at.
    """

    def __init__(self, folder: RunFolder, order: RunOrder, own: bytes) -> None:
        self.folder = folder
        self.order = order
        self.own = own
        work = order.work
        self.variables = order.environment | environment(work, moment(work.run, work.date, work.attempt))
        self.graph = graph(order)
        self.over: dict[str, str] = {}
        self.done: queue.SimpleQueue[tuple[str, str, str]] = queue.SimpleQueue()
        self.wards = Wards(order.root, order.environment)
        self.running: set[str] = set()
        self.stopping = threading.Event()

    def run(self) -> None:
        """Start what is ready until nothing is left; then say how it went."""
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        for event in self.folder.events():
            if event.get("state") in ("succeeded", "failed", "omitted"):
                self.over[event["node"]] = event["state"]
        if left := end_left_over(self.folder.path / "nodes"):
            raise SystemExit(f"of an earlier start there are processes that cannot be ended: {sorted(left)}")
        for name, address in self.variables.items():
            if name.startswith("SAMEDAY_OUTPUT_") and Path(address).is_absolute():
                Path(address).parent.mkdir(parents=True, exist_ok=True)  # a warehouse in a folder begins with it
        self.folder.write(run="running", at=datetime.now(UTC))
        while len(self.over) < len(self.graph) and not self.stopping.is_set():
            self.omit()
            for node in self.ready():
                chain = self.chain(node)
                self.running |= set(chain)
                threading.Thread(target=self.execute, args=(chain,), daemon=True).start()
            if not self.running:
                self.give_up()
                break
            self.take(*self.done.get())
        while not self.done.empty():
            self.take(*self.done.get())
        if self.stopping.is_set():
            self.wards.end_all()
            self.folder.write(run="stopped", at=datetime.now(UTC))
        else:
            well = self.is_made() or all(self.over.get(node) == "succeeded" for node in self.graph)
            self.folder.write(run="succeeded" if well else "failed", at=datetime.now(UTC))

    def omit(self) -> None:
        """Note every node behind a failure as omitted, in whatever order the file names them."""
        for node in self.graph if self.is_made() else ():
            if node not in self.over:
                self.finish(node, "omitted", "the data is made already")
        count = -1
        while count != len(self.over):
            count = len(self.over)
            for node, before in self.graph.items():
                if node not in self.over and any(self.over.get(name) in ("failed", "omitted") for name in before):
                    self.finish(node, "omitted", "something it needs failed")

    def give_up(self) -> None:
        """Note as failed every node that nothing will ever start: it waits for itself, or for what is not there."""
        left = {node: before for node, before in self.graph.items() if node not in self.over}
        for node, before in left.items():
            unknown = [name for name in before if name not in self.graph]
            awaited = unknown or [name for name in before if name in left]
            why = "is no job of this run" if unknown else "cannot begin either"
            self.finish(node, "failed", f"could not begin: it waits for {', '.join(awaited)}, which {why}")

    def is_made(self) -> bool:
        """Whether the first task found that nothing is to be made."""
        return self.over.get(BEGIN) == "succeeded" and not self.folder.goes

    def ready(self) -> list[str]:
        """Nodes that may start now, as many as there are free workers."""
        ready = [
            node
            for node, before in self.graph.items()
            if node not in self.over
            and node not in self.running
            and all(self.over.get(name) == "succeeded" for name in before)
        ]
        return ready[: max(0, self.order.workers - len(self.running))]

    def take(self, node: str, reason: str, following: str) -> None:
        """Note how a node ended, and which one its process goes on with.

        One that failed while we stop may have been stopped, and will run again.
        """
        self.running.discard(node)
        if node and reason != UNTOUCHED and not (reason and self.stopping.is_set()):
            self.finish(node, "failed" if reason else "succeeded", reason)
        if following:
            self.begin(following)

    def finish(self, node: str, state: str, reason: str) -> None:
        """Note the end of a node."""
        self.over[node] = state
        self.folder.write(node=node, state=state, reason=reason, at=datetime.now(UTC))

    def chain(self, node: str) -> list[str]:
        """The nodes that one process runs: a job alone; the tasks after the jobs together, for they load the same."""
        tasks = [name for name in self.graph if name in TASKS and name not in self.over]
        return tasks[tasks.index(node) :] if node in TASKS else [node]

    def execute(self, chain: list[str]) -> None:
        """Run one process to its end, on a thread."""
        left = list(chain)
        self.begin(left[0])
        try:
            reason = self._execute(left)
        except (OSError, ValueError) as error:
            reason = f"could not be started: {error}"
        for i, node in enumerate(left):
            self.done.put((node, UNTOUCHED if reason and i else reason, ""))

    def begin(self, node: str) -> None:
        """Note that a node is at work."""
        self.folder.write(node=node, state="running", at=datetime.now(UTC))

    def follow(self, left: list[str], printed: IO[bytes], log: IO[bytes]) -> None:
        """Keep what a process of tasks prints, and note each as done where the next one begins."""
        for line in printed:
            log.write(line)
            log.flush()
            if len(left) > 1 and line.decode().strip() == HEADING + left[1].removeprefix(OWN):
                self.done.put((left.pop(0), "", left[0]))

    def _execute(self, left: list[str]) -> str:
        place = self.folder.log(left[0])
        for node in left:
            if self.folder.log(node).is_symlink():
                self.folder.log(node).unlink()  # of an earlier process, which was killed
            if node != left[0]:
                self.folder.log(node).symlink_to(place.name)
        command = self.command(left)
        if command.told is not None and (orphans := self.wards.sweep()):
            return f"jobs left processes that cannot be ended: {', '.join(map(str, orphans))}"
        with self.wards.begin(command, place) as ward:
            if ward is None:
                return UNTOUCHED
            if ward.process.stdout is not None:
                with ward.process.stdout as printed, place.open("ab") as log:
                    self.follow(left, printed, log)
            return self.wards.wait(ward, command.timeout)

    def command(self, nodes: list[str]) -> NodeCommand:
        """What these nodes run; sameday's own tasks are told our environment, jobs only theirs."""
        work = self.order.work
        for step in work.steps:
            if step.name == nodes[0]:
                return NodeCommand(step.argv, self.variables | step.environment, step.timeout)
        words = [node.removeprefix(OWN) for node in nodes]
        words += ["--work", str(self.folder.work_file)]
        words += ["--date", work.date.isoformat(), "--attempt", str(work.attempt)]
        words += ["--go-to", str(self.folder.go_file)] if BEGIN in nodes else []
        return NodeCommand([*self.order.task, *words], self.order.environment, told=self.own)

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Asked to stop: every process is ended, the run can be resumed."""
        self.stopping.set()
        self.done.put(("", "stopped", ""))


def graph(order: RunOrder) -> dict[str, tuple[str, ...]]:
    """Every node of the run with those it waits for: `begin`, the jobs, then sameday's own tasks one by one."""
    steps = order.work.steps
    first = (BEGIN,) if "begin" in order.work.tasks else ()
    waits_for: dict[str, tuple[str, ...]] = dict.fromkeys(first, ())
    waits_for |= {step.name: step.dependencies or first for step in steps}
    before: tuple[str, ...] = tuple(step.name for step in steps) or first
    for task in order.work.tasks:
        if task != "begin":
            waits_for[f"sameday-{task}"] = before
            before = (f"sameday-{task}",)
    return waits_for


if __name__ == "__main__":
    main()
