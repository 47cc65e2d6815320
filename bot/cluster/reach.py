"""The cluster that a part of the settings means."""

from __future__ import annotations

from bot.cluster.access import Access
from bot.cluster.client import Cluster
from bot.ports.opening import Opening
from bot.settings.kinds import ClusterContext, InCluster


def reach(opening: Opening, context: ClusterContext, namespace: str | None = None) -> Cluster:
    """A namespace of the context's cluster, which is not asked yet; without a namespace, where the manifests go."""
    access = Access(context.name, opening.environment.get("KUBECONFIG") or None, context.setting)
    return Cluster(access, namespace or opening.settings.manifests.namespace)


def beside(opening: Opening, section: InCluster, part: str) -> Cluster:
    """The cluster that `section`, the `part` of the settings, means: the engine's, unless the section names another."""
    engine = opening.settings.engine
    chosen = section.cluster(part) or (engine and engine.cluster("engine")) or ClusterContext(None, f"{part}.context")
    return reach(opening, chosen, section.namespace)
