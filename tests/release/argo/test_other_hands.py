"""Somebody deletes or changes what a release has made, during it and after: what sameday says of it, and does."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from tests.release.argo.conftest import IN_SQLITE, WAITING, ArgoSite, Start, Until, at_work

pytestmark = [pytest.mark.slow, IN_SQLITE]


@pytest.fixture
def waiting(on_argo: ArgoSite, start: Start, until: Until) -> tuple[subprocess.Popen[bytes], str]:
    """A release whose job waits for the file `gate`, and its run."""
    on_argo.put(on_argo.plain(command=WAITING))
    release = start("release")
    return release, at_work(on_argo, until)


Waiting = tuple[subprocess.Popen[bytes], str]


def template(site: ArgoSite) -> str:
    """The name of the released template."""
    return f"reco-{site.scheduled()}"


def change(site: ArgoSite, plural: str, name: str, spec: dict[str, Any]) -> None:
    """What somebody does by hand to an object's spec."""
    assert site.controller.api.merge(site.controller.path(plural, name), {"spec": spec}) is not None


def remove(site: ArgoSite, plural: str, name: str) -> None:
    """What somebody deletes by hand."""
    assert site.controller.api.call("DELETE", site.controller.path(plural, name)) is not None


@pytest.mark.parametrize("how", ["Stop", "Terminate"])
def test_a_workflow_that_is_ended_by_hand(on_argo: ArgoSite, waiting: Waiting, until: Until, how: str) -> None:
    """`argo stop` and `argo terminate`: a person wants no such run, and the release does not argue.

    Argo calls the workflow Failed before its pod has ended.
    """
    release, run = waiting
    change(on_argo, "workflows", run, {"shutdown": how})
    assert release.wait(60) == 1
    said = on_argo.output()
    assert "reco failed at generate: " in said
    assert f"the workflow Stopped with strategy '{how}'" in said, "it was no fault of the job's"
    assert (on_argo.flag(), on_argo.scheduled()) == (None, None)
    assert "reco is on hold" in on_argo.release()
    until(lambda: all(pod["status"]["phase"] in ("Succeeded", "Failed") for pod in on_argo.controller.pods("infer")))
    on_argo.repo.write("gate", "")
    assert "reco is live\n" in on_argo.say("release", "--experiment", "reco")
    assert on_argo.tally() == [f"{run}-2"]


def test_a_workflow_that_is_suspended_by_hand_is_waited_for(on_argo: ArgoSite, waiting: Waiting, until: Until) -> None:
    release, run = waiting
    change(on_argo, "workflows", run, {"suspend": True})
    on_argo.repo.write("gate", "")
    until(lambda: [pod["status"]["phase"] for pod in on_argo.controller.pods("infer")] == ["Succeeded"])
    assert release.poll() is None
    change(on_argo, "workflows", run, {"suspend": None})
    assert release.wait(60) == 0
    assert on_argo.tally() == [run]


def test_a_pod_that_is_deleted_during_a_release(on_argo: ArgoSite, waiting: Waiting, until: Until) -> None:
    release, run = waiting
    (pod,) = on_argo.controller.pods("infer")
    path = f"/api/v1/namespaces/{on_argo.controller.namespace}/pods/{pod['metadata']['name']}"
    on_argo.controller.api.call("DELETE", path, {"gracePeriodSeconds": 0})
    uid = pod["metadata"]["uid"]
    until(lambda: [one["status"]["phase"] for one in on_argo.controller.pods("infer") if one["metadata"]["uid"] != uid])
    on_argo.repo.write("gate", "")
    assert release.wait(60) == 0
    assert on_argo.tally() == [run]


def test_a_template_that_is_deleted_during_a_release_is_there_when_it_is_live(
    on_argo: ArgoSite, waiting: Waiting
) -> None:
    """The run goes on by what it began with; the schedule needs the template."""
    release, run = waiting
    name = run.rpartition("-")[0]
    remove(on_argo, "workflowtemplates", name)
    on_argo.repo.write("gate", "")
    assert release.wait(60) == 0
    assert on_argo.tally() == [run]
    assert name == template(on_argo)
    assert on_argo.controller.get("workflowtemplates", name) is not None


def test_a_template_that_is_changed_during_a_release(on_argo: ArgoSite, waiting: Waiting) -> None:
    """The run goes on by what it began with; what the schedule would start is somebody else's."""
    release, run = waiting
    change(on_argo, "workflowtemplates", run.rpartition("-")[0], {"parallelism": 1})
    on_argo.repo.write("gate", "")
    assert release.wait(60) == 1
    assert "was changed by another hand, which must undo it" in on_argo.output()
    assert on_argo.tally() == [run]
    change(on_argo, "workflowtemplates", run.rpartition("-")[0], {"parallelism": 50})
    assert "reco is live\n" in on_argo.say("release", "--experiment", "reco")
    assert on_argo.tally() == [run]


def test_a_template_that_is_changed_after_a_release(on_argo: ArgoSite, start: Start) -> None:
    on_argo.put(on_argo.plain())
    on_argo.release()
    change(on_argo, "workflowtemplates", template(on_argo), {"parallelism": 1})
    assert start("run", "reco", "--date", "2026-11-20").wait(60) == 1
    said = on_argo.output()
    assert f"the WorkflowTemplate {template(on_argo)} was changed by another hand, which must undo it: " in said
    assert ".spec.parallelism" in said


def test_a_template_that_is_deleted_after_a_release(on_argo: ArgoSite) -> None:
    """A run by hand registers it anew."""
    on_argo.put(on_argo.plain())
    on_argo.release()
    name = template(on_argo)
    remove(on_argo, "workflowtemplates", name)
    assert "-20261120 succeeded\n" in on_argo.say("run", "reco", "--date", "2026-11-20")
    assert on_argo.controller.get("workflowtemplates", name) is not None


def test_a_schedule_that_is_deleted_or_suspended_by_hand_is_seen(on_argo: ArgoSite) -> None:
    on_argo.put(on_argo.plain())
    on_argo.release()
    change(on_argo, "cronworkflows", "reco", {"suspend": True})
    assert "  schedule off" in on_argo.say("status")
    remove(on_argo, "cronworkflows", "reco")
    assert "  schedule off" in on_argo.say("status")
    on_argo.put(on_argo.plain(serving=on_argo.split(30)))  # the next release that goes live makes it anew
    assert "reco is live\n" in on_argo.release()
    assert "  schedule on" in on_argo.say("status")


def test_a_schedule_that_is_changed_by_hand_stops_the_next_release(on_argo: ArgoSite) -> None:
    on_argo.put(on_argo.plain())
    on_argo.release()
    change(on_argo, "cronworkflows", "reco", {"suspend": True})
    on_argo.put(on_argo.plain(serving=on_argo.split(30)))
    said = on_argo.release(code=1)
    assert "reco failed at settle: the CronWorkflow reco was changed by another hand, which must undo it: " in said
    assert ".spec.suspend" in said
    change(on_argo, "cronworkflows", "reco", {"suspend": False})
    assert "reco is live\n" in on_argo.say("release", "--experiment", "reco")
