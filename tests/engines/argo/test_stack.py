"""What plays the cluster leaves nothing behind, and its controller may be killed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.engines.argo.conftest import OnArgo
from tests.far.argo.stack import Stack

pytestmark = pytest.mark.slow

SESSION = """
import sys
from tests.far.argo.stack import launched

with launched() as stack:
    folder, namespace = str(stack.server.folder), stack.server.namespace()
    job = {"name": "main", "image": "any", "command": ["sh", "-c", "sleep 1000; true", f"job in {folder}"]}
    pod = {"metadata": {"name": "busy"}, "spec": {"containers": [job]}}
    stack.server.ask("POST", f"/api/v1/namespaces/{namespace}/pods", pod)
    print(folder, flush=True)
    sys.stdin.read()
"""


def commands(word: str) -> list[str]:
    """The commands of all processes that name something."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it is over
            found.append(place.read_text(encoding="utf-8", errors="replace").replace("\0", " "))
    return [command for command in found if word in command]


def wait(space: OnArgo, word: str, there: bool) -> None:
    """Until there are such processes, or none."""
    space.until(lambda: bool(commands(word)) == there)


def test_nothing_outlives_a_session_that_is_killed(space: OnArgo) -> None:
    """Another session is at work meanwhile: this one."""
    session = subprocess.Popen(
        [sys.executable, "-c", SESSION], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert session.stdout is not None
    folder = session.stdout.readline().strip()
    wait(space, f"job in {folder}", True)
    session.kill()
    session.communicate()
    wait(space, folder, False)
    assert folder not in Path("/proc/mounts").read_text(encoding="utf-8")
    shutil.rmtree(folder)
    wanted = space.work()
    space.begin(wanted)
    assert space.watched(wanted.run)[-1].state == "succeeded"


def test_a_controller_that_is_killed_goes_on_where_it_was(space: OnArgo, real_argo: Stack) -> None:
    wanted = space.held()
    space.begin(wanted)
    space.running(wanted.run)
    real_argo.kill()
    space.go()
    space.until(lambda: [pod["status"]["phase"] for pod in space.controller.pods("first")] == ["Succeeded"])
    real_argo.start()
    last = space.watched(wanted.run)[-1]
    assert [(node.name, node.state) for node in last.nodes] == [("first", "succeeded"), ("second", "succeeded")]
