"""Each right that the engine asks for, taken away from who releases: it is named, and goes on once it is there.

With all of them, everything else here goes: the site's account has what examples/kubernetes.yaml grants, no more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from bot.cluster.rights import Right, rules
from bot.engines.argo.rights import EXECUTOR, RELEASE
from tests.release.argo.conftest import IN_SQLITE, ArgoSite, settings

pytestmark = [pytest.mark.slow, IN_SQLITE]

HELD = "timeout 60 sh -c 'while [ ! -e gate ]; do sleep 0.02; done'"
Without = Callable[[Right], None]


def right(verb: str, resource: str) -> Right:
    """One of the engine's rights."""
    (chosen,) = (one for one in RELEASE if (one.verb, one.resource) == (verb, resource))
    return chosen


def lacking(gone: Right, user: str = "reader") -> str:
    """How a message names a right that is not there."""
    return f"the account '{user}' may not {gone.verb} {gone.resource}"


OTHERWISE = [right("patch", "workflows"), right("delete", "workflows"), right("list", "pods"), right("get", "pods/log")]
PLAIN = {f"{one.verb} {one.resource}": one for one in RELEASE if one not in OTHERWISE}


@pytest.fixture
def without(on_argo: ArgoSite, monkeypatch: pytest.MonkeyPatch) -> Without:
    """Go on as an account with all the engine's rights but one."""
    server, namespace = on_argo.controller.server, on_argo.controller.namespace

    def become(gone: Right) -> None:
        server.grant(namespace, "reader", *(one for one in RELEASE if one != gone))
        monkeypatch.setenv("KUBECONFIG", server.kubeconfig("reader"))

    return become


def allow(site: ArgoSite, given: Right) -> None:
    """Grant what was lacking."""
    site.controller.server.grant(site.controller.namespace, "reader", given)


@pytest.mark.parametrize("gone", PLAIN.values(), ids=list(PLAIN))
def test_a_first_release(on_argo: ArgoSite, without: Without, gone: Right) -> None:
    on_argo.put(on_argo.plain())
    without(gone)
    said = on_argo.release(code=3 if gone.verb == "watch" else 1)
    assert lacking(gone) in said
    assert "reco is live" not in said
    assert (on_argo.flag() is None) == (gone.kind != "CronWorkflow"), "what comes before the schedule is done"
    allow(on_argo, gone)
    assert "reco is live\n" in on_argo.say("release", "--experiment", "reco")
    assert len(on_argo.tally()) == 1


def under_way(site: ArgoSite) -> None:
    """A release whose run is at work."""
    settings(site, "engine:", "limits: {release: 1s}\nengine:")
    site.put(site.plain(command=HELD))
    assert "its run goes on" in site.release()
    settings(site, "limits: {release: 1s}\n", "")


def test_a_run_that_is_superfluous_cannot_be_ended(on_argo: ArgoSite, without: Without) -> None:
    gone = right("patch", "workflows")
    under_way(on_argo)
    on_argo.put(on_argo.plain())
    without(gone)
    assert f"reco failed at generate: {lacking(gone)}" in on_argo.release(code=1)
    assert on_argo.flag() is None
    allow(on_argo, gone)
    assert "reco is live\n" in on_argo.say("release", "--experiment", "reco")


def test_a_run_that_was_ended_cannot_be_started_anew(on_argo: ArgoSite, without: Without) -> None:
    gone = right("delete", "workflows")
    under_way(on_argo)
    on_argo.put(on_argo.plain())
    assert "reco is live\n" in on_argo.release()
    (on_argo.repo.root / "gate").touch()
    on_argo.put(on_argo.plain(command=HELD))
    without(gone)
    before = on_argo.flag()
    assert f"reco failed at generate: {lacking(gone)}" in on_argo.release(code=1)
    assert on_argo.flag() == before
    allow(on_argo, gone)
    assert "reco is live\n" in on_argo.say("release", "--experiment", "reco")


def test_the_jobs_of_a_run_cannot_be_told(on_argo: ArgoSite, without: Without) -> None:
    """Argo keeps the status of a large run elsewhere, where it is told to."""
    gone = right("list", "pods")
    on_argo.put(on_argo.plain())
    on_argo.release()
    (run,) = on_argo.runs()
    elsewhere = {"status": {"nodes": None, "offloadNodeStatusVersion": "fnv:1"}}
    on_argo.controller.api.merge(on_argo.controller.path("workflows", run), elsewhere)
    without(gone)
    assert lacking(gone) in on_argo.say("status", code=1)
    allow(on_argo, gone)
    assert f"{run} succeeded" in on_argo.say("status")


def test_the_log_of_a_failed_job_cannot_be_shown(on_argo: ArgoSite, without: Without) -> None:
    """It is no reason to know less of the failure."""
    gone = right("get", "pods/log")
    on_argo.put(on_argo.plain(command="false"))
    without(gone)
    said = on_argo.release(code=1)
    assert "reco failed at generate: infer ended with exit code 1" in said
    assert f"cannot be read: {lacking(gone)}" in said


@pytest.mark.parametrize("gone", EXECUTOR, ids=lambda one: one.verb)
def test_argo_cannot_report_what_a_pod_did(on_argo: ArgoSite, gone: Right) -> None:
    narrowed(on_argo, [one for one in EXECUTOR if one != gone])
    on_argo.put(on_argo.experiment())
    said = on_argo.release(code=1)
    assert "reco failed at generate: infer " in said
    assert f'cannot {gone.verb} resource "workflowtaskresults"' in said
    assert on_argo.flag() is None


def narrowed(site: ArgoSite, granted: Sequence[Right]) -> None:
    """Leave these rights to Argo's part of the pods."""
    roles = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{site.controller.namespace}/roles"
    (role,) = (
        one["metadata"]["name"]
        for one in site.controller.api.call("GET", roles)["items"]
        if {what for rule in one["rules"] for what in rule["resources"]} == {EXECUTOR[0].resource}
    )
    site.controller.api.merge(f"{roles}/{role}", {"rules": rules(granted)})
