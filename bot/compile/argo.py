"""From the work of a run to Argo manifests, as objects: the template, the schedule, the first run.

Practice and limits: one shared template per image and shape keeps 2,000 jobs below what etcd takes, since Argo
never compresses a spec; one kind of dependency per DAG; deadlines on leaves; values always as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from bot.compile.names import Moment, digest, template_name
from bot.compile.work import environment
from bot.ports import Step, Task, Work
from bot.settings import Manifests

API = "argoproj.io/v1alpha1"
WARN_BYTES, MAX_BYTES = 350_000, 700_000  # of JSON: referenced templates are copied into status, etcd takes 1.5 MB
WORK_FILE = "/sameday/work.json"
TASK_TIMEOUT = 6 * 3600  # seconds, for one of sameday's own tasks
FOREIGN = re.compile(
    r"\{\{(?!=sprig\.|=workflow\.parameters\.attempt|(inputs\.parameters\.command|workflow\.parameters\.attempt)\}\})"
)
SCHEDULED = "workflows.argoproj.io/scheduled-time"
Manifest = dict[str, Any]


def manifests(work: Work, options: Manifests) -> tuple[Manifest, ...]:
    """Template, schedule (if there is one) and first run, in the order in which they are applied."""
    found = [template(work, options)]
    if work.schedule is not None:
        found.append(schedule(work, options))
    return (*found, first_run(work, options))


def size(manifest: Mapping[str, Any]) -> int:
    """Bytes of the manifest as the API server gets it."""
    return len(json.dumps(manifest, separators=(",", ":")).encode())


def foreign(manifest: Mapping[str, Any]) -> bool:
    """Whether the manifest has variables that are not of the compiler's own making."""
    return FOREIGN.search(json.dumps(manifest)) is not None


def template(work: Work, options: Manifests) -> Manifest:
    """The WorkflowTemplate `<name>-<spec key>`: nothing runs it until something refers to it."""
    when = _expressions(work)
    leaves: dict[str, Manifest] = {}
    tasks = list(_tasks(work, options, when, leaves))
    spec = {
        "entrypoint": "run",
        "arguments": {"parameters": [{"name": "attempt", "value": "1"}]},
        "parallelism": options.parallelism,
        "podGC": {"strategy": "OnPodSuccess"},
        "ttlStrategy": {"secondsAfterSuccess": 86_400, "secondsAfterFailure": 604_800},
        "activeDeadlineSeconds": 7 * 86_400,
        "synchronization": {"mutexes": [{"name": f"sameday-{work.experiment}"}]},
        "workflowMetadata": {"labels": _labels(work)},
        "templates": [{"name": "run", "dag": {"tasks": tasks}}, *leaves.values()],
    }
    if options.service_account:
        spec["serviceAccountName"] = options.service_account
    return _object("WorkflowTemplate", template_name(work.experiment, work.key), work, options, spec)


def schedule(work: Work, options: Manifests) -> Manifest:
    """The CronWorkflow: suspended until a release points it at the template."""
    assert work.schedule is not None
    spec = {
        "schedules": [work.schedule.cron],
        "timezone": work.schedule.timezone,
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 3600,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
        "suspend": True,
        "workflowSpec": {"workflowTemplateRef": {"name": template_name(work.experiment, work.key)}},
    }
    return _object("CronWorkflow", work.experiment, work, options, spec)


def first_run(work: Work, options: Manifests) -> Manifest:
    """The Workflow of one date, named so that it cannot start twice."""
    spec = {
        "workflowTemplateRef": {"name": template_name(work.experiment, work.key)},
        "arguments": {"parameters": [{"name": "attempt", "value": str(work.attempt)}]},
    }
    manifest = _object("Workflow", work.run, work, options, spec)
    noon = datetime.combine(work.date, time(12), ZoneInfo(_zone(work)))  # the template takes its date from this
    manifest["metadata"]["annotations"][SCHEDULED] = noon.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return manifest


def _object(kind: str, name: str, work: Work, options: Manifests, spec: Manifest) -> Manifest:
    annotations = {f"sameday/{key}": value for key, value in sorted(work.labels.items())}
    meta = {"name": name, "namespace": options.namespace, "labels": _labels(work), "annotations": annotations}
    return {"apiVersion": API, "kind": kind, "metadata": meta, "spec": spec}


def _labels(work: Work) -> dict[str, str]:
    return {
        "app.kubernetes.io/managed-by": "sameday",
        "sameday/experiment": work.experiment,
        "sameday/key": work.key,
    }


