"""Bring a run's verified tables to where serving reads, and show them to readers all at once."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from bot.compile.names import moment
from bot.compile.work import own_table, targets
from bot.ports import Store, Target, Warehouse, Work, made_by, made_for
from bot.sync.core import load
from bot.sync.window import window


def sync(work: Work, warehouse: Warehouse, stores: Mapping[str, Store]) -> list[str]:
    """A sentence per target; raises Refused before anything is shown if one of them does not hold what was read."""
    when = moment(work.run, work.date, work.attempt)
    said: list[str] = []
    loaded: dict[str, dict[Target, tuple[str, ...]]] = {}
    for name, output, store, target in targets(work.outputs):
        rows = functools.partial(warehouse.read, own_table(output, work.key, when))
        digest = load(stores[store], target, work.run, rows)
        last = newest(stores[store].active(target), work.run)
        shown = window(stores[store].versions(target), last, target.days)
        if made_by(last) == made_by(work.run) and work.run in shown:
            loaded.setdefault(store, {})[target] = shown
            said.append(f"{name}: {digest.rows:,} rows in {store}.{target.table}")
        else:
            why = "newer" if made_by(last) == made_by(work.run) else "live until this is released"
            said.append(f"{name}: {digest.rows:,} rows loaded; {store}.{target.table} stays at {last}, which is {why}")
    for store, versions in loaded.items():
        stores[store].activate(versions)
    for _, _, store, target in targets(work.outputs):
        stores[store].prune(target, worth_keeping(stores[store], target, work))
    return said


def newest(active: tuple[str, ...], run: str) -> str:
    """The last version to show once the run's is there: what another spec shows is live until a release says so."""
    last = max(active, key=made_for, default=run)
    return max(last, run, key=made_for) if made_by(last) == made_by(run) else last


def worth_keeping(store: Store, target: Target, work: Work) -> list[str]:
    """What a rollback may go back to: what is shown and a day before it, and as much of each of two other specs."""
    versions = store.versions(target)
    last = {made_by(version): version for version in sorted(versions, key=made_for)}
    mine = last.pop(made_by(work.run), work.run)
    kept = [work.run, *window(versions, mine, target.days + 1)]
    for other in sorted(last.values(), key=made_for)[-2:]:
        kept += window(versions, other, target.days)
    return kept
