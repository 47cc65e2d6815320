"""Workflows and pods that Argo has deleted before anybody asks for them: `manifests` say that they do not stay."""

from __future__ import annotations

import pytest

from tests.release.argo.conftest import IN_SQLITE, WAITING, ArgoSite, Start, Until, at_work, settings

pytestmark = [pytest.mark.slow, IN_SQLITE]


@pytest.fixture
def fleeting(on_argo: ArgoSite) -> ArgoSite:
    """A cluster that keeps workflows for a second, and no pod that is over."""
    gone = "manifests:\n  {succeeded: 1s, failed: 1s, pods: OnPodCompletion, "
    settings(on_argo, "manifests:\n  {", gone)
    return on_argo


def test_a_run_that_is_gone_as_soon_as_it_is_over(fleeting: ArgoSite, until: Until) -> None:
    fleeting.put(fleeting.experiment())
    said = fleeting.release()
    assert "reco is live\n" in said
    run = fleeting.shown()
    until(lambda: not fleeting.runs())
    assert f"  run      {run} succeeded" in fleeting.say("status")
    fleeting.put(fleeting.experiment(owner="@acme/reco"))  # no other run
    fleeting.release()
    assert (fleeting.shown(), fleeting.runs()) == (run, [])


def test_a_run_that_failed_and_is_gone_is_not_tried_again(fleeting: ArgoSite, until: Until) -> None:
    fleeting.put(fleeting.plain(command="echo x >> tried; exit 3"))
    said = fleeting.release(code=1)
    assert "reco failed at generate: infer ended with exit code 3\n" in said
    until(lambda: not fleeting.runs())
    assert "reco is on hold" in fleeting.release()
    assert (fleeting.repo.root / "tried").read_text() == "x\n"


def test_a_run_that_ended_and_went_while_nobody_looked(fleeting: ArgoSite, start: Start, until: Until) -> None:
    """Its release was killed: what it made is there, and what it did is not known. It is made again, into its place."""
    fleeting.put(fleeting.experiment(before=WAITING))
    release = start("release")
    run = at_work(fleeting, until)
    release.kill()
    release.wait()
    fleeting.repo.write("gate", "")
    until(lambda: not fleeting.runs())
    assert fleeting.warehouse() != []
    assert "reco is live\n" in fleeting.release()
    assert (fleeting.shown(), fleeting.tally()) == (run, [run, run])
    assert fleeting.served() == [(0, 0.5), (1, 0.5), (2, 0.5)]