def _expressions(work: Work) -> Moment:
    when = "sprig.toDate('2006-01-02T15:04:05Z07:00', workflow.scheduledTime)"

    def spelled(layout: str) -> str:
        return "{{=sprig.dateInZone('" + layout + f"', {when}, '{_zone(work)}')" + "}}"

    def suffix(mark: str) -> str:
        return "{{=workflow.parameters.attempt == '1' ? '' : '" + mark + "' + workflow.parameters.attempt}}"

    run = f"{template_name(work.experiment, work.key)}-{spelled('20060102')}{suffix('-')}"
    return Moment(spelled("2006-01-02"), spelled("20060102"), suffix("_"), run)


def _zone(work: Work) -> str:
    return work.schedule.timezone if work.schedule else "UTC"


def _tasks(work: Work, options: Manifests, when: Moment, leaves: dict[str, Manifest]) -> Iterator[Manifest]:
    waits = [f"sameday-{task}" for task in work.tasks if task == "wait"]
    variables = [{"name": name, "value": value} for name, value in environment(work, when).items()]
    shapes: dict[str, str] = {}
    for step in work.steps:
        script = _script(step)
        shape = repr((step.argv[:2] if script else step.argv, step.image, step.environment, step.timeout, step.cpu,
                      step.memory, step.service_account))  # fmt: skip
        if shape not in shapes:
            leaf = _leaf(step, variables, script is not None)
            leaves[leaf["name"]] = leaf
            shapes[shape] = leaf["name"]
        task: Manifest = {"name": step.name, "template": shapes[shape]}
        if script is not None:
            task["arguments"] = {"parameters": [{"name": "command", "value": script}]}
        after = list(step.dependencies) or waits
        yield task | ({"dependencies": after} if after else {})
    needed = {name for step in work.steps for name in step.dependencies}
    after = [step.name for step in work.steps if step.name not in needed]
    data = document(work)
    for kind in work.tasks:
        leaf = _task_leaf(data, kind, options, when)
        leaves[leaf["name"]] = leaf
        dependencies = [] if kind == "wait" else after
        yield {"name": f"sameday-{kind}", "template": leaf["name"]} | (
            {"dependencies": dependencies} if dependencies else {}
        )
        after = after if kind == "wait" else [f"sameday-{kind}"]


def _script(step: Step) -> str | None:
    """What a shell is given; the one part in which jobs of the same shape differ."""
    return step.argv[2] if step.argv[:2] == ("sh", "-c") and len(step.argv) == 3 else None


def _leaf(step: Step, variables: list[Manifest], shell: bool) -> Manifest:
    container: Manifest = {
        "image": step.image or "",
        "command": ["sh", "-c"] if shell else [step.argv[0]],
        "args": ["{{inputs.parameters.command}}"] if shell else list(step.argv[1:]),
        "env": variables + [{"name": name, "value": value} for name, value in sorted(step.environment.items())],
    }
    requests = {name: value for name, value in (("cpu", step.cpu), ("memory", step.memory)) if value}
    if requests:
        container["resources"] = {"requests": requests}
        if step.memory:
            container["resources"]["limits"] = {"memory": step.memory}
    leaf: Manifest = {
        "activeDeadlineSeconds": step.timeout,
        "retryStrategy": {"limit": "2", "retryPolicy": "OnError"},
        "container": container,
    }
    if shell:
        leaf["inputs"] = {"parameters": [{"name": "command"}]}
    if step.service_account:
        leaf["serviceAccountName"] = step.service_account
    return {"name": f"job-{digest(leaf, 8)}", **leaf}


def _task_leaf(data: str, kind: Task, options: Manifests, when: Moment) -> Manifest:
    words = ["task", kind, "--work", WORK_FILE, "--date", when.date, "--attempt", "{{workflow.parameters.attempt}}"]
    return {
        "name": f"sameday-{kind}",
        "activeDeadlineSeconds": TASK_TIMEOUT,
        "retryStrategy": {"limit": "2", "retryPolicy": "OnError"},
        "inputs": {"artifacts": [{"name": "work", "path": WORK_FILE, "raw": {"data": data}}]},
        "container": {"image": options.image or "", "command": ["sameday"], "args": words},
    }


def document(work: Work) -> str:
    """The work as its own tasks read it, from a file: without the jobs, which they do not run."""
    return work.model_copy(update={"steps": ()}).model_dump_json(exclude_defaults=True)
