"""Bring a run's verified tables to where serving reads, and show them to readers all at once."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from bot.compile.names import moment
from bot.compile.work import own_table, targets
from bot.errors import Refused
from bot.ports import Store, Target, Warehouse, Work, made_by, made_for
from bot.sync.core import load
from bot.sync.window import window
from bot.tasks.verified import Verified
from bot.tasks.verify import verify


def sync(work: Work, warehouse: Warehouse, stores: Mapping[str, Store], verified: Verified | None = None) -> list[str]:
    """A sentence per target; raises Refused before anything is shown if one of them does not hold what was verified.

    Without `verified` it is verified here.
    """
    verified = verified or verify(work, warehouse)
    when = moment(work.run, work.date, work.attempt)
    rows: dict[str, int] = {}
    for name, output, store, target in targets(work.outputs):
        content = verified.of(name)
        source = functools.partial(warehouse.read, own_table(output, work.key, when), content=content.word)
        rows[name] = load(stores[store], target, work.run, source).rows
        if rows[name] != content.rows:
            raise Refused(
                f"{name}: {store}.{target.table} has {rows[name]:,} rows of this run, {content.rows:,} were verified: "
                "what the job wrote has changed; run it again as a new attempt"
            )
    said: list[str] = []
    loaded: dict[str, dict[Target, tuple[str, ...]]] = {}
    for name, _, store, target in targets(work.outputs):  # only now: a newer run may have come while these were loaded
        last = newest(stores[store].active(target), work.run)
        shown = window(stores[store].versions(target), last, target.days)
        if made_by(last) == made_by(work.run) and work.run in shown:
            loaded.setdefault(store, {})[target] = shown
            said.append(f"{name}: {rows[name]:,} rows in {store}.{target.table}")
        else:
            why = "newer" if made_by(last) == made_by(work.run) else "live until this is released"
            said.append(f"{name}: {rows[name]:,} rows loaded; {store}.{target.table} stays at {last}, which is {why}")
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
    """What a rollback may go back to: what is shown and a day before it, and all that two other specs still have.

    How many days of those were shown is not known here: it may be more than this one shows.
    """
    versions = store.versions(target)
    oldest_first = list(reversed(versions))  # so that of two specs with data of one date the last loaded is the later
    last = {made_by(version): version for version in sorted(oldest_first, key=made_for)}
    mine = last.pop(made_by(work.run), work.run)
    others = sorted(last, key=lambda spec: made_for(last[spec]))[-2:]
    return [
        work.run,
        *window(versions, mine, target.days + 1),
        *(version for version in versions if made_by(version) in others),
    ]
