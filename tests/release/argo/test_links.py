"""Where the settings name Argo's user interface, what people read of a run leads to it there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.release.argo.conftest import IN_SQLITE, ArgoSite
from tests.release.argo.test_day_two import Told, alarm, fails

__all__ = ["alarm"]  # a fixture
pytestmark = [pytest.mark.slow, IN_SQLITE]
UI = "https://argo.example.com/argo"


@pytest.fixture
def linked(on_argo: ArgoSite) -> Callable[[str], str]:
    """The address of a workflow, by its name."""
    path = on_argo.repo.root / "sameday.yaml"
    path.write_text(path.read_text().replace("engine: {kind: argo,", f"engine: {{kind: argo, ui: '{UI}/',"))
    on_argo.repo.commit("name the user interface")
    return lambda workflow: f"{UI}/workflows/{on_argo.controller.namespace}/{workflow}"


def test_a_release_and_the_status_lead_to_the_run(on_argo: ArgoSite, linked: Callable[[str], str]) -> None:
    on_argo.put(on_argo.plain())
    said = on_argo.release()
    (run,) = on_argo.runs()
    assert f"reco is live\n  run: {linked(run)}\n" in said
    assert f"{run} succeeded, 1 of 1 done\n           {linked(run)}\n" in on_argo.say("status")
    on_argo.put(on_argo.plain(command="false"))
    said = on_argo.release(code=1)
    (failed,) = {*on_argo.runs()} - {run}
    assert f"  run: {linked(failed)}\n" in said


def test_a_scheduled_run_is_linked_by_the_name_that_argo_gave_it(
    on_argo: ArgoSite, linked: Callable[[str], str], over: Callable[[str], str], alarm: Told
) -> None:
    run, _, message = fails(on_argo, over, alarm)
    (workflow,) = {*on_argo.runs()} - {run}
    assert workflow != message["run"]
    assert message["link"] == linked(workflow)
    assert message["text"].endswith(f"what was served is still served: {linked(workflow)}")
    assert f"\n           {linked(workflow)}\n" in on_argo.say("status")
