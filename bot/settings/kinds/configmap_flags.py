"""The production flag set."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from bot.document.fields import Name
from bot.settings.kinds.cluster import InCluster


class ConfigMapFlags(InCluster):
    """A flagd file in a ConfigMap."""

    opener: ClassVar[str] = "bot.flags.configmap:open_flags"

    kind: Literal["configmap"]
    set: Name = Field(
        "experiments", description="The ConfigMap's name, as in `experiments`; the file in it is <set>.flagd.json."
    )
