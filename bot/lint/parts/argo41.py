"""The rules of the fields that Argo 4.1 added to a workflow."""

from __future__ import annotations

from collections.abc import Iterator

from bot.finding import Problem, Route
from bot.lint.parts.template import PODS, WORK
from bot.lint.text.values import Data, at, part, parts, text

RESOURCES = ("cpu", "memory")


def problems(spec: Data, route: Route) -> Iterator[Problem]:
    """Problems of the resources of whole pods, of claims and of the workflow's own plugins."""
    yield from _resources(part(spec, "podResources"), at(route, "podResources"))
    for i, template in enumerate(parts(spec, "templates")):
        where = at(route, "templates", i)
        podless = next((kind for kind in ("http", "plugin") if template.get(kind) is not None), "")
        if template.get("podResources") is not None:
            yield from _resources(part(template, "podResources"), at(where, "podResources"))
            if podless:
                message = f"`podResources` means nothing in a template of type {podless}, which has no pod of its own"
                yield Problem("pod-resources", at(where, "podResources"), message, on="key")
        if text(template, "pendingTimeout") and not any(template.get(kind) is not None for kind in WORK):
            message = "`pendingTimeout` means something only in a template that runs work"
            yield Problem("misplaced", at(where, "pendingTimeout"), message, on="key")
        if template.get("resourceClaims") is not None and not any(template.get(kind) is not None for kind in PODS):
            message = "only templates with a pod of their own have `resourceClaims`"
            yield Problem("pod-resources", at(where, "resourceClaims"), message, on="key")
    for i, plugin in enumerate(parts(spec, "executorPlugins")):
        where = at(route, "executorPlugins", i)
        container = part(part(part(plugin, "spec"), "sidecar"), "container")
        if not text(part(plugin, "metadata"), "name"):
            yield Problem(
                "plugin", at(where, "metadata", "name"), "the plugin has no name", "add `metadata: {name: …}`"
            )
        if not parts(container, "ports"):
            message = "the plugin's container has no port"
            yield Problem("plugin", at(where, "spec", "sidecar", "container", "ports"), message, "add `ports:`")


def _resources(resources: Data, route: Route) -> Iterator[Problem]:
    if resources.get("claims") is not None:
        yield Problem(
            "pod-resources",
            at(route, "claims"),
            "`claims` means nothing for a whole pod",
            "write `resourceClaims`",
            "key",
        )
    for key in ("requests", "limits"):
        for name in part(resources, key):
            if name not in RESOURCES and not name.startswith("hugepages-"):
                message = f"a whole pod may ask for {', '.join(RESOURCES)} and hugepages-…, not for '{name}'"
                yield Problem("pod-resources", at(route, key, name), message, on="key")
