"""A run is started once, whatever the network and others do; what has its name is adopted or refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bot.errors import Conflict, Refused, Unreachable
from tests.engines.argo.conftest import OnArgo, Played
from tests.far.cluster_proxy import Fault
from tests.some import some

pytestmark = pytest.mark.slow


def test_many_at_once_start_one(space: OnArgo) -> None:
    wanted = space.work()
    space.engine.apply(wanted)
    engines = [space.other() for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda engine: engine.submit(wanted).name, engines))
    assert (found, space.names()) == ([wanted.run] * 6, [wanted.run])


@pytest.mark.parametrize("fault", [Fault(after=True), Fault(503, after=True), Fault(), Fault(503, {"reason": "late"})])
def test_an_answer_that_is_lost_starts_no_second_one(space: OnArgo, fault: Fault) -> None:
    wanted = space.work()
    space.engine.apply(wanted)
    space.proxy.fail("POST", "/workflows", fault)
    assert space.engine.submit(wanted).name == wanted.run
    sent = [seen for seen in space.proxy.seen if seen.startswith("POST")]
    assert len(sent) == (1 if fault.after else 2), "it is looked for before it is tried again"
    assert space.names() == [wanted.run]


def test_a_cluster_that_stays_away_is_unreachable(space: OnArgo) -> None:
    wanted = space.work()
    space.engine.apply(wanted)
    space.proxy.fail("POST", "/workflows", Fault(503), times=2)
    with pytest.raises(Unreachable):
        space.engine.submit(wanted)
    assert space.names() == []


def test_who_was_first_with_the_same_is_adopted(space: OnArgo) -> None:
    wanted = space.held()
    space.begin(wanted)
    space.proxy.fail("GET", f"/workflows/{wanted.run}", Fault(404, _absent(wanted.run)))  # as it was a moment ago
    assert space.engine.submit(wanted).name == wanted.run
    assert [seen for seen in space.proxy.seen if seen.startswith("POST")] != []


def test_a_name_that_somebody_else_has_is_refused(played: Played) -> None:
    wanted = played.work()
    manifest = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"name": wanted.run}}
    played.controller.paused = True
    played.controller.api.call("POST", played.controller.path("workflows"), {**manifest, "spec": {"suspend": True}})
    played.engine.apply(wanted)
    with pytest.raises(Conflict, match=f"a workflow {wanted.run} exists that does something else"):
        played.engine.submit(wanted)


def test_one_that_is_being_deleted_is_waited_for(played: Played) -> None:
    wanted = played.work()
    played.controller.paused = True
    played.begin(wanted)
    path = played.controller.path("workflows", wanted.run)
    played.controller.api.merge(path, {"metadata": {"finalizers": ["tests/held"]}})
    played.controller.api.call("DELETE", path)
    first = played.controller.get("workflows", wanted.run)["metadata"]["uid"]
    with ThreadPoolExecutor(1) as pool:
        submitted = pool.submit(played.engine.submit, wanted)
        played.until(lambda: played.proxy.seen.count(f"GET {path}") > 1)
        played.controller.api.merge(path, {"metadata": {"finalizers": None}})
        assert submitted.result(30).state == "running"
    assert played.controller.get("workflows", wanted.run)["metadata"]["uid"] != first


def test_a_run_whose_template_came_late_is_begun_anew(space: OnArgo) -> None:
    wanted = space.work()
    space.engine.submit(wanted)
    space.until(lambda: space.controller.get("workflows", wanted.run).get("status", {}).get("phase") == "Error")
    space.begin(wanted)
    assert space.watched(wanted.run)[-1].state == "succeeded"


def test_memory_that_a_job_is_granted_makes_no_other_run(space: OnArgo) -> None:
    wanted = space.work()
    space.begin(wanted)
    space.watched(wanted.run)
    richer = tuple(step.model_copy(update={"memory": "8Gi", "secrets": {"A": "b/c"}}) for step in wanted.steps)
    more = wanted.model_copy(update={"steps": richer})
    assert not space.engine.applied(more)
    space.engine.apply(more)
    assert space.engine.applied(more)
    assert space.engine.submit(more).state == "succeeded"


def test_one_that_is_gone_is_told_from_one_that_never_was(space: OnArgo) -> None:
    good, bad = space.work(), space.work("exit 3", experiment="other")
    for wanted in (good, bad):
        space.begin(wanted)
    ends = {run.name: run.state for run in space.watched(good.run, bad.run)}
    for wanted in (good, bad):
        space.controller.api.call("DELETE", space.controller.path("workflows", wanted.run))
        found = space.engine.find(wanted.run)
        assert (some(found).state, some(found).state) == (ends[wanted.run], space.engine.submit(wanted).state)
    assert space.engine.find(good.model_copy(update={"attempt": 2}).run) is None
    assert [run.state for run in space.watched(good.run)] == ["succeeded"]
    with pytest.raises(Conflict, match="did something else"):
        space.engine.submit(space.work("echo other words"))
    assert space.names() == []


def test_one_that_is_over_and_being_deleted_is_not_made_again(space: OnArgo) -> None:
    wanted = space.work()
    space.begin(wanted)
    path = space.controller.path("workflows", wanted.run)
    space.until(lambda: space.controller.get("workflows", wanted.run).get("status", {}).get("phase") == "Succeeded")
    space.controller.api.merge(path, {"metadata": {"finalizers": ["tests/held"]}})
    space.controller.api.call("DELETE", path)
    with ThreadPoolExecutor(1) as pool:
        submitted = pool.submit(space.engine.submit, wanted)
        space.until(lambda: space.proxy.seen.count(f"GET {path}") > 1)
        space.controller.api.merge(path, {"metadata": {"finalizers": None}})
        assert submitted.result(30).state == "succeeded"
    assert space.names() == []


def test_what_a_run_would_lack_is_said_before(space: OnArgo) -> None:
    big = tuple(space.work("x" * 5_000).steps[0].model_copy(update={"name": f"j{n}"}) for n in range(200))
    with pytest.raises(Refused, match=r"the template of demo has 1,0\d\d,\d\d\d bytes; at most 700,000 fit"):
        space.engine.apply(space.work(steps=big))
    output = {"table": "a", "job": "first", "columns": {"id": "INT64"}, "sync": {"store": "serving", "table": "a"}}
    stores = {"stores": {"serving": {"kind": "postgresql", "dsn": "SERVING_DSN"}}}
    served = space.work().model_validate(
        {**space.work().model_dump(), "outputs": {"scores": output}, "backends": stores}
    )
    with pytest.raises(Refused, match=r"add `manifests: \{secrets: \{SERVING_DSN: secret/key\}\}`"):
        space.engine.apply(served)
    space.engine.options = space.engine.options.model_copy(update={"image": None})
    with pytest.raises(Refused, match="name no image for sameday's own tasks"):
        space.engine.apply(served)


def _absent(name: str) -> dict[str, Any]:
    details = {"name": name, "group": "argoproj.io", "kind": "workflows"}
    return {"kind": "Status", "status": "Failure", "reason": "NotFound", "details": details, "code": 404}
