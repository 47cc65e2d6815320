"""Everything that is real: API server, Argo's controller with its executor, and a node (`node`), for one session.

Nothing of it outlives the session, however that ends: servers end with us, and the node is the first process of a
namespace that ends when we no longer hold its standard input.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.far import cluster

BUILD = "Argo's workflow-controller or argoexec is not there: bash .ci/argo"
ROOT_ONLY = "Argo's pods are run by root only: as root, or where `sudo -n` is allowed"
NAMESPACE = "argo"
OWN_SPACES = ("unshare", "--mount", "--pid", "--fork", "--mount-proc", "--propagation=private", "--kill-child=KILL")
# Argo looks at workflows and schedules again each 10 s otherwise.
QUICK = {"LEADER_ELECTION_DISABLE": "true", "DEFAULT_REQUEUE_TIME": "1s", "CRON_SYNC_PERIOD": "1s"}
OFTEN = ("--qps", "200", "--burst", "300")  # requests a second, which are 20 otherwise: four pods
# Metrics have a fixed port, and two sessions may run at once. So has the health check, but Argo goes on without it.
SETTINGS = {"metricsConfig": "{enabled: false}", "telemetryConfig": "{enabled: false}"}
READY = b"Starting CronWorkflow controller"
SOON = 30.0
REPOSITORY = Path(__file__).parents[3]


@dataclass
class Stack:
    """A cluster with Argo."""

    server: cluster.Server
    executable: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def zones(self) -> Path:
        """Where Argo finds time zones before those of the machine; see `tests.far.zones`."""
        return self.server.folder / "zones"

    def start(self) -> None:
        """Start Argo's controller, and wait until it looks at workflows."""
        log = self.server.folder / "workflow-controller.log"
        begun = log.stat().st_size if log.exists() else 0
        variables = QUICK | {"ZONEINFO": str(self.zones)}
        self.process = cluster.start(
            log, "env", *(f"{name}={value}" for name, value in variables.items()), str(self.executable),
            "--kubeconfig", self.server.kubeconfig(), "--namespace", NAMESPACE, "--executor-image", "argoexec",
            "--loglevel", "info", *OFTEN,
        )  # fmt: skip
        end = time.monotonic() + SOON
        while READY not in log.read_bytes()[begun:]:
            assert self.process.poll() is None, log.read_text()[-4000:]
            assert time.monotonic() < end, log.read_text()[-4000:]
            time.sleep(0.05)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stop Argo's controller in the middle of what it does, and let it go on in the end."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End Argo's controller without a word."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


def skip() -> tuple[Path, tuple[str, ...]]:
    """The controller's program, and what makes a command root's; skips the test if either is missing."""
    executable = cluster.binary("workflow-controller")
    if executable is None or cluster.binary("argoexec") is None:
        pytest.skip(BUILD)
    if os.getuid() == 0:
        return executable, ()
    with suppress(FileNotFoundError):
        if subprocess.run(["sudo", "-n", "true"], check=False, capture_output=True).returncode == 0:
            return executable, ("sudo", "-n")
    pytest.skip(ROOT_ONLY)


@contextmanager
def launched() -> Iterator[Stack]:
    """Argo for all namespaces of a server of its own."""
    executable, as_root = skip()
    with ExitStack() as ends:
        server = ends.enter_context(cluster.running("full"))
        server.ask("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
        settings = {"metadata": {"name": "workflow-controller-configmap"}, "data": SETTINGS}
        server.ask("POST", f"/api/v1/namespaces/{NAMESPACE}/configmaps", settings)
        ends.enter_context(node(server, as_root))
        stack = Stack(server, executable)
        ends.callback(stack.kill)
        stack.start()
        yield stack


@contextmanager
def node(server: cluster.Server, as_root: tuple[str, ...]) -> Iterator[None]:
    """A node of the cluster."""
    folder, log = server.folder / "node", server.folder / "node.log"
    folder.mkdir()
    search = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    given = {
        "url": server.url, "authority": str(server.authority), "folder": str(folder), "path": search,
        "owner": f"{os.getuid()}:{os.getgid()}", "shared": tempfile.gettempdir(),
        "argoexec": str(cluster.binary("argoexec")),
    }  # fmt: skip
    words = (*as_root, *OWN_SPACES, "env", f"PYTHONPATH={REPOSITORY}", "PYTHONDONTWRITEBYTECODE=1", sys.executable,
             "-m", "tests.far.argo.node", json.dumps(given))  # fmt: skip
    with log.open("ab") as file:
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=file, stderr=file, cwd="/")
    try:
        end = time.monotonic() + SOON
        while b"ready" not in log.read_bytes():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.05)
        yield
    finally:
        process.communicate()
