"""Bring a run's verified tables to where serving reads, and show them to readers all at once."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from bot.compile.names import moment
from bot.compile.work import own_table, targets
from bot.ports import Store, Target, Warehouse, Work, made_by, made_for
from bot.sync.core import Load, load


def sync(work: Work, warehouse: Warehouse, stores: Mapping[str, Store]) -> list[str]:
    """A sentence per target; raises Refused before anything is shown if one of them does not hold what was read."""
    when = moment(work.run, work.date, work.attempt)
    said: list[str] = []
    loaded: dict[str, dict[Target, str]] = {}
    for name, output, store, target in targets(work.outputs):
        rows = functools.partial(warehouse.read, own_table(output, work.key, when))
        digest = load(stores[store], Load(target, rows), work.run)
        reason = stays(stores[store].active(target), work)
        if reason:
            said.append(f"{name}: {digest.rows:,} rows loaded; {store}.{target.table} stays at {reason}")
        else:
            loaded.setdefault(store, {})[target] = work.run
            said.append(f"{name}: {digest.rows:,} rows in {store}.{target.table}")
    for store, versions in loaded.items():
        stores[store].activate(versions)
    for _, _, store, target in targets(work.outputs):
        stores[store].prune(target, worth_keeping(stores[store], target, work))
    return said


def stays(active: str | None, work: Work) -> str:
    """The version that is shown and why it stays, or '': only newer data of the same spec takes its place.

    What another spec shows is live until a release activates this one, whoever started this run.
    """
    if active is None:
        return ""
    if made_by(active) != made_by(work.run):
        return f"{active}, which is live until this is released"
    return f"{active}, which is newer" if made_for(active)[0] > made_for(work.run)[0] else ""


def worth_keeping(store: Store, target: Target, work: Work) -> list[str]:
    """What a rollback may go back to: the newest version before this one, and the newest of each of two other specs."""
    newest: dict[str, str] = {}
    for version in sorted(store.versions(target), key=made_for):
        if version != work.run:
            newest[made_by(version)] = version
    mine = newest.pop(made_by(work.run), work.run)
    return [work.run, mine, *sorted(newest.values(), key=made_for)[-2:]]
