"""Start the first run, or find it, and see it through."""

from __future__ import annotations

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
        return Done(f"run {run.name}")
    if run.state == "stopped":
        return Failed(f"the run {run.name} stopped and could not be resumed")
    causes = [f"{node.name} {node.reason}" for node in run.failures]
    return Failed(f"{', '.join(causes) or 'the run failed'}")
