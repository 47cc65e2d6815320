"""Waiting for runs: few requests, and every way in which a watch ends."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Unreachable
from tests.engines.argo.conftest import OnArgo
from tests.far.cluster_proxy import Fault
from tests.some import some

pytestmark = pytest.mark.slow

EXPIRED = b'{"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}}\n'
WATCH = "/workflows?watch"


def lists(space: OnArgo) -> int:
    """How often all were asked for."""
    return sum(
        "/workflows?" in seen and "watch" not in seen and "cron-workflow" not in seen for seen in space.proxy.seen
    )


def test_many_runs_take_one_list_and_one_watch(space: OnArgo) -> None:
    wanted = [space.held(experiment=f"demo-{n}") for n in range(5)]
    for one in wanted:
        space.begin(one)
    for one in wanted:
        space.running(one.run)
    space.proxy.seen.clear()
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(space.watched, *(one.run for one in wanted))
        space.until(lambda: any(WATCH in seen for seen in space.proxy.seen))
        space.go()
        ends = {run.name: run.state for run in told.result(60)}
    assert ends == {one.run: "succeeded" for one in wanted}
    asked = [seen for seen in space.proxy.seen if seen.startswith("GET")]
    assert (lists(space), len(asked)) == (1, 2), asked


@pytest.mark.parametrize(
    "fault",
    [
        Fault(410, {"code": 410}), Fault(200, EXPIRED), Fault(), Fault(503), Fault(401), Fault(200, b'{"type": "MODI'),
    ],
    ids=["410", "expired", "refused", "503", "401", "half a line"],
)  # fmt: skip
def test_a_watch_that_ends_early_is_begun_again(space: OnArgo, fault: Fault) -> None:
    wanted = space.held()
    space.begin(wanted)
    space.running(wanted.run)
    space.proxy.fail("GET", WATCH, fault, times=2)
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(space.watched, wanted.run)
        space.until(lambda: not space.proxy.faults)
        space.go()
        last = told.result(60)[-1]
    assert (last.state, [node.state for node in last.nodes]) == ("succeeded", ["succeeded"] * 2)
    assert lists(space) <= 4, "no list follows the other at once"


def test_a_watch_that_is_cut_in_the_middle_of_an_event(space: OnArgo) -> None:
    wanted = space.held()
    space.begin(wanted)
    space.running(wanted.run)
    for bytes_ in (0, 1, 40, 5_000):
        space.proxy.fail("GET", WATCH, Fault(cut=bytes_))
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(space.watched, wanted.run)
        space.until(lambda: any(WATCH in seen for seen in space.proxy.seen))
        space.go()
        assert told.result(60)[-1].state == "succeeded"


def test_a_cluster_that_is_gone_is_unreachable(space: OnArgo) -> None:
    wanted = space.held()
    space.begin(wanted)
    space.proxy.fail("GET", "/workflows?", Fault(), times=20)
    with pytest.raises(Unreachable, match=r"check `engine\.context`"):
        space.watched(wanted.run)


def test_it_leaves_at_its_deadline_though_nothing_happens(space: OnArgo) -> None:
    wanted = space.held()
    space.begin(wanted)
    space.running(wanted.run)
    begun = time.monotonic()
    told = list(space.engine.watch([wanted.run], datetime.now(UTC) + timedelta(seconds=2)))
    assert told[-1].state == "running"
    assert 1.5 < time.monotonic() - begun < 8


def test_deleted_under_our_feet(space: OnArgo) -> None:
    wanted = space.held()
    space.begin(wanted)
    space.running(wanted.run)
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(space.watched, wanted.run)
        space.until(lambda: any(WATCH in seen for seen in space.proxy.seen))
        space.controller.api.call("DELETE", space.controller.path("workflows", wanted.run))
        last = told.result(60)[-1]
    assert (last.state, [node.name for node in last.nodes]) == ("stopped", ["first"])
    assert space.engine.find(wanted.run) is None


def test_deleted_as_soon_as_it_was_over(space: OnArgo) -> None:
    wanted = space.held()
    space.begin(wanted)
    space.running(wanted.run)
    last = space.controller.get("workflows", wanted.run) | {"status": {"phase": "Succeeded", "nodes": {}}}
    event = json.dumps({"type": "DELETED", "object": last}).encode() + b"\n"
    space.proxy.fail("GET", WATCH, Fault(200, event))
    assert [run.state for run in space.watched(wanted.run)] == ["running", "succeeded"]
    space.controller.api.call("DELETE", space.controller.path("workflows", wanted.run))
    assert some(space.engine.find(wanted.run)).state == "succeeded"


def test_a_copy_that_somebody_resubmits_is_not_the_run(space: OnArgo) -> None:
    """As `argo resubmit` makes it: with the labels, under another name; here it has failed already."""
    wanted = space.held()
    space.begin(wanted)
    space.running(wanted.run)
    cluster = space.server.cluster(space.controller.namespace)
    found = cluster.get("Workflow", wanted.run)
    meta = {"name": f"{wanted.run}-x7k2p", **{key: some(found)["metadata"][key] for key in ("labels", "annotations")}}
    space.proxy.seen.clear()
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(space.watched, wanted.run)
        space.until(lambda: any(WATCH in seen for seen in space.proxy.seen))
        copy = {**{key: some(found)[key] for key in ("apiVersion", "kind", "spec")}, "metadata": meta}
        cluster.create({**copy, "status": {"phase": "Failed"}})
        time.sleep(0.3)
        space.go()
        ends = [run.state for run in told.result(60)]
    assert ends[-1] == "succeeded", ends
    assert "failed" not in ends


def test_progress_is_told_as_nodes_finish(space: OnArgo) -> None:
    wanted = space.held()
    space.begin(wanted)
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(space.watched, wanted.run)
        space.running(wanted.run)
        space.go()
        states = [tuple((node.name, node.state) for node in run.nodes) for run in told.result(60)]
    assert states[-1] == (("first", "succeeded"), ("second", "succeeded"))
    assert (("first", "running"),) in states
    assert len(states) == len(set(states)) + (states.count(states[-1]) - 1), "nothing is told twice"


def test_a_run_that_waits_for_another_of_its_experiment_is_running(space: OnArgo) -> None:
    one, other = space.held(), space.work(attempt=2)
    space.begin(one)
    space.running(one.run)
    space.engine.submit(other)
    space.until(lambda: space.controller.get("workflows", other.run).get("status", {}).get("phase") == "Pending")
    found = some(space.engine.find(other.run))
    assert (found.state, [(node.name, node.state) for node in found.nodes]) == (
        "running",
        [("the workflow", "waiting")],
    )
    assert found.nodes[0].reason.startswith(f"Waiting for {space.controller.namespace}/Mutex/sameday-demo lock")
    space.go()
    assert {run.state for run in space.watched(one.run, other.run)} == {"running", "succeeded"}


def test_a_template_that_is_not_there_stops_the_run_and_says_so(space: OnArgo) -> None:
    """Argo may only not have heard of it yet: whoever wants the run submits it again."""
    wanted = space.work()
    space.engine.submit(wanted)
    last = space.watched(wanted.run)[-1]
    (node,) = last.failures
    assert (last.state, node.name) == ("stopped", "the workflow")
    assert node.reason == 'workflowtemplates.argoproj.io "demo-0badcafe" not found'
