"""What people are told when the cluster cannot be asked, or says no; what is served stays."""

from __future__ import annotations

import pytest

from tests.far.argo.stack import Stack
from tests.release.argo.conftest import IN_SQLITE, ArgoSite, settings

pytestmark = [pytest.mark.slow, IN_SQLITE]


def test_a_cluster_that_is_away(on_argo: ArgoSite, real_argo: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    on_argo.put(on_argo.plain())
    here = real_argo.server.kubeconfig("bot")
    monkeypatch.setenv("KUBECONFIG", real_argo.server.kubeconfig("bot", "https://127.0.0.1:1"))
    said = on_argo.release(code=3)
    assert "reco could not go on at apply: the cluster https://127.0.0.1:1 (context 'test' of " in said
    assert "check `engine.context`) did not answer: nothing listens there\n" in said
    assert "next: run `sameday release` again when the backend is back\n" in said
    on_argo.say("status", code=3)
    monkeypatch.setenv("KUBECONFIG", here)
    assert "reco is live\n" in on_argo.release()
    assert len(on_argo.runs()) == 1


def test_credentials_that_have_expired(on_argo: ArgoSite, real_argo: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    on_argo.put(on_argo.plain())
    monkeypatch.setenv("KUBECONFIG", real_argo.server.kubeconfig("bot", token="expired"))
    said = on_argo.release(code=3)
    assert "does not know us: our credentials are missing or expired; log in to it again\n" in said
    assert "expired-token" not in said


def test_a_context_that_is_not_there(on_argo: ArgoSite) -> None:
    settings(on_argo, "context: test", "context: production")
    on_argo.put(on_argo.plain())
    said = on_argo.release(code=3)
    assert "check `engine.context` and KUBECONFIG" in said


def test_a_namespace_that_is_not_there(on_argo: ArgoSite, real_argo: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    settings(on_argo, f"namespace: {on_argo.controller.namespace}", "namespace: nowhere")
    on_argo.put(on_argo.plain())
    monkeypatch.setenv("KUBECONFIG", real_argo.server.kubeconfig())
    said = on_argo.release(code=1)
    assert "reco failed at apply: the cluster has no namespace 'nowhere': check `manifests.namespace`" in said


def test_what_we_may_not_do(on_argo: ArgoSite, real_argo: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    on_argo.put(on_argo.plain())
    real_argo.server.grant(on_argo.controller.namespace, "reader", ("get", "argoproj.io", "workflowtemplates"))
    monkeypatch.setenv("KUBECONFIG", real_argo.server.kubeconfig("reader"))
    said = on_argo.release(code=1)
    assert (
        "reco failed at apply: the account 'reader' may not patch workflowtemplates (argoproj.io) in the namespace 't"
        in said
    )


def test_no_image_for_its_own_tasks(on_argo: ArgoSite) -> None:
    digits = "1" * 64
    settings(on_argo, f', image: "registry/sameday@sha256:{digits}"', "")
    on_argo.put(on_argo.experiment())
    said = on_argo.release(code=1)
    assert (
        "reco failed at apply: the settings name no image for sameday's own tasks: add `manifests: {image: …}`" in said
    )


def test_a_job_that_cannot_begin_ends_the_release_with_its_reason(on_argo: ArgoSite) -> None:
    """Argo waits for the job's own timeout, which may be a day."""
    settings(on_argo, "engine:", "limits: {pending: 3s}\nengine:")
    on_argo.put(on_argo.plain())
    on_argo.controller.act({"job": "*", "pull": "manifest unknown"})
    said = on_argo.release(code=1)
    assert "reco   infer waiting: " in said
    assert "reco failed at generate: infer could not begin within 3 seconds: " in said
    assert "manifest unknown" in said
    assert (on_argo.flag(), on_argo.scheduled()) == (None, None)
    on_argo.controller.act()
    assert "reco is live\n" in on_argo.say("release", "--experiment", "reco")
    assert len(on_argo.tally()) == 1
