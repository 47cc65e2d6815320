"""A pod's life: scheduled, its containers one after the other or together, its end."""

from __future__ import annotations

import shutil
import signal
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.far.argo.node import acts
from tests.far.argo.node.begin import Host, begin, play
from tests.far.argo.node.container import Container, now
from tests.far.argo.node.record import Record

TICK = 0.05  # seconds between two looks at a pod's processes
AGAIN = 1.0  # seconds until a container that could not start is tried again
GRACE = 30.0  # seconds that a container has to end, Kubernetes' default
DEADLINE = {"reason": "DeadlineExceeded", "message": "Pod was active on the node longer than the specified deadline"}


@dataclass
class Pod:
    """A pod on this node; `pod` is the newest that the server says of it."""

    host: Host
    pod: Any
    folder: Path
    logs: Path
    ending: threading.Event = field(default_factory=threading.Event)
    began: float = 0
    over: bool = False

    def __post_init__(self) -> None:
        meta, spec = self.pod["metadata"], self.pod["spec"]
        path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}"
        self.record = Record(self.host.api, path, meta["uid"])
        self.init = [Container(one, self.folder) for one in spec.get("initContainers", [])]
        self.main = [Container(one, self.folder) for one in spec["containers"]]
        self.started = ""

    def run(self) -> None:
        """Live; whatever comes of it, nothing of it stays."""
        try:
            if self._schedule():
                self._live()
        finally:
            self._stop(0)
            self.over = True
            if "deletionTimestamp" in self.pod["metadata"]:
                self.record.vanish()
            shutil.rmtree(self.folder, ignore_errors=True)

    def told(self, pod: Any, gone: bool = False) -> None:
        """Hear of a change."""
        self.pod, self.record.gone = pod, gone
        if gone or "deletionTimestamp" in pod["metadata"]:
            self.ending.set()
            if self.over and not gone:
                self.record.vanish()

    def send(self, container: str, number: int) -> None:
        """Signal a container."""
        for one in self.main:
            if one.name == container:
                one.send(number)

    def _schedule(self) -> bool:
        """Have a node take the pod; False if it is deleted before."""
        while why := self.host.acts(self.pod).get("schedule"):
            self.record.unfit(why)
            if self.ending.wait(AGAIN):
                return False
        self.host.bind(self.pod)
        return True

    def _live(self) -> None:
        if play(self.host, self.pod, [*self.init, *self.main], self.logs / "main.log"):
            self._run()
            self.host.report(self.pod)
        else:
            with self.host.slots:
                self._run()
        if self._act("lose"):
            self.record.lose()
            return
        why = self._why()
        well = not why and all(one.code() == 0 for one in (*self.init, *self.main))
        self._say("Succeeded" if well else "Failed", why)

    def _run(self) -> None:
        self.began, self.started = time.time(), now()
        for one in self.init:
            self._follow([one], "Pending")
            if one.code() != 0:
                break
        else:
            self._follow(self.main, "Running")

    def _follow(self, containers: list[Container], phase: str) -> None:
        """Start them, each as soon as it can, and wait for the end of all."""
        tried = 0.0
        while any(one.alive() or not one.begun for one in containers):
            if self._over():
                self._stop(0 if self._act("evict") or self._act("lose") or self.record.gone else self._grace())
                return
            if time.monotonic() >= tried + AGAIN:
                tried = time.monotonic()
                for one in containers:
                    if not one.begun:
                        begin(self.host, self.pod, self.folder, one, self.logs / f"{one.name}.log")
            self._say(phase if all(one.begun for one in containers) else "Pending")
            if self._act("oom"):
                for one in containers:
                    if one.name == "main" and one.alive():
                        one.reason = "OOMKilled"
                        one.send(signal.SIGKILL)
            self.ending.wait(TICK)

    def _act(self, word: str) -> Any:
        """What a test wants of this pod by now."""
        return acts.of(None, self.pod).get(word)

    def _over(self) -> bool:
        return self.ending.is_set() or bool(self._why()) or bool(self._act("lose"))

    def _why(self) -> dict[str, str]:
        """Why the node ends the pod, as it says it."""
        if evicted := self._act("evict"):
            return {"reason": "Evicted", "message": evicted}
        limit = self.pod["spec"].get("activeDeadlineSeconds")
        return DEADLINE if limit is not None and time.time() >= self.began + limit else {}

    def _grace(self) -> float:
        found = self.pod["metadata"].get("deletionGracePeriodSeconds")
        return float(found if found is not None else self.pod["spec"].get("terminationGracePeriodSeconds", GRACE))

    def _stop(self, grace: float) -> None:
        """End all containers: politely, then not."""
        alive = [one for one in (*self.init, *self.main) if one.alive()]
        if grace:
            for one in alive:
                one.send(signal.SIGTERM)
        end = time.monotonic() + grace
        while any(one.alive() for one in alive) and time.monotonic() < end and not self.record.gone:
            time.sleep(TICK)
        for one in alive:
            one.send(signal.SIGKILL)
            if one.process is not None:
                one.process.wait()

    def _say(self, phase: str, why: dict[str, str] | None = None) -> None:
        self.record.say(phase, self.started, self.init, self.main, why or {})
