"""The port to where serving reads, and the values that cross it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.ports.places import Place, Places, Version
from bot.ports.warehouse import Batches


@dataclass(frozen=True, slots=True)
class StorePlan:
    """What a sync to a place would do. `refused` are the reasons why it would not work, by column or ''."""

    action: Literal["create", "replace", "adopt"]
    ddl: str
    refused: tuple[tuple[str, str], ...] = ()
    breaks: tuple[str, ...] = ()
    """What readers of the table that is there would miss."""
    conversions: tuple[tuple[str, str], ...] = ()
    """Columns that the store holds in another form, and which."""


@dataclass(frozen=True, slots=True)
class Digest:
    """A fingerprint of rows that does not depend on their order."""

    rows: int
    sums: tuple[int, ...]

    def __str__(self) -> str:
        """Its numbers in a word."""
        return ":".join(map(str, (self.rows, *self.sums)))


class Store(Places, Protocol):
    """Where serving reads. Every method raises Unreachable if it cannot be asked, Refused if it says no."""

    def plan(self, place: Place) -> StorePlan:
        """What a sync to the place, shown by its declared name, would do; changes nothing."""
        ...

    def keep(self, place: Place, version: Version, rows: Batches) -> Version:
        """Load the rows as a version that nobody reads yet, read them back, and record it as whole.

        What is whole already is not loaded again. Returns it with its rows and digest. Raises Refused for duplicate
        keys, for values the store cannot hold, and where it gives back other rows.
        """
        ...

    def sandbox(self, owner: str) -> AbstractContextManager[Store]:
        """Scratch space with the same rules, gone afterwards (or swept by age if its owner is killed)."""
        ...
