"""API server or controller are killed in the middle of a release: what is said, and that no job runs twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.far.argo.stack import Stack
from tests.release.argo.conftest import WAITING, ArgoSite, Start, Until, at_work

pytestmark = pytest.mark.slow


@pytest.fixture
def stack(real_argo: Stack) -> Iterator[Stack]:
    """Argo; its controller is started again for the next tests, since it hears late for a while."""
    yield real_argo
    real_argo.kill()
    real_argo.start()


def uids(site: ArgoSite) -> list[str]:
    """Which workflows there are; one that is begun anew is another one.

    A job may run twice in one of them: Argo's part of its pod is told that it may not report, by a server that has just
    started, and Argo tries the job again, as `manifests.retry` has it.
    """
    return [workflow["metadata"]["uid"] for workflow in site.workflows()]


def test_an_api_server_that_is_away_for_a_while(
    on_argo: ArgoSite, stack: Stack, start: Start, until: Until, ledger_kind: str
) -> None:
    on_argo.put(on_argo.experiment(before=WAITING))
    release = start("release")
    run, before = at_work(on_argo, until), uids(on_argo)
    stack.server.end()
    try:
        assert release.wait(60) == 3, "a backend is away: nothing failed"
        said = on_argo.output()
        assert "did not answer: nothing listens there" in said
        if ledger_kind == "sqlite":  # whoever keeps the ledger in the cluster can note nothing, either
            assert "  next: run `sameday release` again when the backend is back\n" in said
    finally:
        stack.server.begin()
    stack.kill()  # otherwise it looks for the server again after a minute at worst, the longer it was away the later
    stack.start()
    on_argo.repo.write("gate", "")
    until(lambda: on_argo.phase(run) == "Succeeded")  # with nobody waiting for it
    assert "reco is live\n" in on_argo.release()
    assert (uids(on_argo), set(on_argo.tally()), on_argo.shown()) == (before, {run}, run)


def test_an_api_server_that_is_started_again_at_once(
    on_argo: ArgoSite, stack: Stack, start: Start, until: Until, ledger_kind: str
) -> None:
    """Whether the release sees it or not, the next one ends where an undisturbed one does.

    For a moment the server says to everybody that they may do nothing, which a ledger in the cluster takes for a no.
    """
    on_argo.put(on_argo.plain(command=WAITING))
    release = start("release")
    run, before = at_work(on_argo, until), uids(on_argo)
    stack.server.end()
    stack.server.begin()
    on_argo.repo.write("gate", "")
    assert release.wait(60) in ((0, 3) if ledger_kind == "sqlite" else (0, 1, 3))
    on_argo.release()
    assert on_argo.steps()[-1] == ("announce", "done")
    assert (uids(on_argo), set(on_argo.tally())) == (before, {run})


def test_a_controller_that_is_killed_and_comes_back(
    on_argo: ArgoSite, real_argo: Stack, start: Start, until: Until
) -> None:
    on_argo.put(on_argo.experiment(before=WAITING))
    release = start("release")
    run = at_work(on_argo, until)
    real_argo.kill()
    try:
        on_argo.repo.write("gate", "")
        until(lambda: [pod["status"]["phase"] for pod in on_argo.controller.pods("infer")] == ["Succeeded"])
        assert release.poll() is None, "it waits for the controller"
    finally:
        real_argo.start()
    assert release.wait(60) == 0
    assert (on_argo.runs(), on_argo.shown()) == ([run], run)
    assert on_argo.served() == [(0, 0.5), (1, 0.5), (2, 0.5)]


def test_a_release_that_begins_while_argo_hears_late(on_argo: ArgoSite, stack: Stack) -> None:
    """It does not know the new template yet, and ends the run before its first job."""
    stack.server.end()
    stack.server.begin()
    on_argo.put(on_argo.plain())
    assert "reco is live\n" in on_argo.release()
    (run,) = on_argo.runs()
    assert on_argo.tally() == [run]
