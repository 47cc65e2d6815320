"""A strict dry run of each object that a release makes."""

from __future__ import annotations

from bot.cluster import Object, Rejected
from bot.compile.argo import MANAGED
from bot.engines.argo.proof import pods
from bot.engines.argo.proof.look import Look, Said
from bot.engines.argo.proof.parts import Parts
from bot.errors import Conflict
from bot.ports import Objection, Work


def shown(manifest: Object, parts: Parts, work: Work, look: Look) -> Said:
    """What the cluster has against one object, done as a release does it."""
    kind, name = manifest["kind"], manifest["metadata"]["name"]
    adopt = kind == "CronWorkflow" and work.schedule is not None and work.schedule.adopt
    try:
        if kind == "Workflow":
            yield from look.try_out(manifest)
        elif kind == "CronWorkflow" and not adopt and _foreign(name, look):
            hint = "`schedule: {adopt: true}` takes it over"
            yield Objection("taken", f"a CronWorkflow {name} is there that sameday did not make", hint, about="cron")
        else:
            look.cluster.apply(manifest, force=adopt, dry=True)
    except Conflict as error:
        if kind != "Workflow":  # a run of this name is adopted
            hint = "ask who changed it to undo that"
            yield Objection("taken", f"the {kind} {name} was changed by another hand: {error}", hint)
    except Rejected as error:
        yield from _refused(error, parts, f"the {kind} {name}")


def _foreign(name: str, look: Look) -> bool:
    cron = look.cluster.get("CronWorkflow", name)
    return cron is not None and not MANAGED.items() <= (cron["metadata"].get("labels") or {}).items()


def _refused(error: Rejected, parts: Parts, what: str) -> Said:
    """Each thing that an API server has against a manifest, at the job that it comes from."""
    if error.unallowed:
        hint = "grant it, or check `engine.context` and `manifests.namespace` in the settings"
        yield Objection("forbidden", f"{what} cannot be tried: {error}", hint)
    elif not error.causes:
        yield from pods.admitted(error, what, None)
    for cause in error.causes:
        step, about = parts.place(cause.field)
        yield Objection("refused", f"the cluster does not take {what}: {cause.field}: {cause.message}", "", step, about)
