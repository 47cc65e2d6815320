"""What a template is made of: which job a part of it belongs to, what it refers to, as whom it runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from bot.cluster import Object
from bot.ports import About

REFERENCES = {
    "claimName": "PersistentVolumeClaim",
    "configMapKeyRef": "ConfigMap",
    "configMapRef": "ConfigMap",
    "secretKeyRef": "Secret",
    "secretName": "Secret",
    "secretRef": "Secret",
    "templateRef": "WorkflowTemplate",
}
ABOUT: dict[str, About] = {
    "activeDeadlineSeconds": "timeout",
    "args": "command",
    "command": "command",
    "resources": "resources",
    "schedules": "cron",
    "timezone": "timezone",
}

_WORD = re.compile(r"[^.\[\]]+")


class Parts:
    """The leaves of a WorkflowTemplate, each with the first job that it is for (None: a task of sameday's own)."""

    def __init__(self, manifest: Object, jobs: frozenset[str]) -> None:
        self.jobs = jobs
        self.spec: dict[str, Any] = manifest["spec"]
        self.templates: list[dict[str, Any]] = self.spec["templates"]
        graphs = (template["dag"]["tasks"] for template in self.templates if "dag" in template)
        self._steps: dict[str, str] = {}
        for task in chain(*graphs):
            if task["name"] in jobs:
                self._steps.setdefault(task["template"], task["name"])

    def leaves(self) -> Iterator[tuple[dict[str, Any], str | None]]:
        """What becomes a pod, and for which job."""
        for template in self.templates:
            if "container" in template:
                yield template, self._steps.get(template["name"])

    def account(self, leaf: dict[str, Any]) -> str:
        """The service account that a leaf's pods run as."""
        return str(leaf.get("serviceAccountName") or self.spec["serviceAccountName"])

    @property
    def executor(self) -> str:
        """The service account by which Argo's part of every pod reports."""
        return str(self.spec["executor"]["serviceAccountName"])

    def place(self, field: str) -> tuple[str | None, About]:
        """The job and its words that a field of the manifest (`spec.templates[2].container.image`) comes from."""
        words = _WORD.findall(field)
        about = next((ABOUT[word] for word in words if word in ABOUT), None)
        if words[:2] != ["spec", "templates"]:
            return None, about or "name"
        if len(words) < 3 or words[3:] == ["dag", "tasks"]:
            return None, "jobs"
        template = self.templates[int(words[2])]
        if words[3:5] == ["dag", "tasks"]:
            name = template["dag"]["tasks"][int(words[5])]["name"]
            return (name if name in self.jobs else None), about or "name"
        step = self._steps.get(template["name"])
        return step, about or ("repo" if step else "name")


def references(part: Any) -> Iterator[tuple[str, str]]:
    """Kind and name of everything that has to be there for a part of a manifest; what is optional does not."""
    if isinstance(part, list):
        for each in part:
            yield from references(each)
    if not isinstance(part, dict):
        return
    for key, value in part.items():
        yield from references(value)
        named = value if isinstance(value, dict) else {"name": value}
        name = named.get("name")
        if key in REFERENCES and isinstance(name, str) and "{{" not in name and not named.get("optional"):
            cluster_wide = key == "templateRef" and named.get("clusterScope")
            yield ("ClusterWorkflowTemplate" if cluster_wide else REFERENCES[key]), name
