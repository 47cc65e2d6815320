"""A pod's life: scheduled, its containers one after the other or together, its end."""

from __future__ import annotations

import json
import shutil
import signal
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from tests.far.argo.node import acts, given
from tests.far.argo.node.api import Api
from tests.far.argo.node.container import Container, now

TICK = 0.05  # seconds between two looks at a pod's processes
AGAIN = 1.0  # seconds until a container that could not start is tried again
GRACE = 30.0  # seconds that a container has to end, Kubernetes' default
DEADLINE = {"reason": "DeadlineExceeded", "message": "Pod was active on the node longer than the specified deadline"}


class Host(Protocol):
    """The node, as its pods know it."""

    api: Api
    slots: threading.Semaphore

    def acts(self, pod: Any) -> acts.Acts: ...
    def bind(self, pod: Any) -> None: ...
    def start(self, pod: Any, folder: Path, one: Container, log: Path) -> None: ...
    def report(self, pod: Any) -> None: ...


@dataclass
class Pod:
    """A pod on this node; `pod` is the newest that the server says of it."""

    host: Host
    pod: Any
    folder: Path
    logs: Path
    ending: threading.Event = field(default_factory=threading.Event)
    gone: bool = False
    began: float = 0
    written: str = ""
    over: bool = False

    def __post_init__(self) -> None:
        meta, spec = self.pod["metadata"], self.pod["spec"]
        self.path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}"
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
                self._vanish()
            shutil.rmtree(self.folder, ignore_errors=True)

    def told(self, pod: Any, gone: bool = False) -> None:
        """Hear of a change."""
        self.pod, self.gone = pod, gone
        if gone or "deletionTimestamp" in pod["metadata"]:
            self.ending.set()
            if self.over and not gone:
                self._vanish()

    def send(self, container: str, number: int) -> None:
        """Signal a container."""
        for one in self.main:
            if one.name == container:
                one.send(number)

    def _schedule(self) -> bool:
        """Have a node take the pod; False if it is deleted before."""
        while why := self.host.acts(self.pod).get("schedule"):
            unfit = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": why}
            self._write({"phase": "Pending", "conditions": [unfit]})
            if self.ending.wait(AGAIN):
                return False
        self.host.bind(self.pod)
        return True

    def _live(self) -> None:
        play = self.host.acts(self.pod).get("play")
        if play is not None:
            for one in (*self.init, *self.main):
                job = one.name == "main"
                one.play(play["code"] if job else 0, play["seconds"] if one in self.main else 0)
            (self.logs / "main.log").write_text("played\n", encoding="utf-8")
            self._run()
        else:
            with self.host.slots:
                self._run()

    def _run(self) -> None:
        self.began, self.started = time.time(), now()
        for one in self.init:
            self._follow([one], "Pending")
            if one.code() != 0:
                break
        else:
            self._follow(self.main, "Running")
        if all(one.played for one in self.main):
            self.host.report(self.pod)
        if self._act("lose"):
            self._lose()
            return
        why = self._why()
        well = not why and all(one.code() == 0 for one in (*self.init, *self.main))
        self._say("Succeeded" if well else "Failed", why)

    def _follow(self, containers: list[Container], phase: str) -> None:
        """Start them, each as soon as it can, and wait for the end of all."""
        tried = 0.0
        while any(one.alive() or not one.begun for one in containers):
            if self._over():
                self._stop(0 if self._act("evict") or self._act("lose") or self.gone else self._grace())
                return
            if time.monotonic() >= tried + AGAIN:
                tried = time.monotonic()
                for one in containers:
                    self._start(one)
            self._say(phase if all(one.begun for one in containers) else "Pending")
            if self._act("oom"):
                for one in containers:
                    if one.name == "main" and one.alive():
                        one.reason = "OOMKilled"
                        one.send(signal.SIGKILL)
            self.ending.wait(TICK)

    def _start(self, one: Container) -> None:
        """Start a container, or note why it has to wait."""
        if one.begun:
            return
        pull = self.host.acts(self.pod).get("pull") if one.name == "main" else None
        if pull:
            failed, image = one.waiting[0] == "ErrImagePull", one.spec["image"]
            waits = ("ImagePullBackOff", f'Back-off pulling image "{image}": {pull}')
            one.waiting = waits if failed else ("ErrImagePull", pull)
            return
        try:
            given.volumes(self.host.api, self.pod, self.folder / "volumes")
        except given.Lacking:
            one.waiting = ("ContainerCreating", "")
            return
        try:
            self.host.start(self.pod, self.folder, one, self.logs / f"{one.name}.log")
        except given.Lacking as error:
            one.waiting = ("CreateContainerConfigError", str(error))
        except OSError as error:  # Linux takes no variable as long as that
            one.refuse(f"failed to start the container: {(error.strerror or '').lower()}")

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
        while any(one.alive() for one in alive) and time.monotonic() < end and not self.gone:
            time.sleep(TICK)
        for one in alive:
            one.send(signal.SIGKILL)
            if one.process is not None:
                one.process.wait()

    def _say(self, phase: str, why: dict[str, str] | None = None) -> None:
        """Write the status of the pod."""
        self._write({
            "phase": phase, "startTime": self.started, "hostIP": "127.0.0.1", "podIP": "127.0.0.1",
            "conditions": [{"type": "PodScheduled", "status": "True"}],
            "initContainerStatuses": [one.status() for one in self.init],
            "containerStatuses": [one.status() for one in self.main], **(why or {}),
        })  # fmt: skip

    def _write(self, status: dict[str, Any]) -> None:
        text = json.dumps(status)
        if text != self.written and not self.gone:
            self.written = text
            self.host.api.merge(f"{self.path}/status", {"metadata": {"uid": self.uid}, "status": status})

    def _lose(self) -> None:
        """End as the pods of a node that is gone: by the cluster's collector of pods."""
        message = "PodGC: node no longer exists"
        why = {"type": "DisruptionTarget", "status": "True", "reason": "DeletionByPodGC", "message": message}
        self._write({"phase": "Failed", "conditions": [why]})
        self._vanish()

    def _vanish(self) -> None:
        body = {"gracePeriodSeconds": 0, "preconditions": {"uid": self.uid}}
        self.host.api.call("DELETE", self.path, body)

    @property
    def uid(self) -> str:
        """The pod's, which another pod of its name does not have."""
        return str(self.pod["metadata"]["uid"])
