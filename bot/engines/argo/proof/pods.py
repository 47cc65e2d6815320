"""Pods as Argo will make them, shown to quotas, limits, pod security and webhooks; how a rejection is explained."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from bot.cluster import Object, Rejected
from bot.compile.names import digest
from bot.engines.argo.proof.look import Look, Said
from bot.engines.argo.proof.parts import Parts
from bot.errors import Conflict
from bot.finding import Unproven
from bot.ports import About, Objection

UNITS = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    **{unit: Decimal(1000) ** power for power, unit in enumerate("kMGTP", 1)},
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTP", 1)},
}
AUTOMOUNT = "automountServiceAccountToken"
SHAPES = 20  # of pods that are shown per run
SIZES = ("cpu", "memory", "quota", "resource")  # words of a rejection that is about what a job asks for

_QUOTA = re.compile(r"exceeded quota: ([^,]+), requested: (.*), used: (.*), limited: (.*)")
_AMOUNT = re.compile(r"([^=,\s]+)=([0-9.]+)([a-zA-Z]*)")


def shown(parts: Parts, look: Look) -> Said:
    """What the cluster has against the pods of a run, one of each shape."""
    for i, (leaf, step) in enumerate(parts.leaves()):
        account = parts.account(leaf)
        if not leaf["container"].get("image") or look.there("ServiceAccount", account) is False:
            continue
        if i >= SHAPES:
            yield Unproven(f"only the first {SHAPES} shapes of pods were shown to the cluster")
            return
        try:
            yield from look.try_out(_pod(leaf, parts.spec, account))
        except Conflict:
            continue  # another check shows the same one just now
        except Rejected as error:
            if error.unallowed:
                yield Unproven("what quotas and admission say of the pods: these credentials may not create Pods")
                return
            what = f"the pod of the job '{step}'" if step else f"the pod of the task {leaf['name']}"
            yield from admitted(error, what, step)


def _pod(leaf: dict[str, Any], spec: dict[str, Any], account: str) -> Object:
    """The pod of a leaf, without what Argo adds to it."""
    body: dict[str, Any] = {
        "containers": [{"name": "main", **leaf["container"]}],
        "serviceAccountName": account,
        "automountServiceAccountToken": leaf.get(AUTOMOUNT, spec[AUTOMOUNT]),
        "restartPolicy": "Never",
        **{key: leaf[key] for key in ("nodeSelector", "tolerations") if key in leaf},
    }
    meta = {"name": f"sameday-trial-{digest(body, 8)}", **spec.get("podMetadata", {})}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": body}


def admitted(error: Rejected, what: str, step: str | None) -> Said:
    """What it means for the run that quotas, limits, pod security or a webhook rejected a pod."""
    message = str(error)
    about: About = "name" if step is None else "resources" if any(word in message for word in SIZES) else "repo"
    quota = _QUOTA.search(message)
    if quota is None:
        yield Objection("refused", f"the cluster does not take {what}: {message}", "", step, about)
        return
    asked, limits = _amounts(quota[2]), _amounts(quota[4])
    if any(amount > limits[name] for name, amount in asked.items() if name in limits):
        hint = "ask for less, or have the quota raised"
        yield Objection("quota", f"{what} never fits into the quota: {message}", hint, step, about)
    else:
        yield Unproven(f"{what} fits into the quota '{quota[1]}', but not now: {message}")


def _amounts(text: str) -> dict[str, Decimal]:
    return {name: Decimal(number) * UNITS[unit] for name, number, unit in _AMOUNT.findall(text) if unit in UNITS}
