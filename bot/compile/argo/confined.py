"""What no pod of a run may do unless somebody says so: talk to the cluster, gain privileges, act as sameday."""

from __future__ import annotations

from collections.abc import Sequence

from bot.compile.argo.objects import Manifest
from bot.settings import NOBODYS, Manifests


def container(added: Sequence[str] = ()) -> Manifest:
    """The security context of a container with no more capabilities than those that are kept."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"], **({"add": list(added)} if added else {})},
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def run(options: Manifests) -> Manifest:
    """The part of a spec that holds for every pod: nobody's account, and no token of it.

    It says so itself, since the controller's own defaults would take the place of what is left out. Argo's part of a
    pod has the executor's token, which is mounted into its containers only.
    """
    return {
        "serviceAccountName": NOBODYS,
        "automountServiceAccountToken": False,
        "executor": {"serviceAccountName": options.executor},
    }
