"""One container of a pod, and its process once it runs."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("container.sh")
OWN_SPACES = ("unshare", "--mount", "--pid", "--fork", "--propagation=private", "--kill-child=KILL")
NO_START = 128  # containerd's exit code
KILLED = 128 + signal.SIGKILL  # which `unshare` does not pass on
MESSAGE = 4096  # bytes of a termination message, a kubelet's limit


def now() -> str:
    """The time as Kubernetes writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


@dataclass
class Container:
    """A container: it waits, it runs, it has ended."""

    spec: Mapping[str, Any]
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    played: tuple[int, float] | None = None
    """The code with which a container without a process ends, and when."""
    waiting: tuple[str, str] = ("PodInitializing", "")
    reason: str = ""
    """Why it ended, where its exit code does not say it."""
    killed: bool = False
    started: str = ""
    finished: str = ""

    @property
    def name(self) -> str:
        """Its name in the pod."""
        return str(self.spec["name"])

    @property
    def begun(self) -> bool:
        """Whether it has started."""
        return self.process is not None or self.played is not None

    def start(
        self, plan: Sequence[tuple[Path, str]], owner: str, workdir: str, env: Mapping[str, str], log: Path
    ) -> None:
        """Run it, with these places mounted."""
        place = self.folder / f"{self.name}.plan"
        place.write_text("".join(f"{source}\t{target}\n" for source, target in plan), encoding="utf-8")
        words = [*self.spec.get("command", []), *self.spec.get("args", [])]
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                [*OWN_SPACES, "sh", str(SCRIPT), str(place), owner, workdir, *words],
                env=env, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True, cwd="/",
            )  # fmt: skip
        self.started = now()

    def refuse(self, why: str) -> None:
        """End without a start."""
        self.termination.write_text(why, encoding="utf-8")
        self.reason = "StartError"
        self.play(NO_START, 0)

    def play(self, code: int, seconds: float) -> None:
        """Run nothing, and end by itself."""
        self.played, self.started = (code, time.monotonic() + seconds), now()

    def code(self) -> int | None:
        """Its exit code, once it has ended."""
        if self.played is not None:
            code = self.played[0] if time.monotonic() >= self.played[1] else None
        else:
            code = self.process.poll() if self.process is not None else None
        if code is not None and not self.finished:
            self.finished = now()
        return KILLED if code is not None and self.killed else code

    def alive(self) -> bool:
        """Whether it runs."""
        return self.begun and self.code() is None

    def send(self, number: int) -> None:
        """Signal its first process."""
        if self.played is not None and number in (signal.SIGTERM, signal.SIGKILL) and self.code() is None:
            self.played = (128 + number, time.monotonic())
        if self.process is None or self.process.poll() is not None:
            return
        self.killed |= number == signal.SIGKILL
        with suppress(OSError):
            for child in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
                os.kill(int(child), number)

    def status(self) -> dict[str, Any]:
        """What a kubelet says of it."""
        code = self.code() if self.begun else None
        state: dict[str, Any]
        if code is not None:
            reason = self.reason or ("Completed" if code == 0 else "Error")
            ended = {"exitCode": code, "reason": reason, "startedAt": self.started, "finishedAt": self.finished}
            state = {"terminated": ended | self._message()}
        elif self.begun:
            state = {"running": {"startedAt": self.started}}
        else:
            reason, message = self.waiting
            state = {"waiting": {"reason": reason} | ({"message": message} if message else {})}
        return {
            "name": self.name, "image": self.spec["image"], "imageID": "", "restartCount": 0,
            "ready": "running" in state, "started": "running" in state, "state": state,
        }  # fmt: skip

    @property
    def termination(self) -> Path:
        """Where the container may leave a message."""
        return self.folder / f"{self.name}.termination"

    def _message(self) -> dict[str, str]:
        found = self.termination.read_text(errors="replace")[:MESSAGE] if self.termination.exists() else ""
        return {"message": found} if found else {}
