"""One workflow on its way: its graph as processes, its status in the cluster after every change."""

from __future__ import annotations

import base64
import gzip
import json
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.far.controller.expressions import Unknown, failures, fill, hashed, stamp, when
from tests.far.controller.kubelet import Kubelet

BUSY = ("Pending", "Running")
NOT_AGAIN = "retryStrategy.expression evaluated to false"  # by a failure of the job's own
GOOD = ("Succeeded", "Skipped")


@dataclass
class Execution:
    """What is known of a workflow while it runs. `write` merges a change into it and says whether it is still there."""

    workflow: dict[str, Any]
    spec: dict[str, Any]
    kubelet: Kubelet
    write: Callable[[dict[str, Any]], bool]
    pack: str = ""
    nodes: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    stopping: threading.Event = field(default_factory=threading.Event)
    gone: bool = False
    phase: str = "Running"
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def name(self) -> str:
        """The workflow's."""
        return str(self.workflow["metadata"]["name"])

    def known(self) -> dict[str, str]:
        """The variables of the whole workflow."""
        meta = self.workflow["metadata"]
        at = meta.get("annotations", {}).get("workflows.argoproj.io/scheduled-time", meta["creationTimestamp"])
        parameters = {p["name"]: p["value"] for p in self.spec.get("arguments", {}).get("parameters", [])}
        return {
            "workflow.name": self.name, "workflow.scheduledTime": at, "workflow.status": self.phase,
            "workflow.failures": failures(self.nodes),
            **{f"workflow.parameters.{name}": value for name, value in parameters.items()}, **self.outputs,
        }  # fmt: skip

    def run(self) -> None:
        """Take the workflow to its end."""
        started = stamp(datetime.now(UTC))
        self.say({"startedAt": started, "storedWorkflowTemplateSpec": self.spec})
        message = ""
        try:
            self.graph(self.template(self.spec["entrypoint"]), self.name)
            tasks = [node for node in self.nodes.values() if node["type"] in ("Retry", "Skipped")]
            bad = any(node["phase"] not in GOOD for node in tasks)
            self.phase = "Failed" if bad or self.stopping.is_set() else "Succeeded"
            self.node(self.name, "DAG", self.phase, boundary="")
            if "onExit" in self.spec and not self.gone:
                self.handle(self.template(self.spec["onExit"]))
        except Unknown as error:
            self.phase, message = "Error", f"invalid spec: {error}"
        except AssertionError as error:  # the server said no
            self.phase, message = "Error", str(error)
        self.say({"finishedAt": stamp(datetime.now(UTC)), "message": message or None}, over=True)

    def graph(self, template: dict[str, Any], within: str) -> str:
        """Run the DAG that is the node `within`: what is ready at the same time."""
        displayed = within.removeprefix(f"{self.name}.")
        self.node(within, "DAG", "Running", displayed=displayed, boundary="" if within == self.name else None)
        tasks = {task["name"]: task for task in template["dag"]["tasks"]}
        ended: dict[str, str] = {}
        running: dict[Future[str], str] = {}
        with ThreadPoolExecutor(max_workers=self.spec["parallelism"]) as pool:
            while len(ended) < len(tasks):
                for name, task in tasks.items():
                    before = [ended.get(other) for other in task.get("dependencies", [])]
                    if name in ended or name in running.values() or None in before:
                        continue
                    if all(phase in GOOD for phase in before) and not self.stopping.is_set():
                        running[pool.submit(self.task, task, within)] = name
                    else:
                        self.node(f"{within}.{name}", "Skipped", "Omitted", displayed=name, within=within)
                        ended[name] = "Omitted"
                for future in wait(running, return_when=FIRST_COMPLETED).done if running else ():
                    ended[running.pop(future)] = future.result()
        phase = "Succeeded" if all(phase in GOOD for phase in ended.values()) else "Failed"
        if within != self.name:
            self.node(within, "DAG", phase, displayed=displayed)
        return phase

    def task(self, task: dict[str, Any], within: str) -> str:
        """Run a task, which is a pod or another DAG."""
        template = self.template(task["template"])
        return self.graph(template, f"{within}.{task['name']}") if "dag" in template else self.leaf(task, within)

    def leaf(self, task: dict[str, Any], within: str) -> str:
        """Run a task's pod, below a node for all its tries; no pod is lost here, so that there is one."""
        template, name = self.template(task["template"]), task["name"]
        given = {f"inputs.parameters.{p['name']}": p["value"] for p in task.get("arguments", {}).get("parameters", [])}
        whole = f"{within}.{name}"
        self.node(whole, "Retry", "Running", displayed=name, children=1, within=within)
        phase, message = self.pod(f"{whole}(0)", f"{name}(0)", template, given, within)
        if phase == "Failed" and "expression" in template.get("retryStrategy", {}):
            message = NOT_AGAIN
        self.node(whole, "Retry", phase, message, displayed=name, children=1, within=within)
        return phase

    def pod(
        self, node: str, displayed: str, template: dict[str, Any], given: dict[str, str], within: str = ""
    ) -> tuple[str, str]:
        """Run one pod."""
        name = f"{self.name}-{template['name']}-{hashed(node)}"
        self.node(node, "Pod", "Running", displayed=displayed, template=template["name"], within=within)
        filled = fill(template, self.known() | given)
        container = {**filled["container"], "name": "main"}
        raw = {a["path"]: a["raw"]["data"] for a in filled.get("inputs", {}).get("artifacts", [])}
        given_on = {p["valueFrom"]["path"]: p["globalName"] for p in filled.get("outputs", {}).get("parameters", [])}
        raw |= dict.fromkeys(given_on, "")
        meta = {
            "name": name, "labels": {"workflows.argoproj.io/workflow": self.name},
            "annotations": {"workflows.argoproj.io/node-name": node},
        }  # fmt: skip
        manifest = {"metadata": meta, "spec": {"containers": [container], "restartPolicy": "Never"}}
        namespace = self.workflow["metadata"]["namespace"]

        def wait(why: str) -> None:
            self.node(node, "Pod", "Pending", why, displayed=displayed, template=template["name"], within=within)

        phase, message = self.kubelet.run(namespace, manifest, raw, filled["activeDeadlineSeconds"], wait)
        if self.stopping.is_set():
            phase, message = "Failed", "workflow shutdown with strategy:  Stop"
        self.node(node, "Pod", phase, message, displayed=displayed, template=template["name"], within=within)
        if phase == "Succeeded":  # podGC
            for path, word in given_on.items():
                self.outputs[f"workflow.outputs.parameters.{word}"] = self.kubelet.read(name, list(raw).index(path))
            self.kubelet.remove(namespace, name)
        return phase, message

    def handle(self, template: dict[str, Any]) -> None:
        """Run the exit handler's steps."""
        for step in (step for group in template["steps"] for step in group):
            if when(step["when"], self.known()):
                inner = self.template(step["template"])
                self.pod(f"{self.name}.onExit[0].{step['name']}(0)", step["name"], inner, {})

    def template(self, name: str) -> dict[str, Any]:
        """A template of the workflow."""
        return next(template for template in self.spec["templates"] if template["name"] == name)

    def node(
        self, name: str, kind: str, phase: str, message: str = "", *, displayed: str = "", boundary: str | None = None,
        template: str = "", children: int = 0, within: str = "",
    ) -> None:  # fmt: skip
        """Note how a node stands, and say so; `within` is the DAG it belongs to, if not the workflow's own."""
        key = self.key(name)
        with self.lock:
            before = self.nodes.get(key, {})
            now = stamp(datetime.now(UTC))
            self.nodes[key] = {
                "id": key, "name": name, "displayName": displayed or name, "type": kind, "phase": phase,
                "templateName": template, "message": message, "startedAt": before.get("startedAt", now),
                "boundaryID": self.key(within or self.name) if boundary is None and "onExit" not in name else "",
                "finishedAt": None if phase in BUSY else now,
                "children": [f"{self.name}-{hashed(f'{name}({n})')}" for n in range(children)],
            }  # fmt: skip
        self.say({})

    def key(self, name: str) -> str:
        """A node's id."""
        return name if name == self.name else f"{self.name}-{hashed(name)}"

    def say(self, more: dict[str, Any], over: bool = False) -> None:
        """Write the status."""
        with self.lock:
            status: dict[str, Any] = {"phase": self.phase if over else "Running", **more}
            if self.pack == "gzip":
                packed = gzip.compress(json.dumps(self.nodes).encode())
                status["compressedNodes"] = base64.b64encode(packed).decode()
            elif self.pack == "zstd":
                status["compressedNodes"] = base64.b64encode(b"\x28\xb5\x2f\xfd and more").decode()
            elif self.pack == "offload":
                status["offloadNodeStatusVersion"] = "fnv:1"
            else:
                status["nodes"] = self.nodes
            labels = {"workflows.argoproj.io/phase": status["phase"]}
            if over:
                labels["workflows.argoproj.io/completed"] = "true"
            meta = {"uid": self.workflow["metadata"]["uid"], "labels": labels}
            self.gone = not self.write({"metadata": meta, "status": status})

    def stop(self) -> None:
        """End all processes; what is not begun is left."""
        self.stopping.set()
        for node in list(self.nodes.values()):
            if node["type"] == "Pod" and node["phase"] in BUSY:
                with suppress(ProcessLookupError):
                    self.kubelet.kill(f"{self.name}-{node['templateName']}-{hashed(node['name'])}")
