"""The port to where serving reads, and the values that cross it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.ports.warehouse import Batches


@dataclass(frozen=True, slots=True)
class Target:
    """A table of a store that serving reads: its columns in BigQuery's types, and what makes a row unique."""

    table: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...] = ()
    adopt: bool = False
    """Whether an existing plain table of this name may be taken over."""
    days: int = 1
    """How many of the newest days readers see at once."""


@dataclass(frozen=True, slots=True)
class StorePlan:
    """What syncing to a target would do. `refused` are the reasons why it would not work, by column or ''."""

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
        """A word for it, which `parse` reads."""
        return ":".join(map(str, (self.rows, *self.sums)))

    @classmethod
    def parse(cls, word: str) -> Digest:
        """The fingerprint that a store wrote down."""
        rows, *sums = map(int, word.split(":"))
        return cls(rows, tuple(sums))


class Store(Protocol):
    """Where serving reads. Every method raises Unreachable if it cannot be asked, Refused if it says no."""

    def plan(self, target: Target) -> StorePlan:
        """What a sync to the target would do; changes nothing."""
        ...

    def load(self, target: Target, version: str, rows: Batches) -> Digest:
        """Load the rows as a version that nobody reads yet and read them back; a loaded version is not loaded again.

        Raises Refused for duplicate keys, for values the store cannot hold, and where it gives back other rows.
        """
        ...

    def active(self, target: Target) -> tuple[str, ...]:
        """The versions that readers see, none or one of each day that is shown."""
        ...

    def versions(self, target: Target) -> Sequence[str]:
        """The versions that are kept whole, newest first."""
        ...

    def activate(self, versions: Mapping[Target, Sequence[str]]) -> None:
        """Show readers these versions and no others, all in one transaction; rolling back is this too."""
        ...

    def prune(self, target: Target, keep: Collection[str]) -> None:
        """Remove every version but these and the active ones."""
        ...

    def sandbox(self, owner: str) -> AbstractContextManager[Store]:
        """Scratch space with the same rules, gone afterwards (or swept by age if its owner is killed)."""
        ...
