"""What starts a template: the schedule, and one run for one date."""

from __future__ import annotations

from bot.compile.argo.moment import back, fresh, scheduled_time, zone
from bot.compile.argo.objects import (
    BACK,
    DATA,
    RUN,
    SCHEDULED,
    TIMEZONE,
    Manifest,
    entity,
    labels,
    steady,
    trace,
    traced,
)
from bot.compile.argo.template import template
from bot.compile.names import template_name
from bot.compile.work import data
from bot.ports import Work
from bot.settings import Manifests

LATE = 3600  # seconds that a schedule which was missed is still made up for
KEPT = 3  # runs of a schedule that are kept, of each kind; by default none that was missed is made up for


def manifests(work: Work, options: Manifests) -> tuple[Manifest, ...]:
    """Template, schedule (if there is one) and first run, in the order in which they are applied."""
    applied = [template(work, options)]
    if work.schedule is not None:
        applied.append(schedule(work, options))
    return (*applied, first_run(work, options))


def schedule(work: Work, options: Manifests, *, on: bool = False) -> Manifest:
    """The CronWorkflow, suspended until a release points it at the template.

    Once it is `on`, it begins after the date of `work`, whose data is there. Of several times a day the first makes the
    data; it takes a time that Argo makes up after midnight for one of the new day.
    """
    assert work.schedule is not None
    spec: Manifest = {
        "schedules": [work.schedule.cron],
        "timezone": work.schedule.timezone,
        "concurrencyPolicy": "Forbid",
        **({"startingDeadlineSeconds": LATE} if work.outputs else {}),  # else nothing shows that a date was made
        "successfulJobsHistoryLimit": KEPT,
        "failedJobsHistoryLimit": KEPT,
        "suspend": not on,
        "workflowMetadata": {
            "labels": labels(work, options) | traced(work),
            "annotations": trace(work) | {DATA: data(work), TIMEZONE: zone(work), BACK: str(back(work))},
        },
        "workflowSpec": _started(work, "1", "yes"),
    }
    if on:
        spec["when"] = fresh(work)
    return steady("CronWorkflow", work.experiment, work, options, spec)


def first_run(work: Work, options: Manifests) -> Manifest:
    """The Workflow of one date, named so that it cannot start twice."""
    spec = _started(work, str(work.attempt), "no")
    manifest = entity("Workflow", work.run, work, options, spec, {DATA: data(work)})
    manifest["metadata"]["labels"][RUN] = work.run
    manifest["metadata"]["annotations"][SCHEDULED] = scheduled_time(work)
    return manifest


def _started(work: Work, attempt: str, scheduled: str) -> Manifest:
    parameters = [{"name": "attempt", "value": attempt}, {"name": "scheduled", "value": scheduled}]
    return {
        "workflowTemplateRef": {"name": template_name(work.experiment, work.key)},
        "arguments": {"parameters": parameters},
    }
