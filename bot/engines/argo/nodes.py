"""From a Workflow's status to a run: its nodes by the names of the jobs, wherever Argo keeps them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.answer import Answer, answer
from bot.compile.argo import ENTRY, PART
from bot.engines.argo.packed import unpacked
from bot.ports import Node, NodeState, RunState

CANCELLED = "sameday/superseded-by"  # an annotation: we stopped the run, and submitting its work again resumes it
COMPLETED, PHASE = "workflows.argoproj.io/completed", "workflows.argoproj.io/phase"  # labels
STATES: Mapping[str, NodeState] = {
    "Succeeded": "succeeded", "Skipped": "succeeded", "Omitted": "omitted", "Failed": "failed", "Error": "failed",
}  # fmt: skip
BUSY = ("", "Pending", "Running")  # of a workflow's phases; a suspended one is Running
OVER = ("Succeeded", "Failed", "Error")  # the others
EXIT = re.compile(r"(?:main: )?Error \(exit code (\d+)\)\Z")
ATTEMPT = re.compile(r"\(\d+\)\Z")  # ends the name of a node that is one try of another
UNKNOWN = re.compile(r"workflowtemplates\.argoproj\.io \S+ not found")
BEGINNING = ("ContainerCreating", "PodInitializing")  # what every pod says for a moment
OMITTED = "something it needs failed"
NAME = re.compile(r"[A-Za-z0-9_][-.\w()]{0,252}", re.ASCII)  # of a job, a task, or a try of one
NAMELESS = "a node without a name"  # in the place of a text that is not a name: anybody could have written it
WHOLE = "the workflow"  # in the place of a node's name, where no node says why


@dataclass(frozen=True, slots=True)
class Pod:
    """A node and the pod whose log tells more, if it has one."""

    node: Node
    pod: str | None = None


def read(workflow: Mapping[str, Any]) -> Answer:
    """What a workflow says of itself."""
    return answer(workflow, f"the workflow {answer(workflow, 'a workflow').part('metadata').text('name')}")


def state(workflow: Mapping[str, Any]) -> RunState:
    """How a workflow stands; one that does not say when it finished may be over all the same."""
    meta, status = read(workflow).part("metadata"), read(workflow).part("status")
    labels = meta.texts("labels")
    phase = status.text("phase")
    if labels.get(COMPLETED) == "true" and phase in BUSY:
        phase = labels.get(PHASE) or "Failed"
    if phase in BUSY:
        return "running"
    if phase == "Succeeded" and not _ended_in_the_queue(workflow, meta.text("name")):
        return "succeeded"
    if phase not in OVER:
        raise status.wrong("phase", "a phase of Argo's")
    return "stopped" if CANCELLED in meta.texts("annotations") or is_unbegun(workflow) else "failed"


def _ended_in_the_queue(workflow: Mapping[str, Any], name: str) -> bool:
    """Whether it was terminated as it waited for its lock: Argo says that it succeeded, and that its graph failed."""
    root = (nodes_of(workflow) or {}).get(name)
    return root is not None and root.text("phase") in ("Failed", "Error")


def is_unbegun(workflow: Mapping[str, Any]) -> bool:
    """Whether the controller had not heard of the template yet: it ends such a workflow before its first node."""
    status = read(workflow).part("status")
    unknown = status.text("phase") == "Error" and UNKNOWN.search(status.text("message"))
    return bool(unknown) and not status.named("nodes")


def is_shut_down(workflow: Mapping[str, Any]) -> bool:
    """Whether somebody ended it: its jobs may say only that a signal ended them."""
    return bool(read(workflow).part("spec").text("shutdown"))


def nodes_of(workflow: Mapping[str, Any]) -> dict[str, Answer] | None:
    """All nodes by id, or None where they are not in the object, or packed in a way that cannot be opened."""
    status = read(workflow).part("status")
    if nodes := status.named("nodes"):
        return nodes
    if packed := status.text("compressedNodes"):
        opened = unpacked(packed)
        return None if opened is None else Answer({"nodes": opened}, status.of, status.at).named("nodes")
    return None if status.text("offloadNodeStatusVersion") else {}


def of_status(workflow: Mapping[str, Any], nodes: Mapping[str, Answer]) -> tuple[Pod, ...]:
    """The graph's nodes in the graph's order; attempts of one that was tried again are its own."""
    name = read(workflow).part("metadata").text("name")
    attempts = {child for node in nodes.values() if node.text("type") == "Retry" for child in node.words("children")}
    pods: dict[str, Pod] = {}
    inside = {key: node for key, node in nodes.items() if node.text("boundaryID") == name}
    parts = {key for key, node in inside.items() if _is_part(node.word("displayName"))}
    for key, node in nodes.items():
        if node.text("boundaryID") in {name, *parts} and key not in attempts | parts:
            pods[node.word("displayName")] = _node(workflow, node, nodes)
    graphs = _graphs(workflow)
    for part in (nodes[key] for key in parts if nodes[key].text("phase") == "Omitted"):  # its tasks have no nodes
        omitted = graphs.get(part.text("displayName"), ())
        pods |= {task: Pod(Node(task, "omitted", reason=OMITTED)) for task in omitted}
    order = [task for name in graphs.get(ENTRY, ()) for task in (graphs.get(name, ()) if _is_part(name) else (name,))]
    first = sorted((name for name in pods if name not in order), key=lambda name: str(pods[name].node.started))
    return tuple(pods[name] for name in dict.fromkeys([*(name for name in order if name in pods), *first]))


def of_pods(workflow: Mapping[str, Any], pods: Iterable[Mapping[str, Any]]) -> tuple[Pod, ...]:
    """The same by the run's pods, where the status holds no nodes; the last try of each counts."""
    run = read(workflow).part("metadata").text("name")
    by_name: dict[str, Pod] = {}
    each = [answer(pod, f"a pod of the workflow {run}") for pod in pods]
    for pod in sorted(each, key=lambda pod: str(pod.part("status").moment("startTime"))):
        meta, status = pod.part("metadata"), pod.part("status")
        path = meta.texts("annotations").get("workflows.argoproj.io/node-name") or meta.word("name")
        path = ATTEMPT.sub("", path.removeprefix(f"{run}."))
        name = _named(path.rpartition(".")[2] if _is_part(path) else path)
        became = STATES.get(status.text("phase"), "running")
        times = status.moment("startTime"), _ended(status)
        by_name[name] = Pod(Node(name, became, *times, _reason(status.text("message"), became)), meta.word("name"))
    return tuple(by_name.values())


