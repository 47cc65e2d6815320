"""The objects of Argo's in one namespace, as its administrator sees them, and what a schedule starts."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from tests.far.cluster import Server
from tests.far.controller.expressions import stamp

ARGO = "/apis/argoproj.io/v1alpha1/namespaces"
INSTANCE = "workflows.argoproj.io/controller-instanceid"


@dataclass(frozen=True)
class Api:
    """The server as its administrator sees it; what is not there, or another one by now, is None."""

    server: Server
    agent: str
    """Who owns what is written, as the server notes it."""

    def call(self, method: str, path: str, body: Any = None, content: str = "application/json") -> Any:
        """The answer's object."""
        headers = {"Authorization": "Bearer token-of-admin", "Content-Type": content, "User-Agent": self.agent}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.server.url + path, data, headers, method=method)
        context = ssl.create_default_context(cafile=str(self.server.authority))
        try:
            with urllib.request.urlopen(request, timeout=30, context=context) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            said = error.read().decode()
            if error.code == 404 or "metadata.uid" in said:
                return None
            raise AssertionError(f"{method} {path}: {said}") from None

    def merge(self, path: str, change: Any) -> Any:
        """Merge a change into an object."""
        return self.call("PATCH", path, change, "application/merge-patch+json")


@dataclass
class Objects:
    """A namespace."""

    server: Server
    namespace: str

    @cached_property
    def api(self) -> Api:
        """The way to it."""
        return Api(self.server, "workflow-controller")

    def path(self, plural: str, name: str = "") -> str:
        """Where objects of Argo's are."""
        return f"{ARGO}/{self.namespace}/{plural}" + (f"/{name}" if name else "")

    def get(self, plural: str, name: str) -> Any:
        """An object, or None."""
        return self.api.call("GET", self.path(plural, name))

    def all(self, plural: str) -> list[Any]:
        """All objects of a kind."""
        return list(self.api.call("GET", self.path(plural))["items"])

    def start(self, cron: dict[str, Any], at: datetime) -> str:
        """Start the workflow of a schedule's time; its name."""
        meta = cron["metadata"]
        given = cron["spec"].get("workflowMetadata", {})
        labels = {**given.get("labels", {}), "workflows.argoproj.io/cron-workflow": meta["name"]}
        if INSTANCE in meta["labels"]:
            labels[INSTANCE] = meta["labels"][INSTANCE]
        annotations = {**given.get("annotations", {}), "workflows.argoproj.io/scheduled-time": stamp(at)}
        name = f"{meta['name']}-{int(at.timestamp())}"
        made = {
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
            "metadata": {"name": name, "labels": labels, "annotations": annotations},
            "spec": cron["spec"]["workflowSpec"],
        }  # fmt: skip
        self.api.call("POST", self.path("workflows"), made)
        return name
