"""Pods whose containers are processes of this machine, and the server that gives an API server their logs."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).parents[3]
LATE = "Pod was active on the node longer than the specified deadline"


@dataclass
class Kubelet:
    """One node of the cluster; `root` is where every container starts."""

    api: Any
    folder: Path
    root: Path
    name: str = ""
    server: Any = None
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    killed: set[str] = field(default_factory=set)

    def start(self, certificates: Path) -> None:
        """Serve logs, and make the node known."""
        logs = self.folder

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                url = urlsplit(self.path)
                file = logs / f"{url.path.split('/')[3]}.log"
                asked = parse_qs(url.query)
                lines, limit = (int(asked.get(key, ["1000000"])[0]) for key in ("tailLines", "limitBytes"))
                text = file.read_bytes() if file.exists() else b""
                found = b"".join(text.splitlines(keepends=True)[-lines:])[:limit]
                self.send_response(200 if file.exists() else 404)
                self.send_header("Content-Length", str(len(found)))
                self.end_headers()
                self.wfile.write(found)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates / "apiserver.crt", certificates / "apiserver.key")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        port = self.server.server_address[1]
        self.name = f"node-{port}"
        self.api.call("POST", "/api/v1/nodes", {"metadata": {"name": self.name}})
        address = {"addresses": [{"type": "InternalIP", "address": "127.0.0.1"}]}
        status = {"status": {**address, "daemonEndpoints": {"kubeletEndpoint": {"Port": port}}}}
        self.api.merge(f"/api/v1/nodes/{self.name}/status", status)

    def run(
        self, namespace: str, pod: dict[str, Any], raw: dict[str, str], timeout: int, wait: Callable[[str], None]
    ) -> tuple[str, str]:
        """Run a pod to its end; its phase and message. `raw` are files by the paths that the container sees.

        `wait` hears why it cannot begin.
        """
        name, pods = pod["metadata"]["name"], f"/api/v1/namespaces/{namespace}/pods"
        pod["spec"]["nodeName"] = self.name
        container = pod["spec"]["containers"][0]
        self.api.call("POST", pods, pod)
        self.killed.discard(name)
        end = time.monotonic() + timeout
        variables = self._variables(namespace, name, container, end, wait)
        if variables is None:
            phase, message = "Failed", LATE
        else:
            self.api.merge(f"{pods}/{name}/status", {"status": {"phase": "Running"}})
            phase, message = self._execute(name, container, raw, variables, end)
        self.api.merge(f"{pods}/{name}/status", {"status": {"phase": "Failed" if message else "Succeeded"}})
        return phase, message

    def _variables(
        self, namespace: str, name: str, container: dict[str, Any], end: float, wait: Callable[[str], None]
    ) -> dict[str, str] | None:
        """The container's environment, as soon as it is there; None if it is not before the pod's end."""
        while time.monotonic() < end and name not in self.killed:
            try:
                return {one["name"]: self._value(namespace, one) for one in container.get("env", [])}
            except KeyError as error:
                wait(f'CreateContainerConfigError: secret "{error.args[0]}" not found')
                time.sleep(0.2)
        return None

    def _execute(
        self, name: str, container: dict[str, Any], raw: dict[str, str], given: dict[str, str], end: float
    ) -> tuple[str, str]:
        words = [*container["command"], *container.get("args", [])]
        for number, (path, text) in enumerate(raw.items()):
            place = self.folder / f"{name}.artifact{number}"
            place.write_text(text, encoding="utf-8")
            words = [word.replace(path, str(place)) for word in words]
        variables = {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])} | given
        if words[0] == "sameday":
            words = [sys.executable, "-m", "bot", *words[1:]]
            variables["PYTHONPATH"] = str(ROOT)
        with (self.folder / f"{name}.log").open("ab") as log:
            log.write(_line('msg="waiting for signals" argo=true signalPath=/var/run/argo/ctr/main/signal'))
            log.flush()
            process = subprocess.Popen(
                words, cwd=self.root, env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        self.processes[name] = process
        try:
            code = process.wait(max(0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.kill(name)
            return "Failed", LATE
        code = code if code >= 0 else 128 - code
        with (self.folder / f"{name}.log").open("ab") as log:
            ended = f'"exit status {code}"' if code else "<nil>"
            log.write(_line(f'msg="sub-process exited" argo=true error={ended}'))
            log.write(f"Error: exit status {code}\n".encode() if code else b"")
        return ("Succeeded", "") if code == 0 else ("Failed", f"main: Error (exit code {code})")

    def read(self, name: str, number: int) -> str:
        """What a container left in one of its files, of those that `run` was given."""
        return (self.folder / f"{name}.artifact{number}").read_text(encoding="utf-8")

    def _value(self, namespace: str, variable: dict[str, Any]) -> str:
        if "value" in variable:
            return str(variable["value"])
        place = variable["valueFrom"]["secretKeyRef"]
        secret = self.api.call("GET", f"/api/v1/namespaces/{namespace}/secrets/{place['name']}")
        if secret is None:
            raise KeyError(place["name"])
        return base64.b64decode(secret["data"][place["key"]]).decode()

    def kill(self, name: str) -> None:
        """End a pod's processes."""
        self.killed.add(name)
        process = self.processes.get(name)
        if process is not None and process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def remove(self, namespace: str, name: str) -> None:
        """Delete a pod at once, and its log with it."""
        self.api.call("DELETE", f"/api/v1/namespaces/{namespace}/pods/{name}", {"gracePeriodSeconds": 0})
        (self.folder / f"{name}.log").unlink(missing_ok=True)

    def sweep(self, namespace: str, workflow: str) -> None:
        """Remove the pods of an earlier workflow of this name, which went with it."""
        chosen = f"?labelSelector=workflows.argoproj.io/workflow={workflow}"
        for pod in self.api.call("GET", f"/api/v1/namespaces/{namespace}/pods{chosen}")["items"]:
            self.remove(namespace, pod["metadata"]["name"])

    def close(self) -> None:
        """End everything."""
        for name in list(self.processes):
            self.kill(name)
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
        self.api.call("DELETE", f"/api/v1/nodes/{self.name}")
        shutil.rmtree(self.folder, ignore_errors=True)


def _line(text: str) -> bytes:
    """What argoexec, which starts every job, says in the job's log."""
    return f"time={time.strftime('%Y-%m-%dT%H:%M:%S.000Z', time.gmtime())} level=INFO {text}\n".encode()
