"""The flag set in a ConfigMap: the same flagd JSON as in a folder, where serving's flagd mounts or watches it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from bot.cluster import Cluster, Object, beside
from bot.cluster.rights import Right
from bot.errors import Conflict
from bot.flags.document import Whole, changed, read
from bot.ports import Flag, Flags
from bot.ports.opening import Opening
from bot.settings.kinds import ConfigMapFlags

RIGHTS = (
    Right("get", "ConfigMap", "read the flag set"),
    Right("create", "ConfigMap", "make the flag set"),
    Right("update", "ConfigMap", "publish a flag, or take it away"),
)
TRIES = 50  # to write over what was read


class ConfigMap:
    """One flag set; it may be there already, with flags and keys of other people."""

    def __init__(self, cluster: Cluster, settings: ConfigMapFlags) -> None:
        self.cluster = cluster
        self.name = settings.set
        self.key = f"{settings.set}.flagd.json"

    def publish(self, flags: Mapping[str, Flag | None]) -> None:
        """Replace these flags of the set over the version that was read, again if somebody wrote in between."""
        for _ in range(TRIES):
            found = self.cluster.get("ConfigMap", self.name)
            text = changed(self._whole(found), flags)
            with suppress(Conflict):
                return self._write(found, text)
        raise Conflict(f"the ConfigMap {self.name} was changed whenever it was to be written; run again")

    def _write(self, found: Object | None, text: str) -> None:
        if found is None:
            meta = {"name": self.name, "labels": {"app.kubernetes.io/managed-by": "sameday"}}
            self.cluster.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {self.key: text}})
        elif found.get("data", {}).get(self.key) != text:
            self.cluster.replace({**found, "data": {**found.get("data", {}), self.key: text}})

    def published(self, experiment: str) -> Flag | None:
        """The flag as readers find it."""
        return self.all().get(experiment)

    def all(self) -> Mapping[str, Flag]:
        """Every flag of the set."""
        flags: Mapping[str, Flag] = self._whole(self.cluster.get("ConfigMap", self.name))["flags"]
        return flags

    def _whole(self, found: Object | None) -> Whole:
        text = (found or {}).get("data", {}).get(self.key)
        return {"flags": {}} if text is None else read(text, f"the flag set {self.key} of the ConfigMap {self.name}")


def open_flags(settings: ConfigMapFlags, opening: Opening) -> Flags:
    """The flag set, which is not asked yet."""
    return ConfigMap(beside(opening, settings, "flags"), settings)
