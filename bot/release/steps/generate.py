"""Start the first run, or find it, and see it through."""

from __future__ import annotations

from collections.abc import Sequence

from bot.errors import Unreachable
from bot.ports import Node, Table
from bot.release.held import held
from bot.release.state import AWAY
from bot.release.steps import Done, Failed, Order, Postponed, Result, Tools, Waiting

OWN = "sameday-"  # begins the names of sameday's own nodes; no job's may


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
    if run.failures and all(_met_an_outage(node) for node in run.failures):
        return Postponed(f"{AWAY}{', '.join(node.name for node in run.failures)} got no answer from a backend")
    if (found := held(order.work, tools.warehouse, run.name)) is not None:
        return Failed(f"its data is held: {'; '.join(found.reasons)}")
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


def _met_an_outage(node: Node) -> bool:
    """Whether one of sameday's own tasks ended because a backend did not answer; a job's exit codes are its own."""
    return node.name.startswith(OWN) and node.reason == f"ended with exit code {Unreachable.code}"
