"""The loop that sees workflows come and go, and starts what schedules start."""

from __future__ import annotations

import json
import ssl
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.far.cluster import Server
from tests.far.controller.execution import Execution
from tests.far.controller.expressions import is_time, stamp
from tests.far.controller.kubelet import Kubelet

ARGO = "/apis/argoproj.io/v1alpha1/namespaces"
INSTANCE = "workflows.argoproj.io/controller-instanceid"
POLL = 0.1  # seconds


@dataclass(frozen=True)
class Api:
    """The server as its administrator sees it; what is not there, or another one by now, is None."""

    server: Server

    def call(self, method: str, path: str, body: Any = None, content: str = "application/json") -> Any:
        """The answer's object."""
        headers = {"Authorization": "Bearer token-of-admin", "Content-Type": content, "User-Agent": "argo"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.server.url + path, data, headers, method=method)
        context = ssl.create_default_context(cafile=str(self.server.authority))
        try:
            with urllib.request.urlopen(request, timeout=30, context=context) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            said = error.read().decode()
            if error.code == 404 or "metadata.uid" in said:
                return None
            raise AssertionError(f"{method} {path}: {said}") from None

    def merge(self, path: str, change: Any) -> Any:
        """Merge a change into an object."""
        return self.call("PATCH", path, change, "application/merge-patch+json")


@dataclass
class Controller:
    """Argo's controller for one namespace. `pack` says how it keeps nodes: "", "gzip", "zstd" or "offload"."""

    server: Server
    namespace: str
    root: Path
    folder: Path
    pack: str = ""
    instance: str | None = None
    paused: bool = False
    running: dict[str, Execution] = field(default_factory=dict)
    locks: dict[str, str] = field(default_factory=dict)
    threads: list[threading.Thread] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.api = Api(self.server)
        self.kubelet = Kubelet(self.api, self.folder, self.root)
        self.kubelet.start(self.server.authority.parent)
        self.loop = threading.Thread(target=self._loop, daemon=True)
        self.loop.start()

    def close(self) -> None:
        """End every workflow's processes, and the loop."""
        self.closing.set()
        self.loop.join()
        for execution in list(self.running.values()):
            execution.stop()
        for thread in self.threads:
            thread.join(30)
        self.kubelet.close()

    def path(self, plural: str, name: str = "") -> str:
        """Where objects of Argo's are."""
        return f"{ARGO}/{self.namespace}/{plural}" + (f"/{name}" if name else "")

    def get(self, plural: str, name: str) -> Any:
        """An object, or None."""
        return self.api.call("GET", self.path(plural, name))

    def all(self, plural: str) -> list[Any]:
        """All objects of a kind."""
        return list(self.api.call("GET", self.path(plural))["items"])

    def fire(self, name: str, at: datetime) -> str | None:
        """What the schedule does at its time: the workflow it starts, or None if it starts none."""
        cron = self.get("cronworkflows", name)
        if cron is None or cron["spec"].get("suspend") or not self._due(cron, at):
            return None
        started = f"{name}-{int(at.timestamp())}"
        given = cron["spec"].get("workflowMetadata", {})
        labels = {**given.get("labels", {}), "workflows.argoproj.io/cron-workflow": name}
        if INSTANCE in cron["metadata"]["labels"]:
            labels[INSTANCE] = cron["metadata"]["labels"][INSTANCE]
        annotations = {**given.get("annotations", {}), "workflows.argoproj.io/scheduled-time": stamp(at)}
        meta = {"name": started, "labels": labels, "annotations": annotations}
        kind = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow"}
        self.api.call("POST", self.path("workflows"), {**kind, "metadata": meta, "spec": cron["spec"]["workflowSpec"]})
        self.api.merge(self.path("cronworkflows", name), {"status": {"lastScheduledTime": stamp(at)}})
        return started

    def _due(self, cron: dict[str, Any], at: datetime) -> bool:
        mine = [name for name in self.running if name.startswith(cron["metadata"]["name"] + "-")]
        busy = [n for n in mine if n.removeprefix(cron["metadata"]["name"] + "-").isdigit()]
        if cron["spec"]["concurrencyPolicy"] == "Forbid" and busy:
            return False
        last = cron.get("status", {}).get("lastScheduledTime")
        before = datetime.fromisoformat(last) if last else None
        return "when" not in cron["spec"] or is_time(cron["spec"]["when"], at, before)

    def _loop(self) -> None:
        while not self.closing.is_set():
            if not self.paused:
                with suppress(OSError):
                    self._look()
            time.sleep(POLL)

    def _look(self) -> None:
        found = {workflow["metadata"]["name"]: workflow for workflow in self.all("workflows")}
        for name, execution in list(self.running.items()):
            other = found.get(name)
            mine = execution.workflow["metadata"]["uid"]
            if other is None or other["metadata"]["uid"] != mine or other["spec"].get("shutdown"):
                execution.stop()
        for name, workflow in found.items():
            phase = workflow.get("status", {}).get("phase", "")
            mine = workflow["metadata"].get("labels", {}).get(INSTANCE) == self.instance
            if phase in ("", "Pending") and mine and name not in self.running and not workflow["spec"].get("suspend"):
                self._begin(workflow)

    def _begin(self, workflow: dict[str, Any]) -> None:
        path, reference = self.path("workflows", workflow["metadata"]["name"]), workflow["spec"]["workflowTemplateRef"]
        template = self.get("workflowtemplates", reference["name"])
        if template is None:
            message = f"workflowtemplates.argoproj.io {reference['name']!r} not found"
            self.api.merge(path, {"status": {"phase": "Error", "message": message}})
            return
        spec = {**template["spec"], **{k: v for k, v in workflow["spec"].items() if k != "workflowTemplateRef"}}
        lock = spec["synchronization"]["mutexes"][0]["name"]
        if workflow["spec"].get("shutdown"):
            self.api.merge(path, {"status": {"phase": "Failed", "message": "Stopped with strategy 'Stop'"}})
        elif self.locks.setdefault(lock, workflow["metadata"]["name"]) == workflow["metadata"]["name"]:
            write = lambda change: self.api.merge(path, change) is not None  # noqa: E731
            execution = Execution(workflow, spec, self.kubelet, write, self.pack)
            self.running[execution.name] = execution
            self.threads.append(threading.Thread(target=self._run, args=(execution, lock), daemon=True))
            self.threads[-1].start()
        elif workflow.get("status", {}).get("phase") != "Pending":
            held = f"Waiting for {self.namespace}/Mutex/{lock} lock. Lock status: 0/1"
            self.api.merge(path, {"status": {"phase": "Pending", "message": held}})

    def _run(self, execution: Execution, lock: str) -> None:
        try:
            self.kubelet.sweep(self.namespace, execution.name)
            execution.run()
        finally:
            del self.locks[lock]
            del self.running[execution.name]
