"""Wait until the tables a run reads are there, with the run's date in them, and fresh."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.compile.work import on_date
from bot.errors import Refused
from bot.ports import Denied, Read, Table, Warehouse, Work

POLL = 30.0  # seconds between two looks


def wait(
    work: Work,
    warehouse: Warehouse,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
    say: Callable[[str], None],
) -> list[str]:
    """A sentence per input once all are ready; raises Refused with what is missing after the work's patience.

    `say` is given what it waits for, at once and every half a minute.
    """
    compact = f"{work.date:%Y%m%d}"
    reads = {
        name: read.model_copy(update={"table": on_date(read.table, compact)}) for name, read in work.inputs.items()
    }
    until = clock() + timedelta(seconds=work.patience)
    while True:
        described = warehouse.describe([read.table for read in reads.values()])
        missing = [
            f"{name}: {reason}"
            for name, read in reads.items()
            if (reason := unready(read, described[read.table], work, warehouse, clock()))
        ]
        if not missing:
            return [f"{name}: {read.table} is ready" for name, read in reads.items()]
        left = (until - clock()).total_seconds()
        if left <= 0:
            raise Refused("inputs are not ready: " + "; ".join(missing))
        say("waiting for inputs: " + "; ".join(missing))
        sleep(min(POLL, left))


def unready(read: Read, table: object, work: Work, warehouse: Warehouse, now: datetime) -> str:
    """Why an input cannot be read yet, or ''."""
    if isinstance(table, Denied):
        return table.reason
    if not isinstance(table, Table):
        return f"{read.table} is not there"
    if read.fresh_within is not None and now - table.modified > timedelta(seconds=read.fresh_within):
        return f"{read.table} was last changed {table.modified:%Y-%m-%d %H:%M} UTC, which is too long ago"
    if read.partition is not None and not warehouse.holds(read.table, read.partition, work.date):
        return f"{read.table} has no rows of {work.date} yet"
    return ""
