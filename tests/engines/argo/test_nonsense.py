"""A cluster, or what is in the way to it, answers with nonsense: that is an outage, and is told in a sentence."""

from __future__ import annotations

import base64
import copy
import gzip
import itertools
import json
import os
import random
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bot.cluster import Access, Cluster
from bot.compile.work import data
from bot.engines.argo import Argo
from bot.engines.argo.nodes import nodes_of
from bot.errors import SamedayError, Unreachable
from bot.ports import Step, Work
from bot.settings import Manifests
from tests.wild import damaged

pytestmark = pytest.mark.slow

COUNT = int(os.environ.get("SAMEDAY_COUNT", "400"))
RUN = "demo-0badcafe-20261123"
STEPS = (Step(name="first", argv=("true",), timeout=60), Step(name="second", argv=("true",), timeout=60))
WORK = Work(experiment="demo", key="0badcafe", date=date(2026, 11, 23), steps=STEPS)
LABELS = {"sameday/experiment": "demo", "sameday/key": "0badcafe", "app.kubernetes.io/managed-by": "sameday"}


def meta(name: str, **more: Any) -> dict[str, Any]:
    """Metadata as an API server has it."""
    return {"name": name, "namespace": "ns", "uid": f"uid-{name}", "resourceVersion": "7", "labels": LABELS, **more}


def node(name: str, kind: str = "Pod", **more: Any) -> dict[str, Any]:
    """A node as Argo writes it."""
    return {
        "id": f"{RUN}-{name}", "name": f"{RUN}.{name}", "displayName": name, "type": kind, "phase": "Failed",
        "templateName": "job", "templateScope": "local/demo", "boundaryID": RUN, "message": "Error (exit code 7)",
        "startedAt": "2026-11-23T04:00:00Z", "finishedAt": "2026-11-23T04:01:00Z", "progress": "0/1", **more,
    }  # fmt: skip


NODES = {
    RUN: node("main", "DAG", id=RUN, displayName=RUN, boundaryID="", children=[f"{RUN}-first"]),
    f"{RUN}-first": node("first", "Retry", children=[f"{RUN}-first-0"]),
    f"{RUN}-first-0": node("first-0", displayName="first(0)"),
    f"{RUN}-part": node("part-1", "DAG", phase="Omitted", displayName="sameday-part-1"),
    f"{RUN}-second": node("second", "Skipped", phase="Omitted", message="omitted: depends condition not met"),
}
TEMPLATES = [
    {"name": "run", "dag": {"tasks": [{"name": "first", "template": "job"}, {"name": "second", "template": "job"}]}},
    {"name": "job", "container": {"image": "x"}},
]
STATUS = {
    "phase": "Failed", "message": "child failed", "startedAt": "2026-11-23T04:00:00Z", "progress": "0/2",
    "finishedAt": "2026-11-23T04:02:00Z", "storedWorkflowTemplateSpec": {"entrypoint": "run", "templates": TEMPLATES},
}  # fmt: skip


def workflow(status: dict[str, Any]) -> dict[str, Any]:
    """A run that has failed."""
    name = meta(RUN, annotations={"sameday/data": data(WORK)}, labels={**LABELS, "sameday/run": RUN})
    spec = {"workflowTemplateRef": {"name": "demo-0badcafe"}, "templates": TEMPLATES}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": name, "spec": spec, "status": status}


PACKED = base64.b64encode(gzip.compress(json.dumps(NODES).encode())).decode()
SCHEDULED = {
    **workflow({**STATUS, "compressedNodes": PACKED}),
    "metadata": meta(
        "demo-1795406400",
        labels={**LABELS, "workflows.argoproj.io/cron-workflow": "demo"},
        annotations={"workflows.argoproj.io/scheduled-time": "2026-11-23T04:00:00Z", "sameday/data": data(WORK)},
    ),
}  # fmt: skip
POD = {
    "kind": "Pod", "metadata": meta("pod", annotations={"workflows.argoproj.io/node-name": f"{RUN}.first(0)"}),
    "status": {
        "phase": "Failed", "message": "OOMKilled", "startTime": "2026-11-23T04:00:00Z",
        "containerStatuses": [{"name": "main", "state": {"terminated": {"finishedAt": "2026-11-23T04:01:00Z"}}}],
    },
}  # fmt: skip
CRON = {
    "apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow", "metadata": meta("demo"),
    "spec": {"suspend": False, "workflowSpec": {"workflowTemplateRef": {"name": "demo-0badcafe"}}},
}  # fmt: skip
TEMPLATE = {
    "kind": "WorkflowTemplate",
    "metadata": meta("demo-0badcafe", annotations={"sameday/run-20261123": "failed " + "0" * 16, "sameday/spec": "x"}),
}


