"""The loop that sees workflows come and go, and starts what schedules start."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.far.controller.execution import Execution
from tests.far.controller.expressions import is_time
from tests.far.controller.kubelet import Kubelet
from tests.far.controller.objects import INSTANCE, Objects

POLL = 0.1  # seconds


@dataclass
class Controller(Objects):
    """Argo's controller for one namespace. `pack` says how it keeps nodes: "", "gzip", "zstd" or "offload"."""

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

    def due(self, cron: dict[str, Any], at: datetime) -> bool:
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
