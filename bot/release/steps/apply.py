"""Register the template; nothing live refers to it yet."""

from __future__ import annotations

from bot.compile.names import template_name
from bot.release.steps import Done, Failed, Order, Result, Tools


def apply(order: Order, tools: Tools) -> Result:
    """Apply the template and look that it is there; one that somebody has changed is refused, and not overwritten."""
    tools.engine.apply(order.work)
    if not tools.engine.applied(order.work):
        return Failed("the engine does not show the template that was applied")
    return Done(f"template {template_name(order.work.experiment, order.work.key)}")


def apply_again(order: Order, tools: Tools) -> Result:
    """Have the template there for the schedule: somebody may have removed or changed it while the run was at work."""
    if order.spec is None or order.work.schedule is None:
        return Done()
    result = apply(order, tools)
    return Done() if isinstance(result, Done) else result
