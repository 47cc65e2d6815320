"""Put a run's verified tables in their declared places, and take away what old runs left."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.compile.names import moment
from bot.compile.work import own_table
from bot.ports import Warehouse, Work


def promote(work: Work, warehouse: Warehouse, now: datetime) -> list[str]:
    """A sentence per output; each is put in its place atomically, and doing so again changes nothing.

    Runs' own tables that are older than the work's `keep` are removed.
    """
    when = moment(work.run, work.date, work.attempt)
    said = []
    tables = [output.table for output in work.outputs.values()]
    for name, output in work.outputs.items():
        if output.write == "direct":
            said.append(f"{name}: written in place by its job")
            continue
        warehouse.promote(own_table(output, work.key, when), output, work.date)
        said.append(f"{name}: {output.table}" + (f", day {work.date}" if output.partition else ""))
    swept = warehouse.sweep(tables, now - timedelta(seconds=work.keep)) if work.keep else ()
    return said + ([f"{len(swept):,} tables of old runs removed"] if swept else [])
