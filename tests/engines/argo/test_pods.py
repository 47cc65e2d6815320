"""What becomes of a job whose pod ends otherwise than by the job's end, or cannot begin."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest

from bot.ports import Node, Work
from tests.engines.argo.conftest import OnArgo
from tests.some import some

pytestmark = pytest.mark.slow

MEMORY = "The node was low on resource: memory."


def begun(space: OnArgo, wanted: Work) -> str:
    """The name of the first job's pod, once it is at work."""
    space.begin(wanted)
    space.until(lambda: (space.folder / "begun").exists())
    (pod,) = space.controller.pods("first")
    return str(pod["metadata"]["name"])


def twice(space: OnArgo) -> Work:
    """A run whose first job waits when it is tried first, and ends well when it is tried again."""
    return space.work(f"cd '{space.folder}'; [ ! -e begun ] || exit 0; touch begun; sleep 100")


def ends(space: OnArgo, wanted: Work) -> list[tuple[str, str]]:
    """How the jobs end."""
    return [(node.name, node.state) for node in space.watched(wanted.run)[-1].nodes]


def test_a_pod_that_somebody_deletes_is_made_again(space: OnArgo) -> None:
    wanted = twice(space)
    path = f"/api/v1/namespaces/{space.controller.namespace}/pods/{begun(space, wanted)}"
    space.controller.api.call("DELETE", path, {"gracePeriodSeconds": 0})
    assert ends(space, wanted) == [("first", "succeeded"), ("second", "succeeded")]


def test_a_pod_whose_node_is_gone_is_made_again(space: OnArgo) -> None:
    wanted = twice(space)
    space.controller.do(begun(space, wanted), lose=True)
    assert ends(space, wanted) == [("first", "succeeded"), ("second", "succeeded")]


def test_a_pod_that_is_evicted_is_tried_again(space: OnArgo) -> None:
    wanted = twice(space)
    space.controller.do(begun(space, wanted), evict=MEMORY)
    assert ends(space, wanted) == [("first", "succeeded"), ("second", "succeeded")]


def test_a_job_that_takes_too_much_memory_fails_and_says_so(space: OnArgo) -> None:
    wanted = twice(space)
    space.controller.do(begun(space, wanted), oom=True)
    (failed,) = space.watched(wanted.run)[-1].failures
    assert (failed.name, failed.reason) == ("first", "main: OOMKilled (exit code 137)")


def test_a_job_that_is_tried_again_has_as_much_time_as_before(space: OnArgo) -> None:
    wanted = space.work("exit 1")
    slow = wanted.steps[0].model_copy(update={"timeout": 36_000})
    wanted = wanted.model_copy(update={"steps": (slow, wanted.steps[1])})
    often = space.engine.options.retry.model_copy(update={"after": "failure", "limit": 1})
    space.engine.options = space.engine.options.model_copy(update={"retry": often})
    space.begin(wanted)
    space.until(lambda: len(space.controller.pods("first")) == 2)
    for pod in space.controller.pods("first"):
        variables = {one["name"]: one.get("value", "") for one in pod["spec"]["containers"][0]["env"]}
        begun = datetime.fromisoformat(pod["metadata"]["creationTimestamp"])
        assert datetime.fromisoformat(variables["ARGO_DEADLINE"]) >= begun + timedelta(hours=10)


def test_a_job_that_fails_by_itself_is_told_at_once(space: OnArgo) -> None:
    later = space.engine.options.retry.model_copy(update={"wait": timedelta(seconds=10)})
    space.engine.options = space.engine.options.model_copy(update={"retry": later})
    wanted = space.work("exit 1")
    space.begin(wanted)
    space.until(lambda: [pod["status"]["phase"] for pod in space.controller.pods("first")] == ["Failed"])
    begun = time.monotonic()
    assert space.watched(wanted.run)[-1].state == "failed"
    assert time.monotonic() - begun < 5


def waiting(space: OnArgo, wanted: Work, why: str) -> Node:
    """The first job, once Argo knows why its pod waits."""

    def known() -> bool:
        nodes = (space.controller.get("workflows", wanted.run) or {}).get("status", {}).get("nodes", {})
        return any(why in node.get("message", "") for node in nodes.values())

    space.until(known)
    return next(node for node in some(space.engine.find(wanted.run)).nodes if node.name == "first")


@pytest.mark.parametrize(
    ("act", "why"),
    [
        ({"pull": "manifest unknown"}, "manifest unknown"),
        ({"schedule": "0/3 nodes are available"}, "0/3 nodes are available"),
        ({}, 'secret "absent" not found'),
    ],
    ids=["image", "nodes", "secret"],
)
def test_a_pod_that_waits_says_why(space: OnArgo, act: dict[str, str], why: str) -> None:
    wanted = space.work()
    if act:
        space.controller.act({"job": "*", **act})
    else:
        lacking = wanted.steps[0].model_copy(update={"secrets": {"KEY": "absent/key"}})
        wanted = wanted.model_copy(update={"steps": (lacking, wanted.steps[1])})
    space.begin(wanted)
    found = waiting(space, wanted, why)
    assert found.state == "waiting"
    assert why in found.reason


def test_a_pod_that_could_not_begin_begins_once_it_can(space: OnArgo) -> None:
    wanted = space.work()
    space.controller.act({"job": "*", "pull": "manifest unknown"})
    space.begin(wanted)
    waiting(space, wanted, "manifest unknown")
    space.controller.act()
    assert ends(space, wanted) == [("first", "succeeded"), ("second", "succeeded")]


def test_played_jobs_end_as_they_are_meant_to(space: OnArgo) -> None:
    wanted = space.work("sleep 1000")
    space.controller.act({"job": "*.first(*", "play": {"code": 3, "seconds": 0.5}})
    space.begin(wanted)
    assert ends(space, wanted) == [("first", "failed"), ("second", "omitted")]
