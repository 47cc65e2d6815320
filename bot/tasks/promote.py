"""Put a run's verified tables in their declared places."""

from __future__ import annotations

from bot.compile.names import moment
from bot.compile.work import own_table
from bot.ports import Warehouse, Work


def promote(work: Work, warehouse: Warehouse) -> list[str]:
    """A sentence per output; each is put in its place atomically, and doing so again changes nothing."""
    when = moment(work.run, work.date, work.attempt)
    said = []
    for name, output in work.outputs.items():
        if output.write == "direct":
            said.append(f"{name}: written in place by its job")
            continue
        warehouse.promote(own_table(output, work.key, when), output, work.date)
        said.append(f"{name}: {output.table}" + (f", day {work.date}" if output.partition else ""))
    return said
