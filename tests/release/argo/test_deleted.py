"""A file that is deleted while the first release of it is at work on Argo."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.release.argo.conftest import ArgoSite, Until
from tests.release.argo.test_rights import under_way

pytestmark = pytest.mark.slow


@pytest.fixture(params=["configmap"])
def ledger_kind(request: pytest.FixtureRequest) -> str:
    """What is noted is the same in each."""
    return str(request.param)


def test_a_first_release_at_work_is_taken_out(on_argo: ArgoSite, over: Callable[[str], str], until: Until) -> None:
    under_way(on_argo)
    (run,) = on_argo.runs()
    on_argo.drop("reco")
    said = on_argo.release()
    assert f"schedule off, ended {run}\n" in said
    assert "reco is retired\n  serves nothing\n" in said
    assert over(run) == "Failed"
    (on_argo.repo.root / "gate").touch()
    until(lambda: f"run      {run} stopped" in on_argo.say("status"))
    first, *rest = on_argo.say("status").splitlines()
    assert first.startswith("reco is retired since ")
    assert rest[:2] == ["  flag     off", "  schedule off"]
    assert on_argo.release() == "nothing differs from what is released\n"
    assert on_argo.tally() == []
