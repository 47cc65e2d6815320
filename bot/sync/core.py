"""The one sync: a run's task uses it with all rows, the check with a sample in scratch space."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.errors import Refused
from bot.ports import Batches, Digest, Store, Target

RowSource = Callable[[], Batches]
"""Gives the rows when they are wanted."""


@dataclass(frozen=True, slots=True)
class Later:
    """Rows that nobody opens until a store takes them: those of a version that is there already are not read."""

    source: RowSource

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The stream, as a PyCapsule."""
        return self.source().__arrow_c_stream__(requested_schema)


def load(store: Store, target: Target, version: str, rows: RowSource) -> Digest:
    """Load a version that nobody sees yet, reading the rows once.

    Raises Refused if the store cannot hold the rows, or gives back others than it was sent.
    """
    plan = store.plan(target)
    if plan.refused:
        reasons = "; ".join(f"{column}: {reason}" if column else reason for column, reason in plan.refused)
        raise Refused(f"{target.table} cannot be synced: {reasons}")
    return store.load(target, version, Later(rows))
