"""A pod as Argo would make it, to be shown to whatever admits pods; and what an admission's no means."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from bot.cluster import Object
from bot.compile.names import digest
from bot.ports import About

UNITS = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    **{unit: Decimal(1000) ** power for power, unit in enumerate("kMGTP", 1)},
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTP", 1)},
}
SIZES = ("cpu", "memory", "quota", "resource")  # words by which a no is known to be about what a job asks for

_QUOTA = re.compile(r"exceeded quota: ([^,]+), requested: (.*), used: (.*), limited: (.*)")
_AMOUNT = re.compile(r"([^=,\s]+)=([0-9.]+)([a-zA-Z]*)")


def pod(leaf: dict[str, Any], spec: dict[str, Any], account: str) -> Object | None:
    """The pod of a leaf, without what Argo adds to it; None where it has no image."""
    container = leaf["container"]
    if not container.get("image"):
        return None
    body: dict[str, Any] = {
        "containers": [{"name": "main", **container}],
        "serviceAccountName": account,
        "restartPolicy": "Never",
        **{key: leaf[key] for key in ("nodeSelector", "tolerations") if key in leaf},
    }
    meta = {"name": f"sameday-trial-{digest(body, 8)}", **spec.get("podMetadata", {})}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": body}


def full(said: str) -> tuple[str, bool] | None:
    """The name of a quota that was exceeded, and whether it is too small even when nothing else is there."""
    found = _QUOTA.search(said)
    if found is None:
        return None
    asked, limits = _amounts(found[2]), _amounts(found[4])
    return found[1], any(amount > limits[name] for name, amount in asked.items() if name in limits)


def about(said: str) -> About:
    """What of a job a no is about."""
    return "resources" if any(word in said for word in SIZES) else "repo"


def _amounts(text: str) -> dict[str, Decimal]:
    return {name: Decimal(number) * UNITS[unit] for name, number, unit in _AMOUNT.findall(text) if unit in UNITS}
