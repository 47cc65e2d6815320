"""A rollback while Argo runs a release's jobs: it waits for none of them, and what it did is not undone."""

from __future__ import annotations

import time

import pytest

from tests.release.argo.conftest import WAITING, ArgoSite, Start, Until, at_work

pytestmark = pytest.mark.slow

SOON = 20  # seconds for all of a rollback; it has begun within ten, whatever else is at work


def test_a_rollback_goes_first_and_stays(on_argo: ArgoSite, start: Start, until: Until) -> None:
    for scores in ("old", "new"):
        on_argo.put(on_argo.experiment(scores=scores))
        on_argo.release()
    for run in on_argo.runs():
        on_argo.delete(run)
    on_argo.put(on_argo.experiment(before=WAITING))
    release = start("release")
    until(on_argo.runs)
    at_work(on_argo, until)
    begun = time.monotonic()
    assert " again\n" in on_argo.say("rollback", "reco", "--no-run")
    assert time.monotonic() - begun < SOON
    shown = (on_argo.flag(), on_argo.shown(), on_argo.served(), on_argo.warehouse(), on_argo.scheduled())
    assert on_argo.served() == [(0, 0.5), (1, 0.5), (2, 0.5)]
    on_argo.repo.write("gate", "")
    assert release.wait(100) == 0
    assert "reco is on hold at generate: it was rolled back meanwhile: from reco-" in on_argo.output()
    assert (on_argo.flag(), on_argo.shown(), on_argo.served(), on_argo.warehouse(), on_argo.scheduled()) == shown


def test_after_a_release_that_was_killed_a_rollback_waits_for_its_turn(
    on_argo: ArgoSite, start: Start, until: Until
) -> None:
    for scores in ("old", "new"):
        on_argo.put(on_argo.experiment(scores=scores))
        on_argo.release()
    on_argo.put(on_argo.experiment(before=WAITING))
    release = start("release")
    until(lambda: ("apply", "started") in on_argo.steps()[-2:])
    release.kill()
    release.wait()
    assert " again\n" in on_argo.say("rollback", "reco", "--no-run")
    assert on_argo.served() == [(0, 0.5), (1, 0.5), (2, 0.5)]
