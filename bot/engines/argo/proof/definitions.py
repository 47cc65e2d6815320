"""What of Argo is installed in a cluster: how much of the schema its API server knows, and of which version it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from bot.cluster import Cluster, Rejected

VERSION = "4.1"  # the one that is taken for installed where the settings name none
OLDEST = "3.6"
Depth = Literal["full", "minimal", ""]
PROBE = {"entrypoint": {"no": "text"}}  # what every schema refuses, and no schema does not


@dataclass(frozen=True, slots=True)
class Installed:
    """How deep the API server looks into a manifest ('': not known), and Argo's version where the schema tells it.

    A version of '' is older than any that is supported.
    """

    depth: Depth
    version: str | None = None


def installed(cluster: Cluster) -> Installed | None:
    """What is installed, by the resource definitions, else by trying; None: Argo is not."""
    try:
        definitions = [
            cluster.get("CustomResourceDefinition", f"{name}.argoproj.io") for name in ("workflows", "cronworkflows")
        ]
    except Rejected as error:
        if not error.unallowed:
            raise
        return _tried(cluster)  # definitions belong to the whole cluster: not everybody may read them
    if not all(definitions):
        return None
    workflow, cron = (_spec(definition or {}) for definition in definitions)
    return Installed("full", _version(workflow, cron)) if workflow else Installed("minimal")


def _tried(cluster: Cluster) -> Installed | None:
    """By a manifest that a schema refuses."""
    probe = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"name": "sameday-probe"}}
    try:
        cluster.create({**probe, "spec": PROBE}, dry=True)
    except Rejected as error:
        if error.unallowed:
            return Installed("")
        return None if error.status == 404 else Installed("full")
    return Installed("minimal")


def _spec(definition: dict[str, Any]) -> dict[str, Any]:
    """The fields that a definition knows of a spec; none if it takes any."""
    for version in definition["spec"]["versions"]:
        if version["name"] == "v1alpha1":
            schema = version["schema"]["openAPIV3Schema"]
            fields: dict[str, Any] = schema.get("properties", {}).get("spec", {}).get("properties", {})
            return fields
    return {}


def _version(workflow: dict[str, Any], cron: dict[str, Any]) -> str:
    """The newest version whose fields are there."""
    template = workflow.get("templates", {}).get("items", {}).get("properties", {})
    if "executorPlugins" in workflow:
        return "4.1"
    if "schedules" not in cron:
        return ""
    if "schedule" not in cron:
        return "4.0"
    return "3.7" if "annotations" in template else "3.6"
