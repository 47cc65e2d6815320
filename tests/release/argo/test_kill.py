"""kill -9 and two at once, with Argo as the engine: the same end, and no first run twice."""

from __future__ import annotations

import subprocess
import time
from typing import Any

import pytest

from tests.far.argo.stack import Stack
from tests.far.cluster_proxy import Fault, before
from tests.release.argo.conftest import NOTHING, RELEASED, WAITING, ArgoSite, Start, Until, settings

pytestmark = pytest.mark.slow

LONG = 600.0  # seconds that a request waits whose process is killed


def killed(process: subprocess.Popen[bytes], until: Until, reached: Any) -> None:
    """Kill a release once something is so."""
    until(lambda: reached() or process.poll() is not None)
    assert process.poll() is None, "it was over before it could be killed"
    time.sleep(0.2)  # what it has asked for is on its way
    process.kill()
    process.wait()


def test_a_release_that_is_killed_is_resumed(on_argo: ArgoSite, start: Start, until: Until) -> None:
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
        ("apply", "done"), ("generate", "done"), ("activate", "done"), ("announce", "done"),
    ]  # fmt: skip


LEDGER, TEMPLATE, CRON = "/configmaps/sameday.reco", "/workflowtemplates/reco-", "/cronworkflows/reco"
EFFECTS = (
    ("POST", "/configmaps"),  # apply started, the ledger's first entry
    ("PATCH", TEMPLATE),
    ("PUT", LEDGER),  # apply done
    ("PUT", LEDGER),  # generate started
    ("POST", "/workflows"),
    ("PATCH", TEMPLATE),  # how the run ended
    ("PUT", LEDGER),  # generate done
    ("PUT", LEDGER),  # activate started
    ("POST", "/configmaps"),  # the flag
    ("PATCH", CRON),
    ("PUT", LEDGER),  # activate done
    ("PUT", LEDGER),  # announce started
    ("PUT", LEDGER),  # announce done
)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("ledger_kind", ["configmap"])
@pytest.mark.parametrize("heard", [True, False], ids=["heard", "not heard"])
def test_a_release_that_is_killed_at_each_effect_ends_like_one_that_was_not(
    on_argo: ArgoSite,
    real_argo: Stack,
    start: Start,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
    heard: bool,
) -> None:
    """Each thing that it writes to the cluster: killed as it asks for it, before the cluster hears it or after."""
    settings(on_argo, "flags: {kind: folder}", "flags: {kind: configmap}")
    on_argo.put(on_argo.experiment())
    with before(real_argo.server) as proxy:
        monkeypatch.setenv("KUBECONFIG", real_argo.server.kubeconfig("bot", proxy.url))
        for effect, earlier in zip(EFFECTS, (None, *EFFECTS), strict=False):
            if effect == earlier and not heard:
                proxy.let(*effect)  # the one that the last kill kept from being done
            proxy.fail(*effect, Fault(after=heard, silent=LONG))
            killed(start("release"), until, lambda: not proxy.faults)
            on_argo.give_back()
        said = on_argo.say("release")
        assert said == NOTHING if heard else "reco is live\n" in said
        assert on_argo.say("release") == NOTHING
    (run,) = on_argo.runs()
    assert on_argo.tally() == [run] == [on_argo.shown()]
    assert on_argo.steps() == RELEASED
    assert on_argo.published()["variants"]["new"] == {"arm": "new", "store": "serving", "table": "reco"}
    assert run.startswith(f"reco-{on_argo.scheduled()}-")


def test_two_releases_at_once_start_one_first_run(on_argo: ArgoSite, start: Start, until: Until) -> None:
    on_argo.put(on_argo.plain(command=WAITING))
    both = [start("release") for _ in range(2)]
    until(lambda: any(process.poll() is not None for process in both))
    until(on_argo.runs)
    (on_argo.repo.root / "gate").touch()
    assert sorted(process.wait(60) for process in both) == [0, 1]
    assert "another release" in on_argo.output()
    (run,) = on_argo.runs()
    assert on_argo.tally() == [run]
    assert on_argo.release() == "nothing differs from what is released\n"


def test_a_run_that_is_deleted_under_its_release_is_begun_anew(on_argo: ArgoSite, start: Start, until: Until) -> None:
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
