"""kill -9 and two at once, with Argo as the engine: the same end, and no first run twice."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.release.argo.conftest import ArgoSite
from tests.release.conftest import TOP

pytestmark = pytest.mark.slow

WAITING = f"timeout 60 sh -c 'while [ ! -e {TOP}/gate ]; do sleep 0.02; done'"


def killed(process: subprocess.Popen[bytes], until: Callable[[Callable[[], object]], None], reached: Any) -> None:
    """Kill a release once something is so."""
    until(lambda: reached() or process.poll() is not None)
    assert process.poll() is None, "it was over before it could be killed"
    process.kill()
    process.wait()


def test_a_release_that_is_killed_is_resumed(
    on_argo: ArgoSite, start: Callable[..., subprocess.Popen[bytes]], until: Callable[[Callable[[], object]], None]
) -> None:
    on_argo.put(on_argo.experiment(before=WAITING))
    killed(start("release"), until, lambda: ("apply", "done") in on_argo.steps())  # Argo knows the template
    with on_argo.controller.stack.paused():  # the run is there, and nothing has begun it
        killed(start("release"), until, lambda: on_argo.runs())
    running = [on_argo.runs()[0], "Running"]
    killed(start("release"), until, lambda: [on_argo.runs()[0], on_argo.phase(on_argo.runs()[0])] == running)
    (on_argo.repo.root / "gate").touch()
    until(lambda: on_argo.phase(running[0]) == "Succeeded")  # with nobody waiting for it
    assert "reco is live\n" in on_argo.release()
    (run,) = on_argo.runs()
    assert on_argo.tally() == [run]
    assert on_argo.shown() == run
    assert [step for step in on_argo.steps() if step[1] == "done"] == [
        ("apply", "done"), ("generate", "done"), ("switch", "done"), ("settle", "done"),
        ("announce", "done"),
    ]  # fmt: skip


def test_two_releases_at_once_start_one_first_run(
    on_argo: ArgoSite, start: Callable[..., subprocess.Popen[bytes]], until: Callable[[Callable[[], object]], None]
) -> None:
    on_argo.put(on_argo.plain(command=WAITING))
    both = [start("release") for _ in range(2)]
    until(lambda: any(process.poll() is not None for process in both))
    until(on_argo.runs)
    (on_argo.repo.root / "gate").touch()
    assert sorted(process.wait(60) for process in both) == [0, 1]
    assert "another release" in (on_argo.repo.root.parent / "output").read_text()
    (run,) = on_argo.runs()
    assert on_argo.tally() == [run]
    assert on_argo.release() == "nothing differs from what is released\n"


def test_a_run_that_is_deleted_under_its_release_is_begun_anew(
    on_argo: ArgoSite, start: Callable[..., subprocess.Popen[bytes]], until: Callable[[Callable[[], object]], None]
) -> None:
    on_argo.put(on_argo.plain(command=WAITING))
    release = start("release")
    until(lambda: [w.get("status", {}).get("phase") for w in on_argo.workflows()] == ["Running"])
    before = on_argo.workflows()[0]["metadata"]
    on_argo.delete(before["name"])
    until(lambda: [w["metadata"]["uid"] for w in on_argo.workflows()] not in ([], [before["uid"]]))
    until(lambda: on_argo.phase(before["name"]) == "Running")  # by then the first one's processes are gone
    (on_argo.repo.root / "gate").touch()
    assert release.wait(60) == 0
    assert on_argo.tally() == [before["name"]]
