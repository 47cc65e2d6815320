"""sameday's own tasks of a run, as pods of its own image."""

from __future__ import annotations

from bot.compile.argo import confined
from bot.compile.argo.leaves import amounts, environment, retry
from bot.compile.argo.moment import ATTEMPT
from bot.compile.argo.objects import Manifest
from bot.compile.names import Moment
from bot.ports import Task
from bot.settings import Manifests

WORK_FILE = "/sameday/work.json"
GO_FILE = "/tmp/sameday-go"  # noqa: S108  of a pod that is ours alone
BEGIN = "sameday-begin"
GOES = f"{{{{tasks.{BEGIN}.outputs.parameters.go}}}} == yes"  # of what comes after the first task
LONGEST = 6 * 3600  # seconds, for one of sameday's own tasks
TELL = "sameday-tell"
WEBHOOK = "SAMEDAY_WEBHOOK"
TOLD = 30_000  # characters of Argo's list of failures: Linux starts no program with a variable of 128 KiB


def leaf(data: str, kind: Task, options: Manifests, when: Moment) -> Manifest:
    """The template of one task; `data` is the work as it reads it."""
    return _leaf(data, kind, options, when, environment({}, options.secrets))


def telling(data: str, page: str, options: Manifests, when: Moment) -> list[Manifest]:
    """The exit handler: it reports a scheduled run that failed to the webhook, whose address only the cluster knows."""
    if options.webhook is None:
        return []
    variables = {
        "SAMEDAY_WORKFLOW": "{{workflow.name}}",
        "SAMEDAY_STATUS": "{{workflow.status}}",
        "SAMEDAY_FAILURES": f"{{{{=workflow.failures[0:{TOLD}]}}}}",
        **({"SAMEDAY_PAGE": page} if page else {}),
    }
    failed = "{{workflow.status}} != Succeeded && {{workflow.parameters.scheduled}} == yes"
    step = {"name": "tell", "template": f"{TELL}-webhook", "when": failed}
    leaf_template = _leaf(data, "tell", options, when, environment(variables, {WEBHOOK: options.webhook}))
    return [{"name": TELL, "steps": [[step]]}, {**leaf_template, "name": f"{TELL}-webhook"}]


def _leaf(data: str, word: str, options: Manifests, when: Moment, variables: list[Manifest]) -> Manifest:
    container: Manifest = {
        "image": options.image or "",
        "command": ["sameday"],
        "args": ["task", word, "--work", WORK_FILE, "--date", when.date, "--attempt", ATTEMPT],
        "securityContext": {"runAsNonRoot": True, **confined.container()},
        "resources": amounts(options.resources),
    }
    if variables:
        container["env"] = variables
    template = {
        "name": f"sameday-{word}",
        "serviceAccountName": options.service_account,
        "activeDeadlineSeconds": LONGEST,
        "retryStrategy": retry(options),
        "inputs": {"artifacts": [{"name": "work", "path": WORK_FILE, "raw": {"data": data}}]},
        "container": container,
    }
    return _deciding(template) if word == "begin" else template


def _deciding(template: Manifest) -> Manifest:
    """The first task's template: it says whether the rest of the run has anything to do."""
    template["container"]["args"] += ["--go-to", GO_FILE]
    return template | {"outputs": {"parameters": [{"name": "go", "valueFrom": {"path": GO_FILE}}]}}
