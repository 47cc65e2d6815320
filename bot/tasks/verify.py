"""Prove a run's own tables before anybody else sees them: columns, rows, keys, NULLs, day.

What was proven is recorded as whole, with a digest of its rows: the later tasks use these rows or none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from bot.compile.work import version, warehouse_place
from bot.errors import Refused
from bot.experiment.model import Output
from bot.experiment.types import carries
from bot.ports import Absent, Denied, Profile, Table, Warehouse, Work
from bot.tasks.watch import Seen, told, watch

SHOWN = 40  # characters of a value that a message repeats
UNFIXED = ("view", "external")


def verify(work: Work, warehouse: Warehouse, clock: Callable[[], datetime]) -> list[str]:
    """A sentence per output, and per remark on what is not as usual.

    Raises Refused with everything that is wrong with any of them, and then keeps none; also where one is held.
    """
    begun = version(work, clock())
    places = {
        name: warehouse_place(work.experiment, work.key, output, work.heir_of) for name, output in work.outputs.items()
    }
    tables = {name: place.own(begun) for name, place in places.items()}
    described = warehouse.describe(list(tables.values()))
    wrong, profiles = [], {}
    for name, output in work.outputs.items():
        faults = list(form(output, described[tables[name]], tables[name]))
        if not faults:
            profile = profiles[name] = warehouse.profile(tables[name], output, work.date)
            faults = list(_differing(output, profile.columns)) or list(rows(output, profile, work))
            before = next((one for one in warehouse.versions(places[name]) if one.run == work.run and one.whole), None)
            if before is not None and before.digest != profile.content:
                faults.append("its rows are others than this run verified before: run it again as a new attempt")
        wrong += [f"{name}: {fault}" for fault in faults]
    if wrong:
        raise Refused("; ".join(wrong))
    seen = watch(work, warehouse, places, profiles, begun)
    lines = [_line(name, proven, seen[name]) for name, proven in profiles.items()]
    lines += told(seen)
    for name, place in places.items():
        first = next((one for one in warehouse.versions(place) if one.run == work.run), begun)
        proven = profiles[name]
        warehouse.keep(
            place, replace(first, whole=clock(), rows=proven.rows, digest=proven.content, watched=seen[name].watched)
        )
    return lines


def _line(name: str, proven: Profile, seen: Seen) -> str:
    billed = proven.billed + seen.billed
    return f"{name}: {proven.rows:,} rows" + (f", {billed / 1e6:,.0f} MB billed" if billed else "")


def _short(value: str) -> str:
    """A value of a key on one line; a job can write anything there."""
    text = " ".join(value.split())
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def form(output: Output, table: Table | Absent | Denied, name: str) -> Iterator[str]:
    """What can be told before a row is read."""
    if isinstance(table, Denied):
        yield table.reason
    elif isinstance(table, Absent):
        yield f"the job {output.job} has not written {name}"
    elif table.kind in UNFIXED:
        yield f"{name} is no table but of the kind {table.kind}, whose rows may change after they are verified"
    else:
        yield from _differing(output, table.columns)


def _differing(output: Output, written: Mapping[str, str]) -> Iterator[str]:
    """What differs between the declared columns and the written ones."""
    for column, kind in output.columns.items():
        if column not in written:
            yield f"the column {column} is missing"
        elif not carries(kind, written[column]):
            yield f"the column {column} is {written[column]}, declared is {kind}"
    extra = [column for column in written if column not in output.columns]
    if extra:
        yield f"columns that are not declared: {', '.join(extra)}"


def rows(output: Output, profile: Profile, work: Work) -> Iterator[str]:
    """What of the expectations the rows do not meet."""
    if profile.rows < output.expect.min_rows:
        yield f"{profile.rows:,} rows, at least {output.expect.min_rows:,} are expected"
    if profile.duplicates:
        most = ", ".join(f"({', '.join(map(_short, one.key))}) is in {one.rows:,} rows" for one in profile.repeated)
        yield f"{profile.duplicates:,} rows repeat a key ({', '.join(output.key)}): {most}"
    for column in output.key:
        if profile.nulls.get(column):
            yield f"{profile.nulls[column]:,} rows have no {column}, which is part of the key"
    for column, share in output.expect.max_null_share.items():
        nulls = profile.nulls.get(column, 0)
        if profile.rows and nulls / profile.rows > share:
            yield f"{nulls / profile.rows:.1%} of {column} is NULL, at most {share:.1%} is expected"
    if profile.other_days:
        yield f"{profile.other_days:,} rows are of another day than {work.date}"
