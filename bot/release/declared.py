"""What of an experiment's file a release is compared by: its names, what users get, and the file as a whole."""

from __future__ import annotations

from collections.abc import Mapping

from bot.compile import traffic
from bot.compile.flags import flag, flag_off
from bot.compile.names import digest
from bot.experiment.load import Experiment
from bot.experiment.model import Spec
from bot.experiment.repository import Repository
from bot.ports import Flag, Trial
from bot.settings import Settings


def own(experiment: Experiment, repository: Repository) -> str:
    """A digest of what the experiment itself says; settings, an upgrade and other experiments change nothing of it."""
    said = experiment.spec.model_dump(mode="json", exclude_defaults=True)
    return digest([said, repository.sources(experiment)], 16)


def trial(spec: Spec, settings: Settings) -> Trial | None:
    """How the spec's test splits users, and when."""
    serving = spec.serving
    period = serving.period if serving is not None else None
    if serving is None or not serving.is_test or period is None or period.end is None:
        return None
    layer, slots = traffic.layer(serving, settings), (serving.slots.start, serving.slots.end)
    return Trial(serving.phase, traffic.salt_digest(traffic.salt(spec)), layer, slots, period.start, period.end)


def tables(spec: Spec) -> Mapping[str, tuple[str, ...]]:
    """The names that a spec's outputs declare, by store; '' for the warehouse."""
    named: dict[str, tuple[str, ...]] = {"": tuple(output.table for output in spec.outputs.values())}
    for output in spec.outputs.values():
        if output.sync is not None:
            named[output.sync.store] = (*named.get(output.sync.store, ()), output.sync.table)
    return {where: names for where, names in named.items() if names}


def published(spec: Spec, key: str, settings: Settings, *, off: bool = False) -> Flag | None:
    """The flag of a spec as it is published, or as it is while it is turned `off`; None where it serves nothing."""
    if spec.serving is None:
        return None
    return flag_off(spec, key, settings) if off else flag(spec, key, settings)


def served(spec: Spec, key: str, settings: Settings) -> str:
    """A digest of what users get: the flag, the schedule, the data's identity."""
    schedule = spec.schedule.model_dump() if spec.schedule else None
    return digest([published(spec, key, settings), schedule, key], 16)
