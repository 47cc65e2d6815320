"""What a local run keeps on disk: its order, its events, its logs, and a lock that says whether it is alive."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from bot.document.fields import Part
from bot.ports import Node, Run, RunState, Work

LOG_TAIL = 64 * 1024  # bytes of a failed node's output, of which a report shows the last lines


class RunOrder(Part):
    """All that a supervisor gets: the work, and how this machine runs it."""

    work: Work
    workers: int
    root: str
    """The folder jobs start in: in an export of the work's commit, if it names one."""
    task: tuple[str, ...]
    """The command of sameday's own tasks, to which their name is added."""
    environment: dict[str, str]
    """What jobs see besides their own variables, such as PATH."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """One run's folder."""

    path: Path

    @property
    def order(self) -> RunOrder:
        """What is run."""
        return RunOrder.model_validate_json((self.path / "order.json").read_bytes())

    @property
    def work_file(self) -> Path:
        """The work as the run's own tasks read it."""
        return self.path / "work.json"

    @property
    def go_file(self) -> Path:
        """Where the run's first task leaves whether anything is to be made."""
        return self.path / "go"

    @property
    def goes(self) -> bool:
        """Whether anything is to be made, as far as the first task has said so."""
        return not self.go_file.exists() or self.go_file.read_text(encoding="utf-8") != "no"

    def create(self, order: RunOrder, document: str) -> None:
        """Make the folder, whole or not at all."""
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        (beside / "nodes").mkdir(parents=True, exist_ok=True)
        (beside / "order.json").write_text(order.model_dump_json(indent=1), encoding="utf-8")
        (beside / "work.json").write_text(document, encoding="utf-8")
        try:
            beside.rename(self.path)
        except OSError:
            if not self.path.is_dir():
                raise
            shutil.rmtree(beside)  # somebody else was first

    def log(self, node: str) -> Path:
        """Where a node's output goes."""
        return self.path / "nodes" / f"{node}.log"

    def write(self, **event: Any) -> None:
        """Append an event; one write, so that a line is whole or missing."""
        with (self.path / "events.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(event, default=str) + "\n")

    def events(self) -> Iterator[dict[str, Any]]:
        """All events so far; the line that a kill cut off is passed over."""
        try:
            text = (self.path / "events.jsonl").read_text(encoding="utf-8")
        except FileNotFoundError:
            return
        for line in text.splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                continue

    def run(self) -> Run:
        """The run as its events tell it."""
        alive = self.alive()  # asked first: a run that ends meanwhile has said so when its events are read
        nodes: dict[str, Node] = {}
        state: RunState | None = None
        for event in self.events():
            if "node" in event:
                nodes[event["node"]] = self._node(nodes.get(event["node"]), event)
            else:
                state = event["run"]
        if state not in ("succeeded", "failed"):
            state = "running" if alive else "stopped"
        return Run(self.path.name, state, tuple(nodes.values()))

    def _node(self, before: Node | None, event: dict[str, Any]) -> Node:
        state, at = event["state"], datetime.fromisoformat(event["at"])
        if state == "running":
            return Node(event["node"], state, at)
        started = before.started if before else None
        log = self.tail(event["node"]) if state == "failed" else ""
        return Node(event["node"], state, started, at, event.get("reason", ""), log)

    def tail(self, node: str) -> str:
        """The end of a node's output."""
        try:
            with self.log(node).open("rb") as file:
                begun = max(0, file.seek(0, os.SEEK_END) - LOG_TAIL)
                file.seek(begun)
                text = file.read().decode("utf-8", "replace")
                whole = text.partition("\n")[2]  # without the line that began before, unless that is all there is
                return whole if begun and whole.strip() else text
        except FileNotFoundError:
            return ""

    def begin(self) -> None:
        """Note whose process the supervisor is; only the one that has the lock does so."""
        (self.path / "supervisor").write_text(str(os.getpid()))

    def stop(self) -> None:
        """Ask the supervisor to stop; it may have ended by itself."""
        with suppress(OSError, ValueError):
            os.kill(int((self.path / "supervisor").read_text()), signal.SIGTERM)

    def alive(self) -> bool:
        """Whether a supervisor is at work on the run."""
        return is_locked(self.path / "lock")


@contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Take the lock if it is free; says whether it was. It is free again at the end, or when the process dies."""
    with path.open("a") as file:
        with _turn(path):
            mine = _take(file)
        yield mine


def is_locked(path: Path) -> bool:
    """Whether somebody has the lock. Asking takes it for a moment, in a turn: it turns away nobody who wants it."""
    with _turn(path), path.open("a") as file:
        return not _take(file)


def _take(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _turn(path: Path) -> Iterator[None]:
    with path.with_suffix(".turn").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
