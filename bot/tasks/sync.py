"""Bring a run's verified tables to where serving reads, and show them to readers all at once."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from bot.compile.names import moment
from bot.compile.work import own_table, targets
from bot.ports import Store, Target, Warehouse, Work
from bot.sync.core import Load, load, swap


def sync(work: Work, warehouse: Warehouse, stores: Mapping[str, Store]) -> list[str]:
    """A sentence per target; raises Refused before anything is shown if one of them does not hold what was read."""
    when = moment(work.run, work.date, work.attempt)
    said: list[str] = []
    loaded: dict[str, dict[Target, str]] = {}
    for name, output, store, target in targets(work.outputs):
        rows = functools.partial(warehouse.read, own_table(output, work.key, when))
        digest = load(stores[store], Load(target, rows), work.run)
        newer = newer_version(stores[store].active(target), work)
        if newer:
            said.append(f"{name}: {digest.rows:,} rows loaded; {store}.{target.table} stays at {newer}, which is newer")
        else:
            loaded.setdefault(store, {})[target] = work.run
            said.append(f"{name}: {digest.rows:,} rows in {store}.{target.table}")
    for store, versions in loaded.items():
        keep = [kept for target in versions for kept in worth_keeping(stores[store], target, work)]
        swap(stores[store], versions, keep)
    return said


def newer_version(active: str | None, work: Work) -> str | None:
    """The active version, if it is of the same spec and a later date: a backfill does not take its place."""
    prefix = f"{work.experiment}-{work.key}-"
    if active is None or not active.startswith(prefix):
        return None
    return active if active.removeprefix(prefix)[:8] > f"{work.date:%Y%m%d}" else None


def worth_keeping(store: Store, target: Target, work: Work) -> list[str]:
    """What a rollback may go back to: the version before, and the newest one of another spec."""
    prefix = f"{work.experiment}-{work.key}-"
    others = [version for version in store.versions(target) if version != work.run]
    foreign = [version for version in others if not version.startswith(prefix)]
    return [work.run, *others[:1], *foreign[:1]]
