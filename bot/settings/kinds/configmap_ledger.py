"""The production ledger."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from bot.document.fields import Name
from bot.settings.kinds.cluster import InCluster


class ConfigMapLedger(InCluster):
    """What is released, in the cluster: a ConfigMap per experiment, and a Lease."""

    opener: ClassVar[str] = "bot.ledgers.configmap:open_ledger"

    kind: Literal["configmap"]
    name: Name = Field(
        "sameday", description="What its objects' names begin with, as in `sameday`; one ledger per repository."
    )
