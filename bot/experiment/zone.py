"""The time zone of what says none: the settings' own."""

from __future__ import annotations

from dataclasses import replace

from bot.experiment.arms import Serving
from bot.experiment.load import Experiment
from bot.experiment.model import Spec


def in_zone(experiment: Experiment, zone: str) -> Experiment:
    """The experiment with this zone where its schedule or its period names none."""
    if experiment.parsed is None:
        return experiment
    spec = _in_zone(experiment.parsed, zone)
    return experiment if spec is experiment.parsed else replace(experiment, parsed=spec)


def _in_zone(spec: Spec, zone: str) -> Spec:
    schedule, serving = spec.schedule, spec.serving
    changes: dict[str, object] = {}
    if schedule is not None and "timezone" not in schedule.model_fields_set and schedule.timezone != zone:
        changes["schedule"] = schedule.model_copy(update={"timezone": zone})
    if serving is not None and (zoned := serving_in_zone(serving, zone)) is not serving:
        changes["serving"] = zoned
    return spec.model_copy(update=changes) if changes else spec


def serving_in_zone(serving: Serving, zone: str) -> Serving:
    """The same of what is served alone."""
    period = serving.period
    if period is None or "timezone" in period.model_fields_set:
        return serving
    return serving.model_copy(update={"period": period.model_copy(update={"timezone": zone})})
