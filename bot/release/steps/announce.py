"""Tell the people: what is live, since when, with which data, and what is not."""

from __future__ import annotations

from collections.abc import Sequence

from bot.errors import SamedayError
from bot.release.steps import Done, Order, Postponed, Result, Tools


def announce(orders: Sequence[Order], tools: Tools) -> Sequence[Result]:
    """Announce the release, in the place of an earlier announcement of it.

    What could not be announced is live all the same, and announced by the next release.
    """
    try:
        tools.announce()
    except SamedayError as error:
        return [Postponed(f"it could not be announced: {error}")] * len(orders)
    return [Done()] * len(orders)
