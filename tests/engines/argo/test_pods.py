"""What becomes of a job whose pod ends otherwise than by the job's end, or cannot begin."""

from __future__ import annotations

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


@pytest.mark.xfail(strict=True, reason="fault 7: to Argo an evicted pod is one that failed by itself")
def test_a_pod_that_is_evicted_is_tried_again(space: OnArgo) -> None:
    wanted = twice(space)
    space.controller.do(begun(space, wanted), evict=MEMORY)
    assert ends(space, wanted) == [("first", "succeeded"), ("second", "succeeded")]


def test_a_job_that_takes_too_much_memory_fails_and_says_so(space: OnArgo) -> None:
    wanted = twice(space)
    space.controller.do(begun(space, wanted), oom=True)
    (failed,) = space.watched(wanted.run)[-1].failures
    assert (failed.name, failed.reason) == ("first", "main: OOMKilled (exit code 137)")


def waiting(space: OnArgo, wanted: Work, why: str) -> Node:
    """The first job, once Argo knows why its pod waits."""

    def known() -> bool:
        nodes = (space.controller.get("workflows", wanted.run) or {}).get("status", {}).get("nodes", {})
        return any(why in node.get("message", "") for node in nodes.values())

    space.until(known)
    return next(node for node in some(space.engine.find(wanted.run)).nodes if node.name == "first")


@pytest.mark.xfail(strict=True, reason="fault 8: a pod that waits does not say why")
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
    assert found.state == "running"
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
