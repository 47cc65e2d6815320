"""The time zone of what says none: the settings' own."""

from __future__ import annotations

from dataclasses import replace

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
    period = serving.period if serving is not None else None
    if serving is not None and period is not None and "timezone" not in period.model_fields_set:
        changes["serving"] = serving.model_copy(update={"period": period.model_copy(update={"timezone": zone})})
    return spec.model_copy(update=changes) if changes else spec
