"""The engine's verbs on a cluster: apply, submit, watch, schedule, cancel."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime

from bot.cluster import Cluster, Rejected
from bot.compile import argo
from bot.compile.argo import DATA, KEY, SPEC
from bot.compile.names import template_name
from bot.compile.work import data
from bot.engines.argo import nodes
from bot.engines.argo.proof import VERSION, Prover
from bot.engines.argo.runs import Runs, Workflow, by_run, selector_of
from bot.engines.argo.schedules import Schedules, apply
from bot.engines.argo.watch import Watch
from bot.errors import Conflict, Refused, Unreachable
from bot.finding import Unproven
from bot.ports import Objection, Run, Scheduled, Work, made_for
from bot.settings import Manifests

TRIES = 40  # times that a name which is taken, or about to be free, is looked at
ANOTHER = (404, 422)  # what a change with a uid is answered if the object is gone, or a new one of its name
PAUSE = 0.5  # seconds between two of them
# Seconds before a run is begun anew whose template Argo did not know. It hears of templates at once, but for up to half
# a minute after it has lost the API server.
UNHEARD = 10.0


LANES = 1_000  # runs wait for each other in the cluster, oldest first, by the mutex of their experiment


class Argo:
    """Runs in one namespace; `options` say what their manifests hold, `page` where people look at a workflow."""

    def __init__(
        self,
        cluster: Cluster,
        options: Manifests,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        version: str = VERSION,
        page: str = "",
    ) -> None:
        self.cluster = cluster
        self.lanes = LANES
        self.options = options
        self.clock = clock
        self.sleep = sleep
        self.runs = Runs(cluster, page)
        self.schedules = Schedules(cluster)
        self.prover = Prover(cluster, options, version)

    def prove(self, work: Work) -> Iterator[Objection | Unproven]:
        """What the cluster has against the work when it is shown it, and what it could not be asked."""
        return self.prover.prove(work)

    def apply(self, work: Work) -> None:
        """Apply the template."""
        _needs(work, self.options)
        manifest = argo.template(work, self.options)
        size = len(argo.sent(manifest))
        if size > argo.MAX_BYTES:
            raise Refused(f"the template of {work.experiment} has {size:,} bytes; at most {argo.MAX_BYTES:,} fit")
        apply(self.cluster, manifest)

    def applied(self, work: Work) -> bool:
        """Whether the template is there as `work` says it."""
        template = self.cluster.get("WorkflowTemplate", template_name(work.experiment, work.key))
        if template is None or "deletionTimestamp" in template["metadata"]:
            return False
        spec = argo.template(work, self.options)["metadata"]["annotations"][SPEC]
        return bool((template["metadata"].get("annotations") or {}).get(SPEC) == spec)

    def find(self, run: str) -> Run | None:
        """The run of this name, or how it ended where Argo has deleted it since."""
        workflow = self.runs.workflow(run)
        if workflow is not None:
            return self.runs.run(run, workflow)
        ended = self.runs.memory.find(run)
        return ended[0] if ended else None

    def submit(self, work: Work) -> Run:
        """Start the run, or find it. One that was cancelled, or deleted while it ran, is started anew."""
        manifest, same = argo.first_run(work, self.options), data(work)
        lost: Unreachable | None = None
        for _ in range(TRIES):
            present = self._there(work.run, same)
            if isinstance(present, Run):
                return present
            if present is not None:
                self._clear(present)
                self.sleep(UNHEARD if nodes.is_unbegun(present) else PAUSE)
                continue
            try:
                return self.runs.run(work.run, self.cluster.create(manifest))
            except Conflict:
                self.sleep(PAUSE)  # somebody else was first, and is found
            except Unreachable as error:  # it may be there all the same: it is looked for before it is tried again
                if lost is not None:
                    raise
                lost = error
        raise Conflict(f"the name {work.run} does not get free: its workflow is being deleted; run again later")

    def _there(self, run: str, same: str) -> Run | Workflow | None:
        """The run if it is there, or the workflow that is in its way, or None."""
        workflow = self.runs.workflow(run)
        if workflow is None:
            ended = self.runs.memory.find(run)
            if ended is not None and ended[1] != same:
                raise Conflict(f"a run {run} was there that did something else; it needs another attempt")
            return ended[0] if ended else None
        if (workflow["metadata"].get("annotations") or {}).get(DATA) != same:
            raise Conflict(f"a workflow {run} exists that does something else; see `kubectl get workflow {run}`")
        self.runs.remember([workflow])
        if "deletionTimestamp" in workflow["metadata"] or nodes.state(workflow) == "stopped":
            return workflow
        return self.runs.run(run, workflow)

    def _clear(self, workflow: Workflow) -> None:
        meta = workflow["metadata"]
        if "deletionTimestamp" not in meta:
            self.cluster.delete("Workflow", meta["name"], meta["uid"])

    def watch(self, runs: Collection[str], until: datetime) -> Iterator[Run]:
        """Every change of the runs, until none is running or it is `until`."""
        return Watch(self.runs, runs).follow(until, self.clock, self.sleep)

    def schedule(self, work: Work, *, on: bool) -> None:
        """Point the CronWorkflow at the template of `work`, or suspend it."""
        if on:
            self.schedules.point(work, self.options)
        else:
            self.schedules.suspend(work.experiment)

    def scheduled(self, experiment: str) -> Scheduled | None:
        """What the CronWorkflow starts."""
        return self.schedules.scheduled(experiment)

    def give_back(self, experiment: str) -> bool:
        """Put back the CronWorkflow that was taken over."""
        return self.schedules.give_back(experiment)

    def newest(self, experiment: str, most: int) -> Sequence[Run]:
        """The runs of the newest dates among the workflows that Argo keeps."""
        runs = by_run(self.cluster.list("Workflow", selector_of([experiment])).items)
        names = sorted(runs, key=made_for, reverse=True)[:most]
        return [self.runs.run(name, runs[name]) for name in names]

    def stop(self, run: str) -> bool:
        """Terminate the run, as `cancel` does."""
        workflow = self.runs.workflow(run)
        return workflow is not None and nodes.state(workflow) == "running" and self._terminate(workflow, "a person")

    def log(self, run: str, node: str) -> str | None:
        """The end of what the node's pod has printed."""
        return self.runs.log(run, node)

    def cancel(self, experiment: str, but: Collection[str]) -> Collection[str]:
        """End the experiment's runs of every other spec.

        Terminated, not stopped: Argo ends a stopped run that waits for its lock only once it has it, and its exit
        handler would raise an alarm.
        """
        stopped = []
        for workflow in self.cluster.list("Workflow", selector_of([experiment])).items:
            meta = workflow["metadata"]
            if nodes.state(workflow) != "running" or (meta.get("labels") or {}).get(KEY) in but:
                continue
            if self._terminate(workflow, ", ".join(sorted(but))):
                stopped.append(meta["name"])
        return stopped

    def _terminate(self, workflow: Workflow, why: str) -> bool:
        """End a workflow, if it is still the one that was looked at; says whether it is."""
        meta = workflow["metadata"]
        mark = {"uid": meta["uid"], "annotations": {nodes.CANCELLED: why}}
        try:
            self.cluster.patch("Workflow", meta["name"], {"metadata": mark, "spec": {"shutdown": "Terminate"}})
        except Rejected as error:
            if error.status not in ANOTHER:
                raise
            return False
        return True


def _needs(work: Work, options: Manifests) -> None:
    """Raises Refused for what a run's own tasks would lack in their pods."""
    if work.tasks and options.image is None:
        raise Refused("the settings name no image for sameday's own tasks: add `manifests: {image: …}`")
    stores = (work.backends.get("stores") or {}).items()
    missing = {name: store["dsn"] for name, store in stores if "dsn" in store and store["dsn"] not in options.secrets}
    for name, variable in missing.items():
        if any(output.sync and output.sync.store == name for output in work.outputs.values()):
            raise Refused(
                f"the store {name} needs {variable} in the pods of a run: "
                f"add `manifests: {{secrets: {{{variable}: secret/key}}}}`"
            )
