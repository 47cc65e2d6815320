"""Which stores are one and the same place: a table there would be two stores' at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.finding import Problem
from bot.settings.kinds import Backend
from bot.settings.model import Settings


def problems(settings: Settings) -> Iterator[Problem]:
    """Every store that is where an earlier one is."""
    first: dict[str, str] = {}
    stores: Mapping[str, Backend] = settings.stores
    for name, store in stores.items():
        where = store.whereabouts
        if where is None:
            continue
        if where in first:
            message = f"stores.{name} and stores.{first[where]} are both {where}"
            yield Problem("overlap", ("stores", name), message, "remove one, or give it a place of its own", "key")
        first.setdefault(where, name)
