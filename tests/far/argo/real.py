"""Argo's own controller at work in one namespace, which tests ask as they ask its stand-in (`tests.far.controller`)."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from bot.settings import Manifests
from bot.settings.manifests import Retry
from tests.far.argo.node.acts import ACTS
from tests.far.argo.node.node import ROOT
from tests.far.argo.stack import Stack
from tests.far.controller.controller import USED
from tests.far.controller.expressions import stamp
from tests.far.controller.objects import Objects

SHIPPED = Path(__file__).parents[3] / "examples" / "kubernetes.yaml"
RETRY = Retry.model_validate({"wait": "1s"})  # Argo waits as long before it calls any job failed
SOON = 30.0


def rights(role: str = "sameday-release") -> list[tuple[str, str, str]]:
    """What one of the roles that we ship may do."""
    for one in yaml.safe_load_all(SHIPPED.read_text(encoding="utf-8")):
        if one["kind"] == "Role" and one["metadata"]["name"] == role:
            return [(" ".join(rule["verbs"]), *rule["apiGroups"], " ".join(rule["resources"])) for rule in one["rules"]]
    raise LookupError(role)


@dataclass
class Real(Objects):
    """A namespace with the accounts that examples/kubernetes.yaml makes; `root` is where every job starts."""

    stack: Stack
    root: Path

    def __post_init__(self) -> None:
        self._annotate({ROOT: str(self.root)})
        self.server.executor(self.namespace)
        accounts = f"/api/v1/namespaces/{self.namespace}/serviceaccounts"
        self.server.ask("POST", accounts, {"metadata": {"name": self.options().service_account}})
        self.server.grant(self.namespace, "bot", *rights())

    @classmethod
    def begin(cls, stack: Stack, root: Path) -> Real:
        """A new namespace."""
        return cls(stack.server, stack.server.namespace(), stack, root)

    def options(self, **changes: Any) -> Manifests:
        """Settings for this namespace."""
        return Manifests(namespace=self.namespace, image="registry/sameday", retry=RETRY).model_copy(update=changes)

    def act(self, *rules: Mapping[str, Any]) -> None:
        """Have the node do something to the pods of the jobs that a rule names; see `node.acts`."""
        self._annotate({ACTS: json.dumps(rules)})

    def do(self, pod: str, **act: object) -> None:
        """Have the node do something to a pod."""
        path = f"/api/v1/namespaces/{self.namespace}/pods/{pod}"
        assert self.api.merge(path, {"metadata": {"annotations": {ACTS: json.dumps(act)}}}) is not None, pod

    def _annotate(self, annotations: Mapping[str, str]) -> None:
        self.api.merge(f"/api/v1/namespaces/{self.namespace}", {"metadata": {"annotations": annotations}})

    def pods(self, job: str = "") -> Sequence[Any]:
        """The pods that there are, or those of a job."""
        found = self.api.call("GET", f"/api/v1/namespaces/{self.namespace}/pods")["items"]
        named = "workflows.argoproj.io/node-name"
        return [pod for pod in found if f".{job}" in pod["metadata"]["annotations"][named]]

    def fire(self, name: str, at: datetime) -> str | None:
        """Start what the schedule, if it is on, starts at this time; Argo itself has only the real time."""
        cron = self.get("cronworkflows", name)
        return None if cron is None or cron["spec"].get("suspend") else self.start(cron, at)

    def late(self, name: str, at: datetime) -> None:
        """Let Argo make up what a schedule missed, as after a time without a controller."""
        cron = self.get("cronworkflows", name)
        zone, (schedule,) = cron["spec"]["timezone"], cron["spec"]["schedules"]
        known = {"annotations": {USED: f"CRON_TZ={zone} {schedule}"}}
        before = {"lastScheduledTime": stamp(at - timedelta(minutes=1))}
        self.api.merge(self.path("cronworkflows", name), {"metadata": known, "status": before})

    def close(self) -> None:
        """Remove what is there, and wait until nothing of it runs."""
        for plural in ("cronworkflows", "workflows"):
            for found in self.all(plural):
                self.api.call("DELETE", self.path(plural, found["metadata"]["name"]))
        for pod in self.pods():
            path = f"/api/v1/namespaces/{self.namespace}/pods/{pod['metadata']['name']}"
            self.api.call("DELETE", path, {"gracePeriodSeconds": 0})
        end = time.monotonic() + SOON
        while self.pods():
            assert time.monotonic() < end, "pods go on"
            time.sleep(0.05)
