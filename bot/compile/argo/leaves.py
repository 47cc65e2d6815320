"""What a job's pod runs: one template for all jobs of the same image and shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.compile.argo import confined
from bot.compile.argo.objects import Manifest
from bot.compile.names import digest
from bot.document.fields import Resources
from bot.ports import Step
from bot.settings import Manifests

# Argo calls a pod that says why it ended (evicted, node shut down) Failed, as one whose job ended by itself: only the
# message tells them apart. It ends with the exit code of the job, or says that the job took too long.
LOST = (
    "lastRetry.status == 'Error' || "
    "not (lastRetry.message matches 'exit code [0-9]+|longer than the specified deadline')"
)


class Leaves:
    """The templates of a run's jobs, each shape once."""

    def __init__(self, variables: Mapping[str, str], options: Manifests) -> None:
        """`variables` is what every job finds in its environment."""
        self.variables = variables
        self.options = options
        self.templates: dict[str, Manifest] = {}
        self._names: dict[str, str] = {}

    def task(self, step: Step, after: list[str]) -> Manifest:
        """The job in the graph, which refers to the template of its shape."""
        script = _script(step)
        plain = step.model_copy(update={"name": "", "dependencies": (), "argv": step.argv[:2] if script else step.argv})
        shape = plain.model_dump_json()
        if shape not in self._names:
            leaf = self._leaf(step, shell=script is not None)
            self._names[shape] = name = f"job-{digest(leaf, 8)}"
            self.templates[name] = {"name": name, **leaf}
        task: Manifest = {"name": step.name, "template": self._names[shape]}
        if script is not None:
            task["arguments"] = {"parameters": [{"name": "command", "value": script}]}
        return task | ({"dependencies": after} if after else {})

    def _leaf(self, step: Step, *, shell: bool) -> Manifest:
        container: Manifest = {
            "image": step.image or "",
            "command": ["sh", "-c"] if shell else [step.argv[0]],
            "args": ["{{inputs.parameters.command}}"] if shell else list(step.argv[1:]),
            "env": environment({**self.variables, **dict(sorted(step.environment.items()))}, step.secrets),
            "securityContext": confined.container(step.capabilities),
        }
        resources = amounts(Resources(cpu=step.cpu, memory=step.memory))
        if resources:
            container["resources"] = resources
        leaf: Manifest = {
            "activeDeadlineSeconds": step.timeout,
            "retryStrategy": retry(self.options),
            "container": container,
        }
        if shell:
            leaf["inputs"] = {"parameters": [{"name": "command"}]}
        if step.service_account:
            leaf["serviceAccountName"] = step.service_account
        if step.token:
            leaf["automountServiceAccountToken"] = True
        if step.nodes:
            leaf["nodeSelector"] = dict(step.nodes)
        if step.tolerates:
            leaf["tolerations"] = [{"key": key, "operator": "Exists"} for key in step.tolerates]
        return leaf


def _script(step: Step) -> str | None:
    """What a shell is given; the one part in which jobs of the same shape differ."""
    return step.argv[2] if step.argv[:2] == ("sh", "-c") and len(step.argv) == 3 else None


def environment(values: Mapping[str, str], secrets: Mapping[str, str]) -> list[Manifest]:
    """Variables with their values, and those whose values only the cluster knows (`secret/key`)."""
    return [{"name": name, "value": value} for name, value in values.items()] + [
        {"name": name, "valueFrom": {"secretKeyRef": dict(zip(("name", "key"), place.split("/"), strict=True))}}
        for name, place in sorted(secrets.items())
    ]


def amounts(resources: Resources) -> Manifest:
    """A container's resources: memory is a limit too, since what a node lacks ends other people's pods."""
    requests: dict[str, Any] = {
        name: value for name, value in (("cpu", resources.cpu), ("memory", resources.memory)) if value
    }
    limits = {"limits": {"memory": resources.memory}} if resources.memory else {}
    return {"requests": requests, **limits} if requests else {}


def retry(options: Manifests) -> Manifest:
    """How a leaf is tried again; Argo wants numbers as text.

    There is no `maxDuration`: Argo takes what is left of it as the deadline of each further pod, not the job's own.
    """
    policy = options.retry
    factor, most = (max(1, int(value.total_seconds())) for value in (policy.wait, policy.most))
    return {
        "limit": str(policy.limit),
        "retryPolicy": "Always",
        **({"expression": LOST} if policy.after == "loss" else {}),
        "backoff": {"duration": "1s", "factor": str(factor), "cap": f"{most}s"},
    }
