"""What failed and why: nodes wherever Argo keeps them, and logs that may be shown."""

from __future__ import annotations

import base64
import gzip

import pytest

from bot.engines.argo.nodes import nodes_of, state
from tests.engines.argo.conftest import OnArgo, Played
from tests.some import some


@pytest.mark.slow
@pytest.mark.parametrize("pack", ["", "gzip", "zstd", "offload"])
def test_a_failure_is_told_wherever_the_nodes_are(played: Played, pack: str) -> None:
    played.controller.pack = pack
    wanted = played.work("echo what went wrong; exit 7")
    played.begin(wanted)
    last = played.watched(wanted.run)[-1]
    (failed,) = last.failures
    assert failed.name == "first"
    assert failed.log == "what went wrong\n"
    assert failed.reason == ("failed" if pack in ("zstd", "offload") else "ended with exit code 7")
    assert last == played.engine.find(wanted.run)


@pytest.mark.slow
def test_a_job_that_takes_too_long_is_stopped(space: OnArgo) -> None:
    wanted = space.work("sleep 60")
    slow = wanted.steps[0].model_copy(update={"timeout": 1})
    wanted = wanted.model_copy(update={"steps": (slow, wanted.steps[1])})
    space.begin(wanted)
    (failed,) = space.watched(wanted.run)[-1].failures
    assert failed.reason == "Pod was active on the node longer than the specified deadline"


def test_nodes_that_cannot_be_unpacked_are_looked_for_elsewhere() -> None:
    whole = gzip.compress(b'{"a": {}}')
    for packed in (whole[:10] + b"\xff" + whole[11:], whole[:-9], whole[:20], b"(\xb5/\xfd"):
        assert nodes_of({"status": {"compressedNodes": base64.b64encode(packed).decode()}}) is None
    found = nodes_of({"status": {"compressedNodes": base64.b64encode(whole).decode()}})
    assert found is not None
    assert {key: node.data for key, node in found.items()} == {"a": {}}


@pytest.mark.slow
def test_the_end_of_a_log_is_its_end(space: OnArgo) -> None:
    """However long its lines are: a node says no more than it is asked for, from the beginning of the last lines."""
    wanted = space.work("head -c 300000 /dev/zero | tr '\\0' x | fold -w 10000; echo; echo what went wrong; exit 7")
    space.begin(wanted)
    (failed,) = space.watched(wanted.run)[-1].failures
    assert failed.log.endswith("x\nwhat went wrong\n")
    assert len(failed.log) > 10_000


@pytest.mark.slow
def test_a_log_that_may_not_be_read_fails_nothing(space: OnArgo) -> None:
    namespace = space.server.namespace()
    space.server.grant(namespace, "reader", ("get list", "argoproj.io", "workflows workflowtemplates"))
    wanted = space.work("exit 1")
    space.begin(wanted)
    space.watched(wanted.run)
    space.server.grant(space.controller.namespace, "reader", ("get list", "argoproj.io", "workflows workflowtemplates"))
    reader = space.other()
    reader.runs.cluster = space.server.cluster(space.controller.namespace, "reader")
    found = reader.find(wanted.run)
    assert some(found).state == "failed"
    assert some(found).failures[0].log.startswith("(the log of the pod demo-0badcafe-20261123-job-")
    assert "cannot be read" in some(found).failures[0].log


@pytest.mark.slow
def test_a_log_that_went_with_its_pod_is_said_to_be_gone(space: OnArgo) -> None:
    wanted = space.work("echo what went wrong; exit 1")
    space.begin(wanted)
    space.watched(wanted.run)
    (pod,) = space.controller.pods("first")
    path = f"/api/v1/namespaces/{space.controller.namespace}/pods/{pod['metadata']['name']}"
    space.controller.api.call("DELETE", path, {"gracePeriodSeconds": 0})
    space.until(lambda: not space.controller.pods("first"))
    (failed,) = some(space.other().find(wanted.run)).failures
    assert failed.log == f"(the pod {pod['metadata']['name']} is gone, and its log with it: see `manifests.pods`)"


@pytest.mark.parametrize(
    ("phase", "labels", "annotations", "wanted"),
    [
        (None, {}, {}, "running"),
        ("Pending", {}, {}, "running"),
        ("Running", {}, {}, "running"),
        ("Error", {}, {}, "failed"),
        ("Running", {"workflows.argoproj.io/completed": "true"}, {}, "failed"),
        ("", {"workflows.argoproj.io/completed": "true", "workflows.argoproj.io/phase": "Succeeded"}, {}, "succeeded"),
        ("Failed", {}, {"sameday/superseded-by": "feedbeef"}, "stopped"),
        ("Succeeded", {}, {"sameday/superseded-by": "feedbeef"}, "succeeded"),
    ],
)
def test_states(phase: str | None, labels: dict[str, str], annotations: dict[str, str], wanted: str) -> None:
    status = {} if phase is None else {"status": {"phase": phase}}  # and no finishedAt, which Argo may leave out
    assert state({"metadata": {"name": "x", "labels": labels, "annotations": annotations}, **status}) == wanted


@pytest.mark.parametrize(
    ("annotations", "wanted"), [({}, "failed"), ({"sameday/superseded-by": "feedbeef"}, "stopped")]
)
def test_a_workflow_that_was_terminated_in_the_queue_has_not_succeeded(
    annotations: dict[str, str], wanted: str
) -> None:
    """Argo 4.0 says Succeeded of a workflow that somebody terminates while it waits for its lock."""
    nodes = {"x": {"id": "x", "name": "x", "displayName": "x", "phase": "Failed"}}
    workflow = {"metadata": {"name": "x", "annotations": annotations}, "status": {"phase": "Succeeded", "nodes": nodes}}
    assert state(workflow) == wanted
