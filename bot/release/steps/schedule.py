"""Which template later dates are made with."""

from __future__ import annotations

from bot.errors import Refused
from bot.release.steps import Done, Order, Result, Tools


def schedule(order: Order, tools: Tools) -> Result:
    """Make the schedule start this release's template, or turn it off."""
    work = order.work
    on = order.spec is not None and work.schedule is not None
    tools.engine.schedule(work, on=on)
    if order.spec is None:
        return Done("schedule off")
    if tools.engine.scheduled(work.experiment) != (work.key if on else None):
        raise Refused("the schedule does not start what it was pointed at")
    return Done(f"schedule {work.schedule.cron} {work.schedule.timezone}" if work.schedule else "")
