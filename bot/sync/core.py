"""The one sync: a run's task uses it with all rows, the check with a sample in scratch space."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.errors import Refused
from bot.ports import Batches, Digest, Store, Target
from bot.sync.digest import digest

RowSource = Callable[[], Batches]
"""Gives the rows anew at each call: they are read once for the store and once for the proof."""


@dataclass(frozen=True, slots=True)
class Load:
    """One target and where its rows come from."""

    target: Target
    rows: RowSource


def load(store: Store, item: Load, version: str) -> Digest:
    """Load a version and prove that what the store gives back is what was read; nobody sees it yet.

    Raises Refused if the store cannot hold the rows or holds something else, which it then forgets.
    """
    plan = store.plan(item.target)
    if plan.refused:
        reasons = "; ".join(f"{column}: {reason}" if column else reason for column, reason in plan.refused)
        raise Refused(f"{item.target.table} cannot be synced: {reasons}")
    wanted = digest(item.rows(), item.target.columns)
    got = store.load(item.target, version, item.rows())
    if got != wanted:
        store.prune(item.target, [kept for kept in store.versions(item.target) if kept != version])
        raise Refused(
            f"{item.target.table}: the store gave back other rows than were read "
            f"({got.rows:,} rows of {wanted.rows:,}{'' if got.rows != wanted.rows else ', with other values'})"
        )
    return got
