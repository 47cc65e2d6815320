"""How a cluster is asked without leaving anything there; what was found is not asked for again."""

from __future__ import annotations

from collections.abc import Iterator

from bot.cluster import Cluster, Object, Rejected
from bot.finding import Unproven
from bot.ports import Objection

Said = Iterator[Objection | Unproven]


class Look:
    """One namespace, as our credentials see it."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._known: dict[tuple[str, str], bool | None] = {}

    def there(self, kind: str, name: str) -> bool | None:
        """Whether the object is there; None: we may not look."""
        if (kind, name) not in self._known:
            try:
                self._known[kind, name] = self.cluster.exists(kind, name)
            except Rejected as error:
                if not error.unallowed:
                    raise
                self._known[kind, name] = None
        return self._known[kind, name]

    def try_out(self, manifest: Object) -> Said:
        """A strict dry run of a new object; raises what the cluster raises.

        Says something only if the cluster keeps what it should look at, which is removed at once.
        """
        kind, meta = manifest["kind"], self.cluster.create(manifest, dry=True)["metadata"]
        if meta.get("resourceVersion"):  # what is not kept has none
            try:
                self.cluster.delete(kind, meta["name"], meta["uid"])
                left = "it is removed again"
            except Rejected as error:
                left = f"remove it, which these credentials cannot: {error}"
            message = f"the cluster made the {kind} {meta['name']} though it was asked for a dry run; {left}"
            yield Objection("refused", message, "look for a proxy or a webhook that drops `dryRun` from requests")
