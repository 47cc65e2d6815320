"""End the runs that a retired experiment has no more use for."""

from __future__ import annotations

from bot.release.steps import Done, Order, Result, Tools


def stop(order: Order, tools: Tools) -> Result:
    """End what an earlier release began and did not bring live; a scheduled run of what was live ends by itself."""
    if order.spec is not None:
        return Done()
    ended = tools.engine.cancel(order.item.experiment, {order.live_key} - {""})
    return Done(f"ended {', '.join(sorted(ended))}" if ended else "")
