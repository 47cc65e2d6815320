"""The runs' rights: whether they may read and write the tables of the file."""

from __future__ import annotations

from collections.abc import Iterator

from bot.check import Context, Experiment, Problem, Unproven
from bot.compile.work import on_date, source
from bot.ports import Warehouse
from checks.tables.described import Described


def check(
    experiment: Experiment, described: Described, context: Context, warehouse: Warehouse
) -> Iterator[Problem | Unproven]:
    """Problems of the runs' rights, as far as the warehouse can answer without a write."""
    spec = experiment.spec
    reads = {name: source(read, context.repository)[0] or "" for name, read in spec.inputs.items()}
    reads = {
        name: on_date(table, f"{described.day:%Y%m%d}") for name, table in reads.items() if described.is_table(table)
    }
    writes = {name: output for name, output in spec.outputs.items() if described.may_be_made(output.table)}
    if not reads and not writes:
        return
    denied = warehouse.allowed(sorted(set(reads.values())), {output.table: output for output in writes.values()})
    if denied is None:
        yield Unproven(f"whether the runs may read and write these tables: {_reason(context)}")
        return
    for name, table in reads.items():
        if table in denied:
            message = f"the runs may not read {table}: {denied[table]}"
            yield Problem("unreadable-table", ("inputs", name), message, "let the runs' account read it", "key")
    for name, output in writes.items():
        if output.table in denied:
            message = f"the runs may not write {output.table}: {denied[output.table]}"
            hint = "let the runs' account make and change tables there"
            yield Problem("unwritable-output", ("outputs", name, "table"), message, hint)


def _reason(context: Context) -> str:
    """Why the warehouse was not asked about the runs' rights."""
    settings = context.settings.warehouse
    if settings is not None and settings.identity:
        where = "where a pull request's own workflow may run"
        return f"{where}, the check does not act as `run_as`; the merge queue's check does"
    return "the settings do not say which account the runs use"
