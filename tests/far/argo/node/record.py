"""A pod as the server has it: its status is written there, and in the end it goes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.far.argo.node.api import Api
from tests.far.argo.node.container import Container


@dataclass
class Record:
    """The object of one pod, and of no other pod of its name."""

    api: Api
    path: str
    uid: str
    written: str = ""
    gone: bool = False

    def unfit(self, why: str) -> None:
        """Say that no node takes the pod."""
        unfit = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": why}
        self._write({"phase": "Pending", "conditions": [unfit]})

    def say(
        self, phase: str, started: str, init: Sequence[Container], main: Sequence[Container], why: Mapping[str, str]
    ) -> None:
        """Say how the pod and its containers stand."""
        self._write({
            "phase": phase, "startTime": started, "hostIP": "127.0.0.1", "podIP": "127.0.0.1",
            "conditions": [{"type": "PodScheduled", "status": "True"}],
            "initContainerStatuses": [one.status() for one in init],
            "containerStatuses": [one.status() for one in main], **why,
        })  # fmt: skip

    def lose(self) -> None:
        """End as the pods of a node that is gone: by the cluster's collector of pods."""
        message = "PodGC: node no longer exists"
        why = {"type": "DisruptionTarget", "status": "True", "reason": "DeletionByPodGC", "message": message}
        self._write({"phase": "Failed", "conditions": [why]})
        self.vanish()

    def vanish(self) -> None:
        """Remove it at once."""
        body = {"gracePeriodSeconds": 0, "preconditions": {"uid": self.uid}}
        self.api.call("DELETE", self.path, body)

    def _write(self, status: Mapping[str, Any]) -> None:
        text = json.dumps(status)
        if text != self.written and not self.gone:
            self.written = text
            self.api.merge(f"{self.path}/status", {"metadata": {"uid": self.uid}, "status": status})
