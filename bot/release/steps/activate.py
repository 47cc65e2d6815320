"""Go live: data of this release in the stores, the flag published and read back, the schedule pointed here."""

from __future__ import annotations

from collections.abc import Mapping

from bot.compile.flags import flag
from bot.compile.work import targets
from bot.errors import Refused
from bot.experiment.model import Output
from bot.ports import Flag, Item, StepName, Store, Target, Work, made_for
from bot.release.steps import Done, Failed, Order, Result, Tools
from bot.sync.window import window

NAME: StepName = "activate"
DOING = "going live"


def run(order: Order, tools: Tools) -> Result:
    """Publish what the experiment serves, or take it out of service."""
    item, work = order.item, order.work
    if work is None or order.experiment is None:
        retire(item, tools)
        return Done("flag and schedule are off; the data stays")
    spec = order.experiment.spec
    said = restore(item, spec.outputs, tools.stores)
    wanted = flag(spec) if spec.serving else None
    if not publish(item.experiment, wanted, tools):
        return Failed("the flag that was published is not the one that is read back")
    if wanted is not None:
        said.append("flag on")
    point(work, tools)
    if work.schedule is not None:
        said.append(f"schedule {work.schedule.cron} {work.schedule.timezone}")
    return Done(", ".join(said) or "nothing to serve")


def restore(item: Item, outputs: Mapping[str, Output], stores: Mapping[str, Store]) -> list[str]:
    """Make every target show the newest data of this release, all targets of a store at once.

    A first run has only loaded it where an earlier release is shown, so that data and flag change together.
    """
    prefix = f"{item.experiment}-{item.key}-"
    wanted: dict[str, dict[Target, tuple[str, ...]]] = {}
    for _, _, name, target in targets(outputs):
        if name not in stores:
            raise Refused(f"the settings name no store {name}")
        if any(version.startswith(prefix) for version in stores[name].active(target)):
            continue
        kept = [version for version in stores[name].versions(target) if version.startswith(prefix)]
        if not kept:
            raise Refused(
                f"{name}.{target.table} keeps no data of {item.experiment}-{item.key}: a new run must make it"
            )
        wanted.setdefault(name, {})[target] = window(kept, max(kept, key=made_for), target.days)
    for name, versions in wanted.items():
        stores[name].activate(versions)
    return [f"{name}.{target.table} at {v[0]}" for name, versions in wanted.items() for target, v in versions.items()]


def publish(experiment: str, wanted: Flag | None, tools: Tools) -> bool:
    """Put the flag in the set if it is not there; says whether it is read back as it was meant."""
    if tools.flags is None:
        if wanted is not None:
            raise Refused("the settings name no place for flags")
        return True
    if tools.flags.published(experiment) != wanted:
        tools.flags.publish(experiment, wanted)
    return tools.flags.published(experiment) == wanted


def point(work: Work, tools: Tools) -> None:
    """Make the schedule start this release's template, or none."""
    on = work.schedule is not None
    tools.engine.schedule(work, on)
    if tools.engine.scheduled(work.experiment) != (work.key if on else None):
        raise Refused("the schedule does not start what it was pointed at")


def retire(item: Item, tools: Tools) -> None:
    """Take an experiment out of service: no flag, no schedule."""
    if not publish(item.experiment, None, tools):
        raise Refused("the flag is still published")
    tools.engine.schedule(gone(item), False)


def gone(item: Item) -> Work:
    """The work of an experiment whose file is no more: its name is all that matters."""
    return Work(experiment=item.experiment, key=item.key, date=item.date, attempt=item.attempt, steps=())
