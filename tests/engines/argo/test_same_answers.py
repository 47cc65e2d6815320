"""What Argo says where one could expect otherwise: Argo and its stand-in are asked alike, and must answer alike."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.experiment.schedule import Schedule
from bot.ports import Work
from tests.engines.argo.conftest import Either
from tests.far.controller.execution import NOT_AGAIN
from tests.far.controller.expressions import yesterday
from tests.some import some

pytestmark = pytest.mark.slow

MISSING = "run policy error: failed to evaluate expression: cronworkflow.lastScheduledTime.In is missing"
LATE = "Pod was active on the node longer than the specified deadline"


def status(space: Either, name: str) -> Mapping[str, Any]:
    """What a workflow says of itself."""
    found: Mapping[str, Any] = (space.controller.get("workflows", name) or {}).get("status", {})
    return found


def ended(space: Either, wanted: Work) -> tuple[str, str]:
    """Phase and message of a workflow, once it is over."""
    space.until(lambda: status(space, wanted.run).get("phase") in ("Succeeded", "Failed", "Error"))
    found = status(space, wanted.run)
    return found["phase"], found.get("message", "")


def nodes(space: Either, name: str) -> dict[str, tuple[str, str]]:
    """Phase and message of each node."""
    found = status(space, name).get("nodes", {}).values()
    return {node["displayName"]: (node["phase"], node.get("message", "")) for node in found}


def test_a_template_that_is_not_there(either: Either) -> None:
    wanted = either.work()
    either.engine.submit(wanted)
    assert ended(either, wanted) == ("Error", 'workflowtemplates.argoproj.io "demo-0badcafe" not found')


def test_a_job_without_an_image(either: Either) -> None:
    wanted = either.work()
    bare = wanted.steps[0].model_copy(update={"image": None})
    wanted = wanted.model_copy(update={"steps": (bare, wanted.steps[1])})
    either.begin(wanted)
    phase, message = ended(either, wanted)
    before, _, after = message.partition(" templates.job-")
    assert (phase, before) == ("Failed", "invalid spec: templates.run.tasks.first")
    assert after.endswith(".container.image may not be empty")


@pytest.mark.parametrize(("script", "code"), [("exit 7", 7), ("kill -9 $$", 137), ("kill -15 $$", 143)])
def test_a_job_that_a_signal_ends_has_failed(either: Either, script: str, code: int) -> None:
    wanted = either.work(script)
    either.begin(wanted)
    assert ended(either, wanted)[0] == "Failed"
    found = nodes(either, wanted.run)
    assert found["first(0)"] == ("Failed", f"main: Error (exit code {code})")
    assert found["first"] == ("Failed", NOT_AGAIN)
    assert "first(1)" not in found, "it is not tried again"


def test_a_secret_that_is_not_there(either: Either) -> None:
    wanted = either.work()
    lacking = wanted.steps[0].model_copy(update={"secrets": {"KEY": "absent/key"}, "timeout": 5})
    wanted = wanted.model_copy(update={"steps": (lacking, wanted.steps[1])})
    either.begin(wanted)
    waits = ("Pending", 'CreateContainerConfigError: secret "absent" not found')
    either.until(lambda: nodes(either, wanted.run).get("first(0)") == waits)
    assert ended(either, wanted)[0] == "Failed"
    found = nodes(either, wanted.run)
    assert (found["first(0)"], found["first"]) == (("Failed", LATE), ("Failed", NOT_AGAIN))


def test_what_is_stopped_before_it_has_the_lock_waits_for_it(either: Either) -> None:
    first, second = either.held(), either.work(f"touch '{either.folder}/ran'", attempt=2)
    either.begin(first)
    either.running(first.run)
    either.engine.submit(second)
    either.until(lambda: status(either, second.run).get("phase") == "Pending")
    either.controller.api.merge(either.controller.path("workflows", second.run), {"spec": {"shutdown": "Stop"}})
    other = either.work(experiment="other")
    either.begin(other)
    assert ended(either, other)[0] == "Succeeded", "by now it has been looked at"
    assert status(either, second.run)["phase"] == "Pending"
    either.go()
    assert ended(either, second) == ("Failed", "Stopped with strategy 'Stop'")
    assert not (either.folder / "ran").exists()


def test_the_log_of_a_job_has_lines_of_what_starts_it(either: Either) -> None:
    wanted = either.work("echo one; echo two; exit 7")
    either.begin(wanted)
    ended(either, wanted)
    (pod,) = either.engine.runs.cluster.list("Pod", f"workflows.argoproj.io/workflow={wanted.run}").items
    lines = some(either.engine.runs.cluster.log(pod["metadata"]["name"], "main", 50, 100_000)).splitlines()
    own = [line for line in lines if line.startswith("time=")]
    assert any('msg="waiting for signals"' in line for line in own)
    assert any('msg="sub-process exited"' in line and 'error="exit status 7"' in line for line in own)
    assert [line for line in lines if line not in own] == ["one", "two", "Error: exit status 7"]
    assert some(either.engine.find(wanted.run)).failures[0].log == "one\ntwo\n"


def conditions(space: Either) -> list[tuple[str, str]]:
    """What the schedule says of itself."""
    found = space.controller.get("cronworkflows", "demo").get("status", {}).get("conditions", [])
    return [(one["type"], one["message"]) for one in found]


def test_a_condition_that_asks_for_a_member_of_a_variable(either: Either) -> None:
    """A fault of ours (1), as Argo says it; with several times a day, the schedule's condition is of this kind."""
    now = datetime.now(UTC)
    wanted = either.work(schedule=Schedule(cron="* * * * *", timezone="UTC"), date=(now - timedelta(days=1)).date())
    either.begin_schedule(wanted)
    strict = "{{= now().Unix() >= 0 && cronworkflow.lastScheduledTime.In(timezone('UTC')).Format('20060102') != '' }}"
    either.controller.api.merge(either.controller.path("cronworkflows", "demo"), {"spec": {"when": strict}})
    either.controller.late("demo", now.replace(second=0, microsecond=0))
    either.until(lambda: conditions(either))
    assert conditions(either) == [("SubmissionError", MISSING)]
    assert either.names() == []


