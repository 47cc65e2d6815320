"""Start the first run, or find it, and see it through."""

from __future__ import annotations

from bot.ports import StepName, made_by
from bot.release.steps import Done, Failed, Order, Result, Skipped, Tools, Waiting

NAME: StepName = "generate"
DOING = "generating the first data"


def run(order: Order, tools: Tools) -> Result:
    """Submit the run, which finds it if it is there; a run of that name is never started twice.

    Runs that this release makes superfluous are stopped: they are neither of what it releases nor of what is live.
    """
    if order.work is None:
        return Skipped("a retired experiment makes no data")
    serves = order.item.serves[0]
    live = made_by(serves).removeprefix(f"{order.work.experiment}-") if serves else ""
    tools.engine.cancel(order.work.experiment, {order.work.key, live} - {""})
    found = tools.engine.submit(order.work)
    if found.state == "running":
        return Waiting(found.name)
    if found.state == "succeeded":
        return Done(f"run {found.name}")
    if found.state == "stopped":
        return Failed(f"the run {found.name} stopped and could not be resumed")
    failures = found.failures
    causes = [f"{node.name} {node.reason}" for node in failures]
    return Failed(f"{', '.join(causes) or 'the run failed'}")
