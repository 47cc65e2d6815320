"""What a cluster says of a work before anything of it is there: shown everything, asked to keep nothing."""

from __future__ import annotations

from collections.abc import Iterator

from bot.cluster import Cluster, Object, Rejected
from bot.compile import argo
from bot.compile.argo import MANAGED
from bot.engines.argo import trial
from bot.engines.argo.definitions import OLDEST, Installed, installed
from bot.engines.argo.parts import Parts, references
from bot.errors import Conflict
from bot.finding import Unproven
from bot.ports import About, Objection, Work
from bot.settings import Manifests

STRICT = (1, 25)  # the first API server that refuses unknown fields when it is asked to
TRIALS = 20  # shapes of pods that are tried per work
RIGHTS = (
    ("get list watch create patch delete", "Workflow", ""),
    ("get create patch", "WorkflowTemplate", ""),
    ("get create patch", "CronWorkflow", ""),
    ("list", "Pod", ""),
    ("get", "Pod", "log"),
)
REPORTS = ("create", "patch")  # what Argo's part of a pod does to WorkflowTaskResults
Said = Iterator[Objection | Unproven]


class Prover:
    """Shows works to one namespace; what is the same for all of them is asked once."""

    def __init__(self, cluster: Cluster, options: Manifests, version: str) -> None:
        """`version` is the one that manifests are made for."""
        self.cluster = cluster
        self.options = options
        self.version = version
        self._whole: tuple[Objection | Unproven, ...] | None = None
        self._known: dict[tuple[str, str], bool | None] = {}

    def prove(self, work: Work) -> Said:
        """The cluster as such, then every object, then everything that they need."""
        if self._whole is None:
            self._whole = tuple(self._cluster())
        yield from self._whole
        if any(isinstance(said, Objection) and said.kind in ("definitions", "namespace") for said in self._whole):
            return
        manifests = argo.manifests(work, self.options)
        parts = Parts(manifests[0], frozenset(step.name for step in work.steps))
        for manifest in manifests:
            yield from self._object(manifest, parts, work)
        yield from self._references(parts)
        yield from self._accounts(parts)
        yield from self._pods(parts)

    def _cluster(self) -> Said:
        """What is true for every work."""
        if self._there("Namespace", self.cluster.namespace) is False:
            hint = "check `manifests.namespace` in the settings"
            yield Objection("namespace", f"the cluster has no namespace '{self.cluster.namespace}'", hint)
            return
        found = installed(self.cluster)
        if found is None:
            yield Objection("definitions", "Argo Workflows is not installed in the cluster", "check `engine.context`")
            return
        yield from self._depth(found)
        lacking = [
            f"{verb} {kind}{'/' if below else ''}{below}"
            for verbs, kind, below in RIGHTS
            for verb in verbs.split()
            if not self.cluster.may(verb, kind, below=below)
        ]
        if lacking:
            where = f"in the namespace '{self.cluster.namespace}'"
            yield Unproven(f"these credentials may not {', '.join(lacking)} {where}; those of a release must")

    def _depth(self, found: Installed) -> Said:
        if found.depth == "full":
            if found.version is not None and found.version < self.version:
                said = f"of Argo {found.version}" if found.version else f"older than Argo {OLDEST}"
                hint = "upgrade Argo with its resource definitions, or set `engine.version`"
                message = f"the installed resource definitions are {said}; the settings say {self.version}"
                yield Objection("definitions", message, hint)
            yield Unproven("dry run, full schema: not that images can be pulled, nor that nodes have room")
        elif found.depth == "minimal":
            yield Unproven("dry run, minimal schema: the installed resource definitions let nearly everything pass")
        else:
            yield Unproven("no dry run: these credentials may not create Workflows")
        server = self.cluster.release()
        if server < STRICT:
            said = ".".join(str(number) for number in server)
            yield Unproven(f"the API server is of version {said}, which takes unknown fields without a word")

    def _object(self, manifest: Object, parts: Parts, work: Work) -> Said:
        """A strict dry run of one object."""
        kind, name = manifest["kind"], manifest["metadata"]["name"]
        try:
            if kind == "Workflow":
                yield from self._created(manifest)
            else:
                adopt = kind == "CronWorkflow" and work.schedule is not None and work.schedule.adopt
                if kind == "CronWorkflow" and not adopt and self._foreign(name):
                    hint = "`schedule: {adopt: true}` takes it over"
                    message = f"a CronWorkflow {name} is there that sameday did not make"
                    yield Objection("taken", message, hint, about="cron")
                    return
                self.cluster.apply(manifest, force=adopt, dry=True)
        except Conflict as error:
            if kind != "Workflow":  # a run of this name is adopted
                hint = "whoever changed it must undo it"
                yield Objection("taken", f"the {kind} {name} was changed by another hand: {error}", hint)
        except Rejected as error:
            yield from _refused(error, parts, f"the {kind} {name}")

    def _created(self, manifest: Object) -> Said:
        """Nothing, unless the cluster keeps what it should only look at: that is removed at once."""
        kind, meta = manifest["kind"], self.cluster.create(manifest, dry=True)["metadata"]
        if meta.get("resourceVersion"):
            self.cluster.delete(kind, meta["name"], meta["uid"])
            message = (
                f"the cluster made the {kind} {meta['name']} though it was asked for a dry run; it is removed again"
            )
            yield Objection("refused", message, "look for a proxy or a webhook that drops `dryRun` from requests")

    def _references(self, parts: Parts) -> Said:
        asked: set[tuple[str, str]] = set()
        whole = {key: value for key, value in parts.spec.items() if key != "templates"}
        for part, step in [*parts.leaves(), (whole, None)]:
            for kind, name in references(part):
                if (kind, name) in asked:
                    continue
                asked.add((kind, name))
                there = self._there(kind, name)
                message = f"the {kind} '{name}' is not in the namespace '{self.cluster.namespace}'"
                if there is None:
                    yield Unproven(f"whether the {kind} '{name}' is there: these credentials may not look")
                elif not there:
                    yield Objection("missing", message, "create it, or change what the settings refer to", step, "repo")

    def _accounts(self, parts: Parts) -> Said:
        """Whether the service accounts are there and may report, without which every pod of theirs fails."""
        asked: set[str] = set()
        for leaf, step in parts.leaves():
            account = parts.account(leaf)
            if account in asked:
                continue
            asked.add(account)
            if self._there("ServiceAccount", account) is False:
                message = f"the service account '{account}' is not in the namespace '{self.cluster.namespace}'"
                hint = "create it, or change `service_account` in the settings (`repos` or `manifests`)"
                yield Objection("account", message, hint, step, "repo")
                continue
            try:
                lacking = [
                    verb for verb in REPORTS if not self.cluster.may(verb, "WorkflowTaskResult", account=account)
                ]
            except Rejected as error:
                if not error.unallowed:
                    raise
                yield Unproven(f"what the service account '{account}' may do: these credentials may not ask")
                continue
            if lacking:
                message = f"the service account '{account}' may not {' and '.join(lacking)} WorkflowTaskResults"
                hint = "Argo's part of every pod needs it: bind a role with it to the account"
                yield Objection("account", message, hint, step, "repo")

    def _pods(self, parts: Parts) -> Said:
        """Pods like those that Argo will make, before quotas, limits, pod security and webhooks."""
        for i, (leaf, step) in enumerate(parts.leaves()):
            account = parts.account(leaf)
            pod = trial.pod(leaf, parts.spec, account)
            if pod is None or self._known.get(("ServiceAccount", account)) is False:
                continue
            if i >= TRIALS:
                yield Unproven(f"only the first {TRIALS} kinds of pods were shown to the cluster")
                return
            try:
                yield from self._created(pod)
            except Conflict:
                continue  # another check shows the same one
            except Rejected as error:
                if error.unallowed:
                    yield Unproven("what quotas and admission say of the pods: these credentials may not create Pods")
                    return
                said = f"the pod of the job '{step}'" if step else f"the pod of the task {leaf['name']}"
                yield from _admitted(error, said, step)

    def _foreign(self, name: str) -> bool:
        found = self.cluster.get("CronWorkflow", name)
        return found is not None and not MANAGED.items() <= (found["metadata"].get("labels") or {}).items()

    def _there(self, kind: str, name: str) -> bool | None:
        """Whether it is there; None: we may not look."""
        if (kind, name) not in self._known:
            try:
                self._known[kind, name] = self.cluster.exists(kind, name)
            except Rejected as error:
                if not error.unallowed:
                    raise
                self._known[kind, name] = None
        return self._known[kind, name]


def _refused(error: Rejected, parts: Parts, what: str) -> Said:
    """Each thing that an API server has against a manifest, at the job that it comes from."""
    if error.unallowed:
        hint = "grant it, or check `engine.context` and `manifests.namespace` in the settings"
        yield Objection("forbidden", f"{what} cannot be tried: {error}", hint)
    elif trial.full(str(error)):
        yield from _admitted(error, what, None)
    elif not error.causes:
        yield Objection("refused", f"the cluster does not take {what}: {error}")
    for cause in error.causes:
        step, about = parts.place(cause.field)
        yield Objection("refused", f"the cluster does not take {what}: {cause.field}: {cause.message}", "", step, about)


def _admitted(error: Rejected, what: str, step: str | None) -> Said:
    """A no of quotas, limits, pod security or a webhook."""
    quota = trial.full(str(error))
    about: About = trial.about(str(error)) if step else "name"
    if quota is None:
        yield Objection("refused", f"the cluster does not take {what}: {error}", "", step, about)
    elif quota[1]:
        hint = "ask for less, or have the quota raised"
        yield Objection("quota", f"{what} never fits into the quota: {error}", hint, step, about)
    else:
        yield Unproven(f"{what} fits into the quota '{quota[0]}', but not now: {error}")