def test_a_time_that_was_missed_is_asked_for_at_the_time_when_it_is_made_up(either: Either) -> None:
    """The last minute of a day, where the next day has begun: the condition holds by now, and did not then."""
    zone, missed, day = yesterday()
    either.begin_schedule(either.work(schedule=Schedule(cron="59 23 * * *", timezone=zone), date=day))
    made_up = {"spec": {"startingDeadlineSeconds": 3600}}  # as where an output shows which days are made
    either.controller.api.merge(either.controller.path("cronworkflows", "demo"), made_up)
    either.controller.late("demo", missed)
    either.until(either.names)
    assert either.names() == [f"demo-{int(missed.timestamp())}"]
    meta = either.controller.get("workflows", either.names()[0])["metadata"]
    assert meta["annotations"]["workflows.argoproj.io/scheduled-time"] == f"{missed:%Y-%m-%dT%H:%M:%SZ}"


def test_a_fire_writes_the_schedules_own_annotations(either: Either) -> None:
    now = datetime.now(UTC)
    wanted = either.work(schedule=Schedule(cron=f"{now.minute} {now.hour} * * *", timezone="UTC"), date=now.date())
    either.begin_schedule(wanted)
    either.controller.late("demo", now.replace(second=0, microsecond=0))
    used = "cronworkflows.argoproj.io/last-used-schedule"

    def written() -> set[str]:
        fields = either.controller.get("cronworkflows", "demo")["metadata"]["managedFields"]
        return {one["manager"] for one in fields if f"f:{used}" in json.dumps(one["fieldsV1"])}

    either.until(written)
    assert written() == {"workflow-controller"}


def test_failures_are_json_that_is_quoted_once_more(either: Either) -> None:
    place = either.alarmed(either.work("exit 5", schedule=Schedule(cron="0 4 * * *", timezone="UTC")))
    either.controller.fire("demo", datetime(2026, 11, 24, 4, tzinfo=UTC))
    either.until(place.exists)
    told = json.loads(json.loads(place.read_text(encoding="utf-8")))
    assert {node["displayName"] for node in told} >= {"first", "first(0)"}
    assert {(node["phase"], node["message"]) for node in told if node["displayName"] == "first(0)"} == {
        ("Failed", "main: Error (exit code 5)")
    }
