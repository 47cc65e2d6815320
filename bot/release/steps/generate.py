"""Start the first run, or find it, and see it through."""

from __future__ import annotations

from collections.abc import Sequence

from bot.ports import Table
from bot.release.steps import Done, Failed, Order, Result, Tools, Waiting


def generate(order: Order, tools: Tools) -> Result:
    """Submit the run, which finds it if it is there; a run of that name is never started twice.

    Runs that this release makes superfluous are stopped: they are neither of what it releases nor of what is live.
    """
    tools.engine.cancel(order.work.experiment, {order.work.key, order.live_key} - {""})
    run = tools.engine.submit(order.work)
    if run.state == "running":
        return Waiting(run.name)
    if run.state == "succeeded":
        gone = lost(order, tools)
        return Failed(f"{', '.join(gone)} has lost what {run.name} made") if gone else Done(f"run {run.name}")
    if run.state == "stopped":
        return Failed(f"the run {run.name} stopped and could not be resumed")
    causes = [f"{node.name} {node.reason}" for node in run.failures]
    return Failed(f"{', '.join(causes) or 'the run failed'}")


def lost(order: Order, tools: Tools) -> Sequence[str]:
    """The places in the warehouse that hold nothing of this spec; a store that has lost it is loaded from there."""
    places = [placed.place for placed in order.placed(tools) if placed.store is None]
    there = tools.warehouse.describe([place.name for place in places]) if tools.warehouse and places else {}
    return [
        place.name
        for place in places
        if not isinstance(there[place.name], Table)
        or all(one.spec != place.spec for one in tools.places("").inside(place))
    ]
