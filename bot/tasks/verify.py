"""Prove a run's own tables before anybody else sees them: columns, rows, keys, NULLs, day."""

from __future__ import annotations

from collections.abc import Iterator

from bot.compile.names import moment
from bot.compile.work import own_table
from bot.errors import Refused
from bot.experiment.model import Output
from bot.experiment.types import carries
from bot.ports import Absent, Denied, Profile, Table, Warehouse, Work


def verify(work: Work, warehouse: Warehouse) -> list[str]:
    """A sentence per output; raises Refused with everything that is wrong with any of them."""
    when = moment(work.run, work.date, work.attempt)
    tables = {name: own_table(output, work.key, when) for name, output in work.outputs.items()}
    known = warehouse.describe(list(tables.values()))
    said, wrong = [], []
    for name, output in work.outputs.items():
        table = known[tables[name]]
        if isinstance(table, Denied):
            wrong.append(f"{name}: {table.reason}")
            continue
        if isinstance(table, Absent):
            wrong.append(f"{name}: the job {output.job} has not written {tables[name]}")
            continue
        faults = list(columns(output, table))
        if not faults:
            profile = warehouse.profile(tables[name], output, work.date)
            faults = list(contents(output, profile, work))
            billed = f", {profile.billed / 1e6:,.0f} MB billed" if profile.billed else ""
            said.append(f"{name}: {profile.rows:,} rows{billed}")
        wrong += [f"{name}: {fault}" for fault in faults]
    if wrong:
        raise Refused("; ".join(wrong))
    return said


def columns(output: Output, table: Table) -> Iterator[str]:
    """What differs between the declared columns and the written ones."""
    for column, kind in output.columns.items():
        if column not in table.columns:
            yield f"the column {column} is missing"
        elif not carries(kind, table.columns[column]):
            yield f"the column {column} is {table.columns[column]}, declared is {kind}"
    extra = [column for column in table.columns if column not in output.columns]
    if extra:
        yield f"columns that are not declared: {', '.join(extra)}"


def contents(output: Output, profile: Profile, work: Work) -> Iterator[str]:
    """What of the expectations the rows do not meet."""
    if profile.rows < output.expect.min_rows:
        yield f"{profile.rows:,} rows, at least {output.expect.min_rows:,} are expected"
    if profile.duplicates:
        yield f"{profile.duplicates:,} rows repeat a key ({', '.join(output.key)})"
    for column in output.key:
        if profile.nulls.get(column):
            yield f"{profile.nulls[column]:,} rows have no {column}, which is part of the key"
    for column, share in output.expect.max_null_share.items():
        nulls = profile.nulls.get(column, 0)
        if profile.rows and nulls / profile.rows > share:
            yield f"{nulls / profile.rows:.1%} of {column} is NULL, at most {share:.1%} is expected"
    if profile.other_days:
        yield f"{profile.other_days:,} rows are of another day than {work.date}"
