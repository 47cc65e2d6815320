"""A local engine in a folder of its own; its jobs leave lines in files that a test can wait for and count."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.engines.local.engine import Local
from bot.ports import Node, Run, Step, Work
from bot.settings.kinds import LocalEngine

LIMIT = 40.0  # seconds; only a broken engine makes a test wait that long


def until(true: Callable[[], object]) -> None:
    """Wait for something to be true."""
    end = time.monotonic() + LIMIT
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def lives(pid: int) -> bool:
    """Whether a process is there and is no zombie that nobody has looked after yet."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(state) and not state.startswith("Z")


@dataclass(frozen=True)
class Bench:
    """An engine, and the folder that its jobs start in."""

    root: Path
    engine: Local

    until = staticmethod(until)
    lives = staticmethod(lives)

    def step(self, name: str, script: str, *dependencies: str, timeout: int = 60, **environment: str) -> Step:
        """A job for the shell."""
        argv = ("sh", "-c", script)
        return Step(name=name, argv=argv, dependencies=dependencies, timeout=timeout, environment=environment)

    def held(self, name: str, *dependencies: str) -> Step:
        """A job that says `begin`, waits for the file `gate` and says `end`; it notes its own process."""
        script = (
            f"echo begin {name} >> marks; echo $$ > {name}.pid; "
            f"while [ ! -e gate ]; do sleep 0.02; done; echo end {name} >> marks"
        )
        return self.step(name, script, *dependencies)

    def marking(self, name: str, *dependencies: str) -> Step:
        """A job that says its name."""
        return self.step(name, f"echo {name} >> marks", *dependencies)

    def python(self, name: str, program: str, *words: str) -> Step:
        """A job in Python."""
        line = shlex.join([sys.executable, "-c", program, *words])
        return self.step(name, f"exec {line}")

    def work(self, *steps: Step, experiment: str = "demo", attempt: int = 1) -> Work:
        """The work of one run."""
        day = date(2026, 11, 23)
        return Work(experiment=experiment, key="0badcafe", date=day, attempt=attempt, steps=steps)

    def finish(self, work: Work) -> Run:
        """Submit the work and see it through."""
        first = self.engine.submit(work)
        return [first, *self.engine.watch([work.run], datetime.now(UTC) + timedelta(seconds=LIMIT))][-1]

    def marks(self, name: str = "marks") -> list[str]:
        """The lines that the jobs left."""
        try:
            return (self.root / name).read_text().splitlines()
        except FileNotFoundError:
            return []

    def pid(self, name: str) -> int:
        """The process that a job noted, once it is there."""
        until(lambda: self.marks(f"{name}.pid"))
        return int(self.marks(f"{name}.pid")[0])

    def open_gate(self) -> None:
        """Let the held jobs go on."""
        (self.root / "gate").touch()

    def kill(self, work: Work, number: int = signal.SIGKILL) -> None:
        """End the run's supervisor, and wait until it is gone."""
        os.kill(self.supervisor(work), number)
        until(lambda: self.state(work) == "stopped")

    def supervisor(self, work: Work) -> int:
        """The process of the run's supervisor."""
        return int((self.engine.path / "runs" / work.run / "supervisor").read_text())

    def state(self, work: Work) -> str:
        """How the run stands."""
        run = self.engine.find(work.run)
        return run.state if run else "unknown"

    def log(self, work: Work, node: str) -> bytes:
        """All that a job printed."""
        return (self.engine.path / "runs" / work.run / "nodes" / f"{node}.log").read_bytes()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """An engine with eight workers; what still runs at the end is let go."""
    root = tmp_path / "root"
    root.mkdir()
    task = ("sh", "-c", 'env > "task-$1.env"; cat > "task-$1.told"; echo "$@" > "task-$1.words"', "task")
    path = os.environ.get("PATH", os.defpath)
    made = Bench(root, Local(LocalEngine(path=str(tmp_path / "engine")), root, task, {"PATH": path}))
    yield made
    made.open_gate()
    folders = (tmp_path / "engine" / "runs").glob("*") if (tmp_path / "engine").exists() else ()
    until(lambda: all((run := made.engine.find(folder.name)) is None or run.state != "running" for folder in folders))


@pytest.fixture
def states() -> Callable[[Run], dict[str, str]]:
    """Every node's state, by name."""

    def found(run: Run) -> dict[str, str]:
        nodes: tuple[Node, ...] = run.nodes
        return {node.name: node.state for node in nodes}

    return found
