"""Tell the people: what is live, since when, with which data."""

from __future__ import annotations

from bot.ports import StepName
from bot.steps import Done, Order, Result, Tools

NAME: StepName = "announce"
DOING = "announcing"


def run(order: Order, tools: Tools) -> Result:
    """Announce; the announcement replaces an earlier one of the same release."""
    tools.announce(order.item, order.entries)
    return Done()
