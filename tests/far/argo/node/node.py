"""The node: it takes every pod that no other has, and starts containers."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

from tests.far.argo.node import acts, given
from tests.far.argo.node.api import Api
from tests.far.argo.node.container import Container
from tests.far.argo.node.pod import Pod

ROOT = "sameday.tests/root"  # an annotation of a namespace: where its jobs start, as in their image's own folder
OVER = ("Succeeded", "Failed")
SLOTS = 12  # pods with processes at a time: each has three starts of argoexec, which take 0.1 s of CPU each
ARGOEXEC = "/usr/local/bin/argoexec"  # where it is in Argo's own image


class Node:
    """This machine as a node."""

    def __init__(self, api: Api, folder: Path, search: str, owner: str, shared: str, argoexec: Path) -> None:
        """`search` is the containers' PATH, `owner` their UID:GID, `shared` the folder that they share with us."""
        self.api, self.folder, self.owner, self.argoexec = api, folder, owner, argoexec
        self.basic = {"PATH": search, "HOME": shared, "SHARED": shared}
        self.slots = threading.Semaphore(SLOTS)
        self.pods: dict[str, Pod] = {}
        self.name = ""

    def join(self, port: int) -> None:
        """Be known to the cluster; the API server finds logs at this port."""
        self.name = f"node-{port}"
        self.api.call("POST", "/api/v1/nodes", {"metadata": {"name": self.name}})
        addresses = [{"type": "InternalIP", "address": "127.0.0.1"}]
        status = {"addresses": addresses, "daemonEndpoints": {"kubeletEndpoint": {"Port": port}}}
        self.api.merge(f"/api/v1/nodes/{self.name}/status", {"status": status})

    def follow(self, api: Api) -> None:
        """Pods as they come, change and go."""
        for kind, pod in api.follow("/api/v1/pods"):
            known = self.pods.get(pod["metadata"]["uid"])
            if known is not None:
                known.told(pod, kind == "DELETED")
                if kind == "DELETED":
                    del self.pods[pod["metadata"]["uid"]]
                    shutil.rmtree(known.logs, ignore_errors=True)
            elif kind != "DELETED" and not pod["spec"].get("nodeName"):
                self._take(pod)

    def _take(self, pod: Any) -> None:
        meta = pod["metadata"]
        logs = self._logs(meta["namespace"], meta["name"])
        shutil.rmtree(logs, ignore_errors=True)
        folder = self.folder / "pods" / meta["uid"]
        for place in (logs, folder):
            place.mkdir(parents=True)
        made = self.pods[meta["uid"]] = Pod(self, pod, folder, logs)
        threading.Thread(target=made.run, daemon=True, name=meta["name"]).start()

    def acts(self, pod: Any) -> acts.Acts:
        """What a test wants of a pod."""
        return acts.of(self.api.call("GET", f"/api/v1/namespaces/{pod['metadata']['namespace']}"), pod)

    def bind(self, pod: Any) -> None:
        """Take a pod."""
        meta = pod["metadata"]
        path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}/binding"
        target = {"kind": "Node", "name": self.name}
        self.api.call("POST", path, {"metadata": {"name": meta["name"], "uid": meta["uid"]}, "target": target})

    def start(self, pod: Any, folder: Path, one: Container, log: Path) -> None:
        """Start a container with all that it is given; raises Lacking if some of it is not there."""
        env = given.variables(self.api, pod, one.spec)
        one.termination.touch()
        one.termination.chmod(0o666)
        plan = [(one.termination, "/dev/termination-log")]
        for mount in sorted(one.spec.get("volumeMounts", []), key=lambda mount: str(mount["mountPath"]).count("/")):
            source = folder / "volumes" / mount["name"] / mount.get("subPath", "")
            if not source.exists():
                source.mkdir(parents=True)
                source.chmod(0o777)
            plan.append((source, mount["mountPath"]))
        argos = one.name in ("init", "wait")
        workdir = one.spec.get("workingDir", "/") if argos else one.spec.get("workingDir") or self._root(pod)
        if argos:
            plan.append((self.argoexec, ARGOEXEC))
        one.start(plan, self.owner, workdir, self.basic | env, log)

    def _root(self, pod: Any) -> str:
        found = self.api.call("GET", f"/api/v1/namespaces/{pod['metadata']['namespace']}")
        return str(found["metadata"].get("annotations", {}).get(ROOT, "/"))

    def report(self, pod: Any) -> None:
        """Say that a played pod has no outputs, as its container `wait` would."""
        meta = pod["metadata"]
        owner = {key: meta["ownerReferences"][0][key] for key in ("apiVersion", "kind", "name", "uid")}
        labels = {
            "workflows.argoproj.io/workflow": owner["name"],
            "workflows.argoproj.io/report-outputs-completed": "true",
        }
        name = meta["annotations"]["workflows.argoproj.io/node-id"]
        made = {
            "apiVersion": "argoproj.io/v1alpha1", "kind": "WorkflowTaskResult",
            "metadata": {"name": name, "labels": labels, "ownerReferences": [owner]},
        }  # fmt: skip
        self.api.call("POST", f"/apis/argoproj.io/v1alpha1/namespaces/{meta['namespace']}/workflowtaskresults", made)

    def log(self, namespace: str, pod: str, container: str) -> Path:
        """The file of a container's log."""
        return self._logs(namespace, pod) / f"{container}.log"

    def _logs(self, namespace: str, pod: str) -> Path:
        return self.folder / "logs" / namespace / pod

    def send(self, namespace: str, pod: str, container: str, number: int) -> None:
        """Signal a container."""
        for one in list(self.pods.values()):
            if (one.pod["metadata"]["namespace"], one.pod["metadata"]["name"]) == (namespace, pod):
                one.send(container, number)
