"""What users get: data of this release in the stores, the flag published and read back."""

from __future__ import annotations

from collections.abc import Mapping

from bot.compile.flags import flag
from bot.compile.work import targets
from bot.errors import Refused
from bot.experiment.model import Output
from bot.ports import Flag, Item, Store, Target, made_for
from bot.release.steps import Done, Failed, Order, Result, Tools
from bot.sync.window import window


def serve(order: Order, tools: Tools) -> Result:
    """Show the data and publish the flag, or take a retired experiment's flag away; its data stays."""
    item, spec = order.item, order.spec
    if spec is None:
        if not _publish(item.experiment, None, tools):
            return Failed("the flag is still published")
        return Done("flag off, the data stays")
    notes = _show(item, spec.outputs, tools.stores)
    wanted = flag(spec) if spec.serving else None
    if not _publish(item.experiment, wanted, tools):
        return Failed("the flag that was published is not the one that is read back")
    if wanted is not None:
        notes.append("flag on")
    return Done(", ".join(notes) or "nothing to serve")


def _show(item: Item, outputs: Mapping[str, Output], stores: Mapping[str, Store]) -> list[str]:
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


def _publish(experiment: str, wanted: Flag | None, tools: Tools) -> bool:
    """Put the flag in the set if it is not there; says whether it is read back as it was meant."""
    if tools.flags is None:
        if wanted is not None:
            raise Refused("the settings name no place for flags")
        return True
    if tools.flags.published(experiment) != wanted:
        tools.flags.publish(experiment, wanted)
    return tools.flags.published(experiment) == wanted