def whole(workflow: Mapping[str, Any]) -> Pod:
    """What stands for a workflow that failed as a whole."""
    status = read(workflow).part("status")
    reason = status.text("message") or "failed, and does not say why"
    return Pod(Node(WHOLE, "failed", status.moment("startedAt"), status.moment("finishedAt"), reason))


def queued(workflow: Mapping[str, Any]) -> tuple[Pod, ...]:
    """What stands for a workflow that waits for another run of its experiment: no job of it waits yet."""
    status = read(workflow).part("status")
    reason = status.text("message") if status.text("phase") == "Pending" else ""
    return (Pod(Node(WHOLE, "waiting", reason=" ".join(reason.split()))),) if reason else ()


def _node(workflow: Mapping[str, Any], node: Answer, nodes: Mapping[str, Answer]) -> Pod:
    became = STATES.get(node.text("phase"), "running")
    last = node
    if node.text("type") == "Retry" and (children := node.words("children")):
        last = nodes.get(children[-1], node)
    message = last.text("message") or node.text("message")
    if waits := _waits(last):
        return Pod(Node(_named(node.word("displayName")), "waiting", last.moment("startedAt"), reason=waits))
    reason = OMITTED if became == "omitted" else _reason(message, became)
    times = node.moment("startedAt"), node.moment("finishedAt")
    return Pod(Node(_named(node.word("displayName")), became, *times, reason), _pod(workflow, last))


def _pod(workflow: Mapping[str, Any], node: Answer) -> str | None:
    """The name Argo gives to a node's pod: workflow, template, and the hash that ends the node's id."""
    if node.text("type") != "Pod":
        return None
    meta = read(workflow).part("metadata")
    if meta.texts("annotations").get("workflows.argoproj.io/pod-name-format") == "v1":
        return node.word("id")
    return f"{meta.text('name')}-{node.word('templateName')}-{node.word('id').rpartition('-')[2]}"


def _waits(node: Answer) -> str:
    """Why a pod has not begun: no image, no Secret, no node that takes it."""
    message = " ".join(node.text("message").split())
    return message if node.text("phase") == "Pending" and message not in BEGINNING else ""


def _reason(message: str, became: NodeState) -> str:
    if became != "failed":
        return ""
    code = EXIT.match(message)
    return f"ended with exit code {code[1]}" if code else " ".join((message or "failed").split())


def _graphs(workflow: Mapping[str, Any]) -> dict[str, list[str]]:
    """The names of each graph's tasks."""
    stored = read(workflow).part("status").part("storedWorkflowTemplateSpec")
    templates = (stored if stored.data else read(workflow).part("spec")).parts("templates")
    graphs = {template.word("name"): template.part("dag") for template in templates}
    return {name: [task.word("name") for task in dag.parts("tasks")] for name, dag in graphs.items() if dag.data}


def _named(name: str) -> str:
    """A node's name as it is shown: NAMELESS for a text that is not a name."""
    return name if NAME.fullmatch(name) else NAMELESS


def _is_part(name: str) -> bool:
    """Whether a node stands for a part of a large graph, and not for a job or a task."""
    return name.startswith(PART)


def _ended(status: Answer) -> datetime | None:
    for container in status.parts("containerStatuses"):
        if container.text("name") == "main":
            return container.part("state").part("terminated").moment("finishedAt")
    return None
