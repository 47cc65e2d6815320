"""A CronWorkflow that somebody wrote by hand, and the experiment that takes its place on Argo, and gives it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.release.argo.conftest import IN_SQLITE, ArgoSite, Until

pytestmark = [pytest.mark.slow, IN_SQLITE]

# As people write them: the graph is in it, with parameters and an account of its own.
THEIRS: dict[str, Any] = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "CronWorkflow",
    "metadata": {
        "name": "reco",
        "labels": {"app.kubernetes.io/managed-by": "Helm", "team": "reco"},
        "annotations": {"owner": "reco@example.com"},
    },
    "spec": {
        "schedules": ["30 3 * * *", "30 15 * * *"],
        "timezone": "Asia/Tokyo",
        "concurrencyPolicy": "Replace",
        "successfulJobsHistoryLimit": 7,
        "workflowMetadata": {"labels": {"team": "reco"}},
        "workflowSpec": {
            "entrypoint": "main",
            "arguments": {"parameters": [{"name": "day", "value": "today"}]},
            "podGC": {"strategy": "OnPodCompletion"},
            "templates": [
                {"name": "main", "dag": {"tasks": [{"name": "infer", "template": "infer"}]}},
                {"name": "infer", "container": {"image": "registry/reco", "command": ["sh", "-c", "exit 1"]}},
            ],
        },
    },
}


@pytest.fixture
def theirs(on_argo: ArgoSite) -> Any:
    """The CronWorkflow as the cluster has it."""
    on_argo.controller.api.call("POST", on_argo.controller.path("cronworkflows"), THEIRS)
    return on_argo.cron()


def adopting(site: ArgoSite, command: str = "true") -> dict[str, Any]:
    """The experiment of the same name."""
    return dict(site.plain(command=command, schedule={"cron": "0 4 * * *", "adopt": True}))


def said_of(cron: Any) -> tuple[Any, Any]:
    """What people wrote of a CronWorkflow."""
    labels = {key: value for key, value in cron["metadata"]["labels"].items() if not key.startswith("sameday/")}
    return labels, cron["spec"]


def test_it_is_left_alone_unless_the_schedule_adopts_it(on_argo: ArgoSite, theirs: Any) -> None:
    on_argo.put(on_argo.plain())
    said = on_argo.release(code=1)
    assert "a CronWorkflow reco is there that sameday did not make; `schedule: {adopt: true}` takes it over" in said
    assert said_of(on_argo.cron()) == said_of(theirs)
    on_argo.drop("reco")
    on_argo.release()
    assert said_of(on_argo.cron()) == said_of(theirs)


def test_what_takes_its_place_says_nothing_of_it(
    on_argo: ArgoSite, theirs: Any, over: Callable[[str], str], tomorrow: date
) -> None:
    """Argo would refuse a workflow that is in the schedule and in a template, too."""
    on_argo.put(on_argo.plain("other"), adopting(on_argo))
    assert "reco is live\n" in on_argo.release()
    taken, other = on_argo.cron(), on_argo.cron("other")
    assert taken["spec"].keys() == other["spec"].keys()
    for key in ("schedules", "suspend", "concurrencyPolicy", "timezone"):
        assert taken["spec"][key] == other["spec"][key]
    assert taken["spec"]["workflowSpec"].keys() == other["spec"]["workflowSpec"].keys()
    assert taken["metadata"]["annotations"]["owner"] == "reco@example.com"
    started = on_argo.fire(tomorrow)
    assert started is not None
    assert over(started) == "Succeeded"
    on_argo.put(on_argo.plain(schedule={"cron": "0 5 * * *"}))  # without `adopt`, which is needed once
    on_argo.release()
    assert on_argo.cron()["spec"]["schedules"] == ["0 5 * * *"]


def test_a_rollback_to_an_earlier_release_keeps_it(on_argo: ArgoSite, theirs: Any) -> None:
    del theirs
    on_argo.put(adopting(on_argo))
    on_argo.release()
    on_argo.put(adopting(on_argo, command=":"))
    on_argo.release()
    second = on_argo.scheduled()
    assert "is back" not in on_argo.say("rollback", "reco")
    assert on_argo.scheduled() not in (None, second)


def test_a_rollback_to_nothing_gives_it_back_as_it_was(on_argo: ArgoSite, theirs: Any) -> None:
    on_argo.put(adopting(on_argo))
    on_argo.release()
    said = on_argo.say("rollback", "reco")
    assert "reco serves nothing again: there was no release before\n" in said
    assert "  the schedule that was there before sameday's is back, as it was\n" in said
    assert said_of(on_argo.cron()) == said_of(theirs)
    assert "sameday/replaced" not in on_argo.cron()["metadata"]["annotations"]
    assert on_argo.flag() is None
    assert on_argo.ledger()[-1].reason.endswith("; the schedule from before it is back")
    assert "  schedule off\n" in on_argo.say("status"), "sameday's own"
    assert "reco is live\n" in on_argo.say("release", "--experiment", "reco")
    assert on_argo.cron()["spec"]["schedules"] == ["0 4 * * *"]
    on_argo.say("rollback", "reco")
    assert said_of(on_argo.cron()) == said_of(theirs)


def test_argo_reads_it_again_as_it_was(
    on_argo: ArgoSite, theirs: Any, over: Callable[[str], str], until: Until
) -> None:
    """Its own workflow starts, by Argo's own clock, with nothing of ours in it."""
    del theirs
    on_argo.put(adopting(on_argo))
    on_argo.release()
    on_argo.say("rollback", "reco")
    (ours,) = on_argo.runs()
    path = on_argo.controller.path("cronworkflows", "reco")
    often = {"schedules": ["* * * * *"], "timezone": "UTC", "startingDeadlineSeconds": 3600}
    on_argo.controller.api.merge(path, {"spec": often})
    on_argo.controller.late("reco", datetime.now(UTC).replace(second=0, microsecond=0))
    until(lambda: len(on_argo.runs()) > 1)
    (started, *_) = {*on_argo.runs()} - {ours}
    spec = on_argo.controller.get("workflows", started)["spec"]
    assert (spec["entrypoint"], "workflowTemplateRef" in spec) == ("main", False)
    assert over(started) == "Failed", "as it always did"


@pytest.mark.parametrize("then", ["goes on", "is taken out"])
def test_a_release_that_is_killed_as_it_takes_it_over(
    on_argo: ArgoSite, theirs: Any, then: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the release goes on, neither of the two starts anything."""

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    on_argo.put(adopting(on_argo))
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("bot.engines.argo.schedules.apply", killed)
        on_argo.release(code=130)
    assert on_argo.cron()["spec"]["suspend"] is True
    assert on_argo.scheduled() is None
    if then == "goes on":
        assert "reco is live\n" in on_argo.release()
        assert "is back, as it was\n" in on_argo.say("rollback", "reco")
    else:
        on_argo.drop("reco")
        assert "the schedule from before it is back\n" in on_argo.release()
    assert said_of(on_argo.cron()) == said_of(theirs)
