"""Register the template; nothing live refers to it yet."""

from __future__ import annotations

from bot.compile.names import template_name
from bot.release.steps import Done, Failed, Order, Result, Tools


def apply(order: Order, tools: Tools) -> Result:
    """Apply the template and look that it is there."""
    if not tools.engine.applied(order.work):
        tools.engine.apply(order.work)
        if not tools.engine.applied(order.work):
            return Failed("the engine does not show the template that was applied")
    return Done(f"template {template_name(order.work.experiment, order.work.key)}")
