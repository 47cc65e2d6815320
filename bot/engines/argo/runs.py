"""Workflows as the runs they are: by name, by schedule and date, or by what is remembered of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from bot.answer import Nonsense
from bot.cluster import Cluster
from bot.compile.argo import BACK, DATA, EXPERIMENT, KEY, MANAGED, RUN, SCHEDULED, TIMEZONE
from bot.engines.argo import log, nodes
from bot.engines.argo.memory import Memory
from bot.ports import Node, Run, made_by, run_name

CRON = "workflows.argoproj.io/cron-workflow"  # a label: the schedule that started it
NAMED = 50  # experiments that one selector names; more are all of sameday's
LOGS = 5  # failed nodes of a run whose logs are read
Workflow = Mapping[str, Any]


class Runs:
    """The runs of one namespace."""

    def __init__(self, cluster: Cluster, page: str) -> None:
        self.cluster = cluster
        self.page = page
        self.memory = Memory(cluster)
        self._logs: dict[str, str] = {}

    def workflow(self, run: str) -> Workflow | None:
        """What executes the run, or did: the one of its name, or the scheduled one of the same spec and date."""
        workflow = self.cluster.get("Workflow", run)
        if workflow is not None:
            return workflow
        experiment, _, key = made_by(run).rpartition("-")
        if not experiment:
            return None
        selector = f"{EXPERIMENT}={experiment},{KEY}={key},{CRON}={experiment}"
        return by_run(self.cluster.list("Workflow", selector).items).get(run)

    def run(self, name: str, workflow: Workflow) -> Run:
        """The run as its workflow tells it; failed nodes with the end of their logs."""
        state, pods = nodes.state(workflow), self._pods(workflow)
        explained = any(pod.node.state == "failed" for pod in pods) and not nodes.is_shut_down(workflow)
        if (state == "failed" or nodes.is_unbegun(workflow)) and not explained:
            pods = (*pods, nodes.whole(workflow))
        failed = [pod.pod for pod in pods if pod.node.state == "failed" and pod.pod][:LOGS]
        link = self.page and self.page + quote(workflow["metadata"]["name"], safe="")
        return Run(name, state, tuple(self._node(pod, logged=pod.pod in failed) for pod in pods), link)

    def log(self, name: str, node: str) -> str | None:
        """The end of what a node of a run has printed, or why it cannot be had; None where it has no pod."""
        workflow = self.workflow(name)
        pods = self._pods(workflow) if workflow is not None else ()
        pod = next((one.pod for one in pods if one.node.name == node and one.pod), None)
        return log.tail(self.cluster, pod) if pod else None

    def _pods(self, workflow: Workflow) -> Sequence[nodes.Pod]:
        status = nodes.nodes_of(workflow)
        if status is not None:
            return nodes.of_status(workflow, status) or nodes.queued(workflow)
        objects = self.cluster.list("Pod", f"workflows.argoproj.io/workflow={workflow['metadata']['name']}").items
        return nodes.of_pods(workflow, objects)

    def _node(self, pod: nodes.Pod, *, logged: bool) -> Node:
        if not logged or pod.pod is None:
            return pod.node
        if pod.pod not in self._logs:
            self._logs[pod.pod] = log.tail(self.cluster, pod.pod)
        node = pod.node
        return Node(node.name, node.state, node.started, node.finished, node.reason, self._logs[pod.pod])

    def remember(self, workflows: Iterable[Workflow]) -> None:
        """Keep how those that are over ended, for the time when Argo has deleted them."""
        ends = {}
        for name, workflow in by_run(workflows).items():
            with suppress(Nonsense):  # of one that nobody asked for, perhaps
                state, annotations = nodes.state(workflow), workflow["metadata"].get("annotations", {})
                if state in ("succeeded", "failed") and DATA in annotations:
                    ends[name] = (state, annotations[DATA])
        self.memory.keep(ends)


def by_run(workflows: Iterable[Workflow]) -> dict[str, Workflow]:
    """Workflows by the runs that they are; where two are the same one, the one with the run's own name."""
    by_name: dict[str, Workflow] = {}
    for workflow in workflows:
        name = run_of(workflow)
        if name and (name not in by_name or workflow["metadata"]["name"] == name):
            by_name[name] = workflow
    return by_name


def run_of(workflow: Workflow) -> str | None:
    """The name of the run that a workflow is, or None."""
    meta = workflow["metadata"]
    labels, annotations = meta.get("labels") or {}, meta.get("annotations") or {}
    if RUN in labels:  # a copy that somebody resubmitted has the label, too
        return str(labels[RUN]) if labels[RUN] == meta["name"] else None
    if not {CRON, EXPERIMENT, KEY} <= labels.keys() or SCHEDULED not in annotations:
        return None
    try:
        at = datetime.fromisoformat(annotations[SCHEDULED]).astimezone(ZoneInfo(annotations.get(TIMEZONE, "UTC")))
        day = at.date() - timedelta(days=int(annotations.get(BACK, "0")))
    except (ValueError, OverflowError, OSError, KeyError):  # no schedule of ours wrote that
        return None
    return run_name(labels[EXPERIMENT], labels[KEY], day, 1)


def selector(runs: Collection[str]) -> str:
    """Chooses the workflows of these runs' experiments."""
    return selector_of({made_by(run).rpartition("-")[0] for run in runs} - {""})


def selector_of(experiments: Collection[str]) -> str:
    """Chooses the workflows of these experiments, or all of sameday's where they are too many to name."""
    managed = ",".join(f"{key}={value}" for key, value in MANAGED.items())
    if not experiments or len(experiments) > NAMED:
        return managed
    return f"{managed},{EXPERIMENT} in ({','.join(sorted(experiments))})"
