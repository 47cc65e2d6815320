"""Put a run's verified tables in their declared places, and take away what old runs left."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.compile.names import moment
from bot.compile.work import own_table
from bot.ports import Warehouse, Work
from bot.tasks.verified import Verified
from bot.tasks.verify import verify


def promote(work: Work, warehouse: Warehouse, now: datetime, verified: Verified | None = None) -> list[str]:
    """A sentence per output; each is put in its place atomically, and doing so again changes nothing.

    Only what was verified is put there: without `verified` it is verified here. The runs' own tables that are older
    than the work's `keep` are removed, but not this run's, which is still to be synced.
    """
    verified = verified or verify(work, warehouse)
    when = moment(work.run, work.date, work.attempt)
    said, own = [], {}
    for name, output in work.outputs.items():
        if output.write == "direct":
            said.append(f"{name}: written in place by its job")
            continue
        own[output.table] = own_table(output, work.key, when)
        warehouse.promote(own[output.table], output, work.date, verified.of(name).word)
        said.append(f"{name}: {output.table}" + (f", day {work.date}" if output.partition else ""))
    before = now - timedelta(seconds=work.keep)
    swept = warehouse.sweep(list(own), [work.key, *work.earlier], before, list(own.values())) if work.keep else ()
    return said + ([f"{len(swept):,} tables of old runs removed"] if swept else [])
