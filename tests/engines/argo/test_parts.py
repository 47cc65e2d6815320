"""A run of more jobs than one graph takes, in parts: told as if it were one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.engines.argo import nodes
from bot.ports import Step
from tests.engines.argo.conftest import IMAGE, OnArgo

pytestmark = pytest.mark.slow

MANY = 200


def test_a_run_in_parts_is_told_as_one(space: OnArgo) -> None:
    """One job, many after it of which the last one fails, and one after all."""
    names = [f"t{n}" for n in range(MANY)]
    many = [Step(name=name, argv=("true",), image=IMAGE, dependencies=("first",), timeout=60) for name in names]
    many[-1] = many[-1].model_copy(update={"argv": ("sh", "-c", "echo what went wrong; exit 7")})
    first = Step(name="first", argv=("true",), image=IMAGE, timeout=60)
    last = Step(name="last", argv=("true",), image=IMAGE, dependencies=tuple(names), timeout=60)
    wanted = space.work(steps=(first, *many, last))
    space.controller.act(*({"job": job, "play": {"code": 0, "seconds": 0.2}} for job in ("*.t[!1]*", "*.t1[!9]*")))
    space.begin(wanted)
    found = list(space.engine.watch([wanted.run], datetime.now(UTC) + timedelta(seconds=110)))[-1]
    assert [node.name for node in found.nodes] == ["first", *names, "last"]
    assert [node.state for node in found.nodes] == ["succeeded"] * MANY + ["failed", "omitted"]
    (failed,) = found.failures
    assert failed.name == names[-1]
    assert "what went wrong\n" in failed.log


def test_pods_of_parts_have_their_jobs_names() -> None:
    """Where the status holds no nodes."""
    workflow = {"metadata": {"name": "demo"}}
    paths = ["demo.first", "demo.sameday-part-2.t1(0)", "demo.sameday-part-2.t1(1)", "demo.sameday-verify(0)"]
    pods = [
        {
            "metadata": {"name": f"p{i}", "annotations": {"workflows.argoproj.io/node-name": path}},
            "status": {"phase": "Succeeded", "startTime": f"2026-11-23T00:00:0{i}Z"},
        }
        for i, path in enumerate(paths)
    ]
    found = nodes.of_pods(workflow, iter(pods))
    assert [(one.node.name, one.pod) for one in found] == [("first", "p0"), ("t1", "p2"), ("sameday-verify", "p3")]
