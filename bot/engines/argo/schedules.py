"""The CronWorkflow of an experiment: sameday's own, or somebody else's that it took over and can give back."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from bot.answer import Answer, answer
from bot.cluster import Cluster, Object
from bot.compile import argo
from bot.compile.argo import EXPERIMENT, INSTANCE, MANAGED
from bot.compile.names import template_name
from bot.errors import Conflict, Refused
from bot.ports import Scheduled, Work
from bot.settings import Manifests

REPLACED = "sameday/replaced"  # an annotation: labels and spec of what was there before a takeover, as JSON
MOST = 200_000  # characters of it: all annotations of an object have 256 KiB
OURS = (*MANAGED, EXPERIMENT, INSTANCE)  # the labels that sameday sets
TRIES = 20  # to write over what was read


class Schedules:
    """The CronWorkflows of one namespace."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def point(self, work: Work, options: Manifests) -> None:
        """Have it start the template of `work`. Raises Refused for somebody else's unless the schedule adopts it."""
        assert work.schedule is not None
        manifest = argo.schedule(work, options, on=True)
        apply(self.cluster, manifest, force=self._takes_over(manifest, adopt=work.schedule.adopt))

    def suspend(self, experiment: str) -> None:
        """Have it start nothing, if it is sameday's own."""
        cron = self.cluster.get("CronWorkflow", experiment)
        if cron is not None and _ours(cron) and not _spec(cron).truth("suspend"):
            apply(self.cluster, _suspended(cron))

    def give_back(self, experiment: str) -> bool:
        """Put back what was there before a takeover, as it was; False if nothing was."""
        for _ in range(TRIES):
            cron = self.cluster.get("CronWorkflow", experiment)
            if cron is None or not (kept := _kept(cron)):
                return False
            labels = kept.texts("labels")
            meta: Object = {
                "resourceVersion": cron["metadata"]["resourceVersion"],
                "labels": {key: labels.get(key) for key in OURS},
                "annotations": {REPLACED: None},
            }
            change = {"metadata": meta, "spec": _exactly(kept.part("spec").data, _spec(cron).data)}
            with suppress(Conflict):  # see `_takes_over`
                self.cluster.patch("CronWorkflow", experiment, change)
                return True
        raise _busy(experiment, "given back")

    def scheduled(self, experiment: str) -> Scheduled | None:
        """What it starts, and what Argo says where it cannot read it, or could not start a workflow."""
        cron = self.cluster.get("CronWorkflow", experiment)
        if cron is None or not _ours(cron):
            return None
        template = _spec(cron).part("workflowSpec").part("workflowTemplateRef").text("name")
        key = template.removeprefix(template_name(experiment, ""))
        return Scheduled(key, not _spec(cron).truth("suspend"), _trouble(cron))

    def _takes_over(self, manifest: Object, *, adopt: bool) -> bool:
        """Whether somebody else's is there, which is kept then."""
        name = manifest["metadata"]["name"]
        for _ in range(TRIES):
            cron = self.cluster.get("CronWorkflow", name)
            if cron is None or _ours(cron):
                return False
            if not adopt:
                raise Refused(
                    f"a CronWorkflow {name} is there that sameday did not make; "
                    "`schedule: {adopt: true}` takes it over"
                )
            with suppress(Conflict):  # Argo notes when it looked at it: look again
                self._keep(cron, manifest)
                return True
        raise _busy(name, "taken over")

    def _keep(self, cron: Object, manifest: Object) -> None:
        """Suspend somebody else's, note what it says, and take out of it what is not in the manifest.

        Applying the manifest leaves what others own, and Argo would be given two workflows in one.
        """
        theirs = {"labels": cron["metadata"].get("labels") or {}, "spec": _spec(cron).data}
        text = (cron["metadata"].get("annotations") or {}).get(REPLACED) or json.dumps(theirs, separators=(",", ":"))
        name = cron["metadata"]["name"]
        if len(text) > MOST:
            raise Refused(f"the CronWorkflow {name} is too large to be kept beside sameday's; delete it, then go on")
        meta = {"resourceVersion": cron["metadata"]["resourceVersion"], "annotations": {REPLACED: text}}
        spec = _without(_spec(cron).data, manifest["spec"])
        self.cluster.patch("CronWorkflow", name, {"metadata": meta, "spec": {**spec, "suspend": True}})


def apply(cluster: Cluster, manifest: Object, *, force: bool = False) -> None:
    """Apply an object of sameday's; raises Conflict, saying who must undo what, for one that others have changed."""
    try:
        cluster.apply(manifest, force=force)
    except Conflict as error:
        kind, name = manifest["kind"], manifest["metadata"]["name"]
        raise Conflict(f"the {kind} {name} was changed by another hand, which must undo it: {error}") from None


def _busy(name: str, what: str) -> Conflict:
    return Conflict(f"the CronWorkflow {name} was changed whenever it was to be {what}; run again")


def _ours(cron: Object) -> bool:
    return MANAGED.items() <= (cron["metadata"].get("labels") or {}).items()


def _spec(cron: Object) -> Answer:
    return answer(cron, f"the CronWorkflow {cron['metadata']['name']}").part("spec")


def _trouble(cron: Object) -> str:
    status = answer(cron, f"the CronWorkflow {cron['metadata']['name']}").part("status")
    conditions = [one for one in status.parts("conditions") if one.text("type") in ("SpecError", "SubmissionError")]
    return next((one.text("message") for one in conditions if one.text("status") == "True"), "")


def _kept(cron: Object) -> Answer | None:
    """What was there before a takeover."""
    text = (cron["metadata"].get("annotations") or {}).get(REPLACED)
    if not text:
        return None
    name = cron["metadata"]["name"]
    try:
        return answer(json.loads(text), f"the annotation {REPLACED} of the CronWorkflow {name}")
    except (ValueError, RecursionError) as error:
        raise Refused(f"the annotation {REPLACED} of the CronWorkflow {name} is no JSON: {error}") from None


def _suspended(cron: Object) -> Object:
    """The schedule as it is, but suspended; applied, and not patched, so that each field has one owner."""
    labels = {key: value for key, value in cron["metadata"]["labels"].items() if key in OURS}
    meta = {key: cron["metadata"][key] for key in ("name", "namespace")} | {"labels": labels}
    return {**{key: cron[key] for key in ("apiVersion", "kind")}, "metadata": meta,
            "spec": {**_spec(cron).data, "suspend": True}}  # fmt: skip


def _without(there: Any, wanted: Any) -> dict[str, Any]:
    """A merge patch that removes what is there and is not wanted, and changes nothing else."""
    removed: dict[str, Any] = {key: None for key in there if key not in wanted}
    for key in there.keys() & wanted.keys():
        if (
            isinstance(there[key], dict)
            and isinstance(wanted[key], dict)
            and (inner := _without(there[key], wanted[key]))
        ):
            removed[key] = inner
    return removed


def _exactly(wanted: Any, there: Any) -> dict[str, Any]:
    """A merge patch that makes what is there what is wanted."""
    change: dict[str, Any] = {key: None for key in there if key not in wanted}
    for key, value in wanted.items():
        both = isinstance(value, dict) and isinstance(there.get(key), dict)
        change[key] = _exactly(value, there[key]) if both else value
    return change
