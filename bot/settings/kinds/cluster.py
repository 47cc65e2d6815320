"""What the kinds that are kept in a Kubernetes cluster share."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from bot.document.fields import Name
from bot.settings.kinds.backend import Backend, ClusterContext, Needs

CLUSTER = Needs("a cluster", ("kubernetes",), "argo")
AHEAD = ("kubernetes.config",)


class InCluster(Backend):
    """What is kept in the cluster, beside the engine unless something else is said."""

    needs: ClassVar[Needs | None] = CLUSTER
    ahead: ClassVar[tuple[str, ...]] = AHEAD

    context: str | None = Field(None, description="Of the kubeconfig, as in `production`; absent: the engine's.")
    namespace: Name | None = Field(None, description="As in `flags`; absent: where the manifests go.")

    def cluster(self, part: str) -> ClusterContext | None:
        """Its own context; without one it is kept beside the engine."""
        return None if self.context is None else ClusterContext(self.context, f"{part}.context")
