"""One owner for each declared name: what is said to an experiment that may not have the one it declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bot.compile.work import qualified
from bot.ports import ASIDE, Place, Places
from bot.settings import Settings

Owners = Mapping[tuple[str, str], str]
"""Whose each declared name is, by the store that has it ('' for the warehouse) and the name as its file says it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Why a declared name may not show a place: a rule of the checks, what is wrong, what to do."""

    rule: Literal["taken", "stranger"]
    message: str
    hint: str

    def __str__(self) -> str:
        """Both in a sentence, for a release."""
        return f"{self.message}: {self.hint}"


def taken(place: Place, places: Places, name: str) -> Taken | None:
    """Why the declared name of the place, as it is now, may not show it; `name` is how a person would look for it.

    Raises Unreachable if the backend cannot be asked.
    """
    owner = places.owner(place.table)
    if owner is not None:
        return anothers(place, owner, name)
    if places.shown(place.table) != place.table or place.adopt:
        return None
    hint = f"`adopt: true` takes it over: it is kept whole as {name}{ASIDE}, and a rollback shows it again"
    return Taken("stranger", f"a table {name} is there already, and is not sameday's", hint)


def anothers(place: Place, owner: str, name: str) -> Taken | None:
    """Why a declared name that is `owner`'s may not show the place, or None if it may."""
    if owner in place.owners:
        return None
    hint = f"take another one, or if this is {owner} under a new name, say so: `renamed_from: {owner}`"
    return Taken("taken", f"{name} is {owner}'s, and a name has one owner", hint)


def live_owner(store: str, table: str, owners: Owners, settings: Settings) -> str | None:
    """The experiment that is live with a declared name, however its file spells a table of the warehouse."""
    if store:
        return owners.get((store, table))
    full = qualified(table, settings)
    return next(
        (owner for (where, name), owner in owners.items() if not where and qualified(name, settings) == full), None
    )
