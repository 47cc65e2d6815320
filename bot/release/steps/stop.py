"""End the runs that a retired experiment has no more use for."""

from __future__ import annotations

from bot.release.steps import Done, Order, Result, Tools


def stop(order: Order, tools: Tools) -> Result:
    """End what an earlier release began and did not bring live; a scheduled run of what was live ends by itself.

    Where nothing was live, the schedule that the release may have taken over is put back, too.
    """
    if order.spec is not None:
        return Done()
    ended = tools.engine.cancel(order.item.experiment, {order.live_key} - {""})
    notes = [f"ended {', '.join(sorted(ended))}"] if ended else []
    if not order.live_key and tools.engine.give_back(order.item.experiment):
        notes.append("the schedule from before it is back")
    return Done(", ".join(notes))