def listed(*items: Any) -> dict[str, Any]:
    """A list as an API server gives it."""
    return {"kind": "List", "metadata": {"resourceVersion": "9"}, "items": list(items)}


def answers(status: dict[str, Any]) -> dict[str, Any]:
    """What the cluster says, by the end of the path that is asked."""
    return {
        "workflows": listed(workflow(status), SCHEDULED), RUN: workflow(status), "pods": listed(POD), "demo": CRON,
        "demo-0badcafe": TEMPLATE, "watch": {"type": "MODIFIED", "object": workflow({**status, "phase": "Succeeded"})},
    }  # fmt: skip


@dataclass
class Far:
    """The far side of the wire: it answers as it is told, and nothing else."""

    says: dict[str, Any] = field(default_factory=dict)
    url: str = ""

    def answer(self, path: str) -> bytes:
        """The body for a path."""
        where, _, query = path.partition("?")
        last = where.rpartition("/")[2]
        said = self.says.get("watch" if "watch=1" in query else last, {"kind": "Status"})
        return (said if isinstance(said, bytes) else json.dumps(said).encode()) + b"\n"


@pytest.fixture
def far() -> Iterator[Far]:
    """A server that answers."""
    far = Far()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            said = b"a line\n" if "/log?" in self.path else far.answer(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

        do_POST = do_PATCH = do_DELETE = do_GET

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    far.url = f"http://127.0.0.1:{listening.server_address[1]}"
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield far
    listening.shutdown()
    listening.server_close()
    thread.join()


@pytest.fixture
def engine(far: Far, tmp_path: Path) -> Argo:
    """The engine before it."""
    known = {
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "clusters": [{"name": "test", "cluster": {"server": far.url}}], "users": [{"name": "test", "user": {}}],
    }  # fmt: skip
    (tmp_path / "kubeconfig").write_text(json.dumps(known))
    cluster = Cluster(Access(kubeconfig=str(tmp_path / "kubeconfig")), "ns")
    return Argo(
        cluster, Manifests(namespace="ns", image="registry/sameday"), partial(datetime.now, UTC), lambda _: None
    )


def verbs(engine: Argo) -> list[Callable[[], object]]:
    """Everything that reads what the cluster says."""
    return [
        lambda: engine.find(RUN), lambda: engine.applied(WORK), lambda: engine.submit(WORK),
        lambda: list(engine.watch([RUN], datetime.now(UTC) - timedelta(seconds=1))),
        lambda: list(itertools.islice(engine.watch([RUN], datetime.now(UTC) + timedelta(seconds=0.3)), 3)),
        lambda: engine.scheduled("demo"), lambda: engine.cancel("demo", []),
    ]  # fmt: skip


def held(act: Callable[[], object]) -> None:
    """It gives a value, or says in a sentence why not, and soon."""
    started, said = time.monotonic(), "a value"
    try:
        found = act()
        json.dumps(repr(found)).encode()
        for run in found if isinstance(found, list | tuple) else [found]:
            for one in getattr(run, "nodes", ()):
                f"{one.name} {one.reason} {one.started} {one.log}".encode()
    except SamedayError as error:
        said = str(error)
    assert said.strip()
    assert "\n" not in said
    assert said.encode()
    assert time.monotonic() - started < 30


@pytest.mark.parametrize("packed", [False, True], ids=["nodes", "packed"])
def test_any_answer_is_a_value_or_a_sentence(far: Far, engine: Argo, packed: bool) -> None:
    chance = random.Random(11)
    for _ in range(COUNT):
        nodes: dict[str, Any] = {"nodes": NODES}
        if packed:
            mutant = json.dumps(damaged(NODES, chance)).encode()
            nodes = {"compressedNodes": base64.b64encode(gzip.compress(mutant)).decode()}
        far.says = answers({**STATUS, **nodes})
        if not packed:
            for path in chance.sample(sorted(far.says), chance.choice([1, 1, 6])):
                far.says[path] = damaged(far.says[path], chance)
        for verb in chance.sample(verbs(engine), 2):
            held(verb)


ODD = [
    b"",
    b"null",
    b"[]",
    b"7",
    b'"x"',
    b"<html>",
    b"{",
    b"[" * 100_000,
    b'{"kind":' * 50_000,
    b"\xff\xfe",
    b"0" * 9_999,
]


@pytest.mark.parametrize("body", ODD, ids=range(len(ODD)))
def test_no_answer_of_an_api_server_is_an_outage(far: Far, engine: Argo, body: bytes) -> None:
    far.says = dict.fromkeys(answers({}), body)
    for verb in verbs(engine)[:4]:
        with pytest.raises(Unreachable, match=r"what came from the cluster http://127.0.0.1:\d+ .* is no answer"):
            verb()


@pytest.mark.parametrize(
    ("way", "value", "said"),
    [
        (("status", "phase"), ["Succeeded"], "'status.phase' should be text"),
        (("status", "phase"), "Done", "'status.phase' should be a phase of Argo's"),
        (("status", "nodes"), [], "'status.nodes' should be an object"),
        (("status", "nodes", f"{RUN}-first", "startedAt"), "noon", "-first.startedAt' should be a moment"),
        (("status", "nodes", f"{RUN}-first", "children"), [7], "should be a list of texts"),
    ],
)  # fmt: skip
def test_nonsense_says_who_answered_and_where(far: Far, engine: Argo, way: Any, value: Any, said: str) -> None:
    far.says = answers({**STATUS, "nodes": NODES})
    place = far.says[RUN] = copy.deepcopy(far.says[RUN])
    for key in way[:-1]:
        place = place[key]
    place[way[-1]] = value
    with pytest.raises(Unreachable, match=f"the workflow {RUN} answers with nonsense: .*{said}") as caught:
        engine.find(RUN)
    assert caught.value.code == 3


def test_nonsense_of_another_run_is_no_outage_of_this_one(far: Far, engine: Argo) -> None:
    far.says = answers({**STATUS, "nodes": NODES})
    odd = {
        **SCHEDULED,
        "metadata": {**SCHEDULED["metadata"], "annotations": {"workflows.argoproj.io/scheduled-time": "x"}},
    }
    odd_status = {**SCHEDULED, "status": {"phase": 7}}
    far.says["workflows"]["items"] += [odd, odd_status]
    (last,) = engine.watch([RUN], datetime.now(UTC) + timedelta(seconds=5))
    assert (last.state, [node.name for node in last.failures]) == ("failed", ["first"])


def test_a_list_without_an_end_ends(far: Far, engine: Argo) -> None:
    far.says = answers({**STATUS, "nodes": NODES})
    far.says["workflows"]["metadata"]["continue"] = "again"
    with pytest.raises(Unreachable, match=r"the list of workflows in the cluster .* has no end"):
        engine.cancel("demo", [])


BOMBS = {"text": (b'{"a":"', b" " * (1 << 20), b'"}'), "lists": (b'{"a":[[]', b",[]" * (1 << 19), b"]}")}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_packed_bomb_is_not_unpacked(bomb: str) -> None:
    """A megabyte that holds one thousand."""
    first, middle, last = BOMBS[bomb]
    packing = zlib.compressobj(9, wbits=31)
    content = packing.compress(first) + b"".join(packing.compress(middle) for _ in range(700)) + packing.compress(last)
    packed = base64.b64encode(content + packing.flush()).decode()
    tracemalloc.start()
    try:
        assert nodes_of({"status": {"compressedNodes": packed}}) is None
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()
