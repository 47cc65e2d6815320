"""The loop that sees workflows come and go, and starts what schedules start."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.far.controller.execution import Execution
from tests.far.controller.expressions import Unknown, is_time, stamp
from tests.far.controller.kubelet import Kubelet
from tests.far.controller.objects import INSTANCE, Objects

USED = "cronworkflows.argoproj.io/last-used-schedule"
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

    def fire(
        self, name: str, at: datetime, asked: datetime | None = None, meanwhile: Callable[[], object] = lambda: None
    ) -> str | None:
        """What the schedule does at its time, or later at `asked`: the workflow that it starts, if any.

        In the end Argo writes back all labels and annotations that it knew, whatever came `meanwhile`.
        """
        cron = self.get("cronworkflows", name)
        if cron is None or cron["spec"].get("suspend"):
            return None
        started: str | None = None
        status: dict[str, Any] = {}
        try:
            if self._due(cron, asked or at):
                started = self.start(cron, at)
                status = {"lastScheduledTime": stamp(at)}
        except Unknown as error:
            message = f"run policy error: failed to evaluate expression: {error}"
            status = {"conditions": [{"type": "SubmissionError", "status": "True", "message": message}]}
        meanwhile()
        meta, spec = cron["metadata"], cron["spec"]
        used = {USED: ",".join(f"CRON_TZ={spec['timezone']} {schedule}" for schedule in spec["schedules"])}
        known = {"labels": meta["labels"], "annotations": meta.get("annotations", {}) | used}
        self.api.merge(self.path("cronworkflows", name), {"metadata": known, "status": status})
        return started

    def late(self, name: str, at: datetime) -> None:
        """Make up what a schedule missed."""
        self.fire(name, at, asked=datetime.now(UTC))

    def _due(self, cron: dict[str, Any], asked: datetime) -> bool:
        mine = [name for name in self.running if name.startswith(cron["metadata"]["name"] + "-")]
        busy = [n for n in mine if n.removeprefix(cron["metadata"]["name"] + "-").isdigit()]
        if cron["spec"]["concurrencyPolicy"] == "Forbid" and busy:
            return False
        last = cron.get("status", {}).get("lastScheduledTime")
        before = datetime.fromisoformat(last) if last else None
        return "when" not in cron["spec"] or is_time(cron["spec"]["when"], asked, before)

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
            message = f'workflowtemplates.argoproj.io "{reference["name"]}" not found'
            self.api.merge(path, {"status": {"phase": "Error", "message": message}})
            return
        spec = {**template["spec"], **{k: v for k, v in workflow["spec"].items() if k != "workflowTemplateRef"}}
        if wrong := invalid(spec):
            self.api.merge(path, {"status": {"phase": "Failed", "message": f"invalid spec: {wrong}"}})
            return
        lock = spec["synchronization"]["mutexes"][0]["name"]
        if self.locks.setdefault(lock, workflow["metadata"]["name"]) != workflow["metadata"]["name"]:
            if workflow.get("status", {}).get("phase") != "Pending":
                held = f"Waiting for {self.namespace}/Mutex/{lock} lock. Lock status: 0/1"
                self.api.merge(path, {"status": {"phase": "Pending", "message": held}})
        elif workflow["spec"].get("shutdown"):
            del self.locks[lock]
            self.api.merge(path, {"status": {"phase": "Failed", "message": "Stopped with strategy 'Stop'"}})
        else:
            write = lambda change: self.api.merge(path, change) is not None  # noqa: E731
            execution = Execution(workflow, spec, self.kubelet, write, self.pack)
            self.running[execution.name] = execution
            self.threads.append(threading.Thread(target=self._run, args=(execution, lock), daemon=True))
            self.threads[-1].start()

    def _run(self, execution: Execution, lock: str) -> None:
        try:
            self.kubelet.sweep(self.namespace, execution.name)
            execution.run()
        finally:
            del self.locks[lock]
            del self.running[execution.name]


def invalid(spec: dict[str, Any]) -> str:
    """What Argo says of a job without an image, which is all that it finds wrong with our templates."""
    templates = {template["name"]: template for template in spec["templates"]}

    def look(name: str) -> str:
        template = templates[name]
        if "container" in template and not template["container"]["image"]:
            return f"templates.{name}.container.image may not be empty"
        for task in template.get("dag", {}).get("tasks", []):
            if wrong := look(task["template"]):
                return f"templates.{name}.tasks.{task['name']} {wrong}"
        return ""

    return look(spec["entrypoint"])
