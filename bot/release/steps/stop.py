"""End the runs that a retired experiment has no more use for."""

from __future__ import annotations

from bot.release.steps import Done, Order, Result, Tools

GIVEN_BACK = "the schedule from before it is back"


def stop(order: Order, tools: Tools) -> Result:
    """End what an earlier release began and did not bring live; a scheduled run of what was live ends by itself.

    Where nothing was live, the schedule that the release may have taken over is put back, too.
    """
    if order.spec is not None:
        return Done()
    ended = tools.engine.cancel(order.item.experiment, {order.live_key} - {""})
    notes = [f"ended {', '.join(sorted(ended))}"] if ended else []
    if not order.live_key:
        notes.append(give_back(order, tools).note)
    return Done(", ".join(note for note in notes if note))


def give_back(order: Order, tools: Tools) -> Done:
    """Put the schedule back that the experiment had taken over, where nothing of it is live any more."""
    return Done(GIVEN_BACK if tools.engine.give_back(order.item.experiment) else "")
