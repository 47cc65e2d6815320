"""From a Workflow's status to a run: its nodes by the names of the jobs, wherever Argo keeps them."""

from __future__ import annotations

import base64
import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.compile.argo import ENTRY, PART
from bot.ports import Node, NodeState, RunState

CANCELLED = "sameday/superseded-by"  # an annotation: we stopped the run, and submitting its work again resumes it
COMPLETED, PHASE = "workflows.argoproj.io/completed", "workflows.argoproj.io/phase"  # labels
STATES: Mapping[str, NodeState] = {
    "Succeeded": "succeeded", "Skipped": "succeeded", "Omitted": "omitted", "Failed": "failed", "Error": "failed",
}  # fmt: skip
BUSY = ("", "Pending", "Running")  # of a workflow's phases; a suspended one is Running
EXIT = re.compile(r"(?:main: )?Error \(exit code (\d+)\)\Z")
ATTEMPT = re.compile(r"\(\d+\)\Z")  # ends the name of a node that is one try of another
OMITTED = "something it needs failed"
NAME = re.compile(r"[A-Za-z0-9_][-.\w()]{0,252}", re.ASCII)  # of a job, a task, or a try of one
NAMELESS = "a node without a name"  # in the place of what is none, which anybody could have written
WHOLE = "the workflow"  # in the place of a node's name, where none of them says why


@dataclass(frozen=True, slots=True)
class Pod:
    """A node and the pod whose log tells more, if it has one."""

    node: Node
    pod: str | None = None


def state(workflow: Mapping[str, Any]) -> RunState:
    """How a workflow stands; one that does not say when it finished may be over all the same."""
    meta, status = workflow["metadata"], workflow.get("status") or {}
    labels = meta.get("labels") or {}
    phase = status.get("phase") or ""
    if labels.get(COMPLETED) == "true" and phase in BUSY:
        phase = labels.get(PHASE) or "Failed"
    if phase in BUSY:
        return "running"
    if phase == "Succeeded":
        return "succeeded"
    return "stopped" if CANCELLED in (meta.get("annotations") or {}) else "failed"


def kept(workflow: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """All nodes by id, or None where they are not in the object, or packed in a way that Python cannot open."""
    status = workflow.get("status") or {}
    if status.get("nodes"):
        return dict(status["nodes"])
    if status.get("compressedNodes"):
        try:
            return dict(json.loads(gzip.decompress(base64.b64decode(status["compressedNodes"]))))
        except (OSError, EOFError, ValueError, zlib.error):
            return None  # zstd, since 4.0, and brotli, since 4.1
    return None if status.get("offloadNodeStatusVersion") else {}


def of_status(workflow: Mapping[str, Any], nodes: Mapping[str, Any]) -> tuple[Pod, ...]:
    """The graph's nodes in the graph's order; attempts of one that was tried again are its own."""
    name = workflow["metadata"]["name"]
    attempts = {child for node in nodes.values() if node.get("type") == "Retry" for child in node.get("children") or ()}
    found: dict[str, Pod] = {}
    parts = {key for key, node in nodes.items() if node.get("boundaryID") == name and _is_part(node["displayName"])}
    for key, node in nodes.items():
        if node.get("boundaryID") in {name, *parts} and key not in attempts | parts:
            found[node["displayName"]] = _node(workflow, node, nodes)
    graphs = _graphs(workflow)
    for part in (nodes[key] for key in parts if nodes[key].get("phase") == "Omitted"):  # its tasks have no nodes
        found |= {task: Pod(Node(task, "omitted", reason=OMITTED)) for task in graphs.get(part["displayName"], ())}
    order = [task for name in graphs.get(ENTRY, ()) for task in (graphs.get(name, ()) if _is_part(name) else (name,))]
    first = sorted((name for name in found if name not in order), key=lambda name: str(found[name].node.started))
    return tuple(found[name] for name in [*(name for name in order if name in found), *first])


def of_pods(workflow: Mapping[str, Any], pods: Iterator[Mapping[str, Any]]) -> tuple[Pod, ...]:
    """The same by the run's pods, where the status holds no nodes; the last try of each counts."""
    found: dict[str, Pod] = {}
    for pod in sorted(pods, key=lambda pod: str((pod.get("status") or {}).get("startTime"))):
        meta, status = pod["metadata"], pod.get("status") or {}
        path = (meta.get("annotations") or {}).get("workflows.argoproj.io/node-name", meta["name"])
        path = ATTEMPT.sub("", path.removeprefix(f"{workflow['metadata']['name']}."))
        name = _named(path.rpartition(".")[2] if _is_part(path) else path)
        became = STATES.get(status.get("phase", ""), "running")
        started, finished = _time(status.get("startTime")), _ended(status)
        found[name] = Pod(Node(name, became, started, finished, _reason(status.get("message"), became)), meta["name"])
    return tuple(found.values())


def whole(workflow: Mapping[str, Any]) -> Pod:
    """What stands for a workflow that failed as a whole."""
    status = workflow.get("status") or {}
    reason = status.get("message") or "failed, and does not say why"
    times = _time(status.get("startedAt")), _time(status.get("finishedAt"))
    return Pod(Node(WHOLE, "failed", *times, reason))


def _node(workflow: Mapping[str, Any], node: Mapping[str, Any], nodes: Mapping[str, Any]) -> Pod:
    became = STATES.get(node.get("phase") or "", "running")
    last = node
    if node.get("type") == "Retry" and node.get("children"):
        last = nodes.get(node["children"][-1], node)
    message = last.get("message") or node.get("message")
    reason = OMITTED if became == "omitted" else _reason(message, became)
    times = _time(node.get("startedAt")), _time(node.get("finishedAt"))
    return Pod(Node(_named(node["displayName"]), became, *times, reason), _pod(workflow, last))


def _pod(workflow: Mapping[str, Any], node: Mapping[str, Any]) -> str | None:
    """The name Argo gives to a node's pod: workflow, template, and the hash that ends the node's id."""
    if node.get("type") != "Pod":
        return None
    meta = workflow["metadata"]
    if (meta.get("annotations") or {}).get("workflows.argoproj.io/pod-name-format") == "v1":
        return str(node["id"])
    return f"{meta['name']}-{node['templateName']}-{node['id'].rpartition('-')[2]}"


def _reason(message: str | None, became: NodeState) -> str:
    if became != "failed":
        return ""
    found = EXIT.match(message or "")
    return f"ended with exit code {found[1]}" if found else " ".join((message or "failed").split())


def _graphs(workflow: Mapping[str, Any]) -> dict[str, list[str]]:
    """The names of each graph's tasks."""
    stored = (workflow.get("status") or {}).get("storedWorkflowTemplateSpec") or workflow.get("spec") or {}
    graphs = {t["name"]: t["dag"].get("tasks") or () for t in stored.get("templates") or () if t.get("dag")}
    return {name: [task["name"] for task in tasks] for name, tasks in graphs.items()}


def _named(name: str) -> str:
    """A node's name, which is shown; anything that is none is not."""
    return name if NAME.fullmatch(name) else NAMELESS


def _is_part(name: str) -> bool:
    """Whether a node stands for a part of a large graph, and not for a job or a task."""
    return name.startswith(PART)


def _ended(status: Mapping[str, Any]) -> datetime | None:
    for container in status.get("containerStatuses") or ():
        if container["name"] == "main":
            return _time(((container.get("state") or {}).get("terminated") or {}).get("finishedAt"))
    return None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
