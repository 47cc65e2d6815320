"""The proof of a work: the cluster as such, every object, then everything that they need."""

from __future__ import annotations

from contextlib import suppress

from bot.cluster import Cluster, Rejected
from bot.compile import argo
from bot.engines.argo.proof import needs, objects, pods
from bot.engines.argo.proof.definitions import OLDEST, Installed, installed
from bot.engines.argo.proof.look import Look, Said
from bot.engines.argo.proof.parts import Parts
from bot.engines.argo.rights import RELEASE
from bot.finding import Unproven
from bot.ports import Objection, Work
from bot.settings import Manifests

STRICT = (1, 25)  # the first API server that refuses unknown fields when it is asked to
TRIAL = {
    "apiVersion": argo.API,
    "kind": "Workflow",
    "metadata": {"generateName": "sameday-trial-"},
    "spec": {"suspend": True, "workflowTemplateRef": {"name": "sameday-trial"}},
}


class Prover:
    """Shows works to one namespace; what is the same for all of them is asked once."""

    def __init__(self, cluster: Cluster, options: Manifests, version: str) -> None:
        """`version` is the one that manifests are made for."""
        self.look = Look(cluster)
        self.options = options
        self.version = version
        self._whole: tuple[Objection | Unproven, ...] | None = None

    def prove(self, work: Work) -> Said:
        """What the cluster has against the work, and what it could not be asked."""
        if self._whole is None:
            self._whole = tuple(self._cluster())
        yield from self._whole
        if any(isinstance(statement, Objection) for statement in self._whole):
            return
        manifests = argo.manifests(work, self.options)
        parts = Parts(manifests[0], frozenset(step.name for step in work.steps))
        for manifest in manifests:
            yield from objects.shown(manifest, parts, work, self.look)
        yield from needs.referred(parts, self.look)
        yield from needs.accounts(parts, self.look)
        yield from pods.shown(parts, self.look)

    def _cluster(self) -> Said:
        """What is true for every work."""
        cluster = self.look.cluster
        if self.look.there("Namespace", cluster.namespace) is False:
            hint = "check `manifests.namespace` in the settings"
            yield Objection("namespace", f"the cluster has no namespace '{cluster.namespace}'", hint)
            return
        heard = tuple(self._heard())
        if heard:
            yield from heard
            return
        definitions = installed(cluster)
        if definitions is None:
            yield Objection("definitions", "Argo Workflows is not installed in the cluster", "check `engine.context`")
            return
        yield from self._depth(definitions)
        server = cluster.release()
        if server < STRICT:
            version = ".".join(str(number) for number in server)
            yield Unproven(f"the API server is of version {version}, which takes unknown fields without a word")
        lacking = _lacking(cluster)
        if lacking:
            where = f"in the namespace '{cluster.namespace}'"
            yield Unproven(f"these credentials may not {', '.join(lacking)} {where}; those of a release must")

    def _heard(self) -> Said:
        """Whether a dry run is one, by an object that harms nobody: what is applied to a schedule might."""
        with suppress(Rejected):  # the run's own objects say that it may not be made, or not now
            yield from self.look.try_out(TRIAL)

    def _depth(self, definitions: Installed) -> Said:
        if definitions.version is not None and definitions.version < self.version:
            version = f"of Argo {definitions.version}" if definitions.version else f"older than Argo {OLDEST}"
            hint = "upgrade Argo with its resource definitions, or set `engine.version`"
            message = f"the installed resource definitions are {version}; the settings say {self.version}"
            yield Objection("definitions", message, hint)
        if definitions.depth == "full":
            yield Unproven("dry run, full schema: not that images can be pulled, nor that nodes have room")
        elif definitions.depth == "minimal":
            yield Unproven("dry run, minimal schema: the installed resource definitions let nearly everything pass")
        else:
            yield Unproven("no dry run: these credentials may not create Workflows")


def _lacking(cluster: Cluster) -> list[str]:
    """What these credentials may not do of what a release does."""
    return [
        f"{right.verb} {right.resource}"
        for right in RELEASE
        if not cluster.may(right.verb, right.kind, below=right.below)
    ]
