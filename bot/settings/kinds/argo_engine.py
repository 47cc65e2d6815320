"""The production engine."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from bot.document import faults
from bot.settings.kinds.backend import Backend, ClusterContext, Needs
from bot.settings.kinds.cluster import AHEAD, CLUSTER


class ArgoEngine(Backend):
    """Jobs as pods, by Argo Workflows; where and as whom they run, `manifests` says."""

    opener: ClassVar[str] = "bot.engines.argo:open_engine"
    cron: ClassVar[bool] = False
    needs: ClassVar[Needs | None] = CLUSTER
    ahead: ClassVar[tuple[str, ...]] = AHEAD

    kind: Literal["argo"]
    context: str | None = Field(
        None, description="Of the kubeconfig, as in `production`; absent: its current one, or the pod's own."
    )
    version: Literal["3.6", "3.7", "4.0", "4.1"] = Field("4.1", description="The installed Argo Workflows.")
    ui: str | None = Field(
        None, pattern=faults.SITE,
        description="The address of Argo's user interface, as in `https://argo.example.com`: release, status and the "
        "webhook's message link to a run there.",
    )  # fmt: skip

    def cluster(self, part: str) -> ClusterContext:
        """Where runs are; the flags and the ledger of a cluster are kept there, too."""
        return ClusterContext(self.context, f"{part}.context")

    def page(self, namespace: str) -> str:
        """Where Argo's user interface shows the namespace's workflows, each below its name."""
        return "" if self.ui is None else f"{self.ui.rstrip('/')}/workflows/{namespace}/"
