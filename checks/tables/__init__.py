"""Tables that are read exist and hold what the jobs rely on; tables that are written can be.

Inputs that are another experiment's outputs are proven from what it declares; where that table does not exist yet,
the rest is unproven until its first run. What a table holds of the run's date is looked up where the file names its
`partition`, or ends its name in `{date}`. Whether the runs may read and write is tested where the settings say who
they are; else it is unproven.

``broken-view``
    A view that is read cannot be resolved.
``changed-output``
    A run would change the columns of the table that is there, or take its clustering away.
``column-type``
    A column has another type than the file says.
``expires``
    The warehouse would delete what serving reads before the test is over.
``incompatible-output``
    A run's rows do not fit the table that is already there, or what is there is no table to write to.
``missing-column``
    A table that is read lacks a column, or a field of one, that the file relies on.
``missing-dataset``
    The dataset of an output does not exist.
``missing-day``
    A table that is read has nothing of the run's date yet.
``missing-table``
    A table that is read, or that an arm or fallback serves, does not exist.
``name``
    The warehouse takes no table of that name.
``region``
    A table is kept in another region than the one that queries run in.
``shared-output``
    Two outputs are written to one table.
``stale-table``
    A table was last changed longer ago than `fresh_within` allows.
``unpartitioned``
    A day is to be replaced in a table that is not partitioned by it.
``unreadable-table``
    A table exists, but may not be looked at, or not be read by the runs.
``unwritable-output``
    The runs may not make an output's table, or not replace it.

**Passes**::

    name: job-reco-als-v4
    inputs:
      applications: {table: logs.applications, columns: {user_id: STRING}}
    jobs:
      - {name: extract, command: python -m reco.extract}

**Fails**::

    name: job-reco-als-v4
    inputs:
      applications: {table: logs.aplications, columns: {user_id: STRING}}  # <- tables.missing-table
      users: {table: logs.applications, columns: {user: STRING}}  # <- tables.missing-column
    jobs:
      - {name: extract, command: python -m reco.extract}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from bot.check import Context, Experiment, Level, Port, Problem, Route, Unproven
from bot.compile.work import data_date, on_date, qualified, source
from bot.ports import Warehouse
from checks.tables import inputs, outputs, served
from checks.tables.known import Known

ID = "tables"
RULES: Mapping[str, Level] = {
    "broken-view": "error",
    "changed-output": "warning",
    "column-type": "error",
    "expires": "error",
    "incompatible-output": "error",
    "missing-column": "error",
    "missing-dataset": "error",
    "missing-day": "warning",
    "missing-table": "error",
    "name": "error",
    "region": "error",
    "shared-output": "error",
    "stale-table": "warning",
    "unpartitioned": "warning",
    "unreadable-table": "error",
    "unwritable-output": "error",
}
REQUIRES: tuple[str, ...] = ("schema",)
NEEDS: frozenset[Port] = frozenset({"warehouse"})
WANTS: frozenset[Port] = frozenset()


def check(experiment: Experiment, context: Context) -> Iterable[Problem | Unproven]:
    """One round to the warehouse for every table the file names, and one for what the runs may do."""
    assert context.warehouse is not None
    routes, refused = _routes(experiment, context)
    yield from refused
    known = _look(experiment, routes, context, context.warehouse)
    for name in experiment.spec.inputs:
        yield from inputs.check(name, experiment, known, context)
    yield from served.check(experiment, known, context)
    for name in experiment.spec.outputs:
        yield from outputs.check(name, experiment, known, context)
    yield from _rights(experiment, known, context, context.warehouse)


def _routes(experiment: Experiment, context: Context) -> tuple[dict[str, Route], list[Problem]]:
    """Every table the file means, with where it is named; names that the warehouse has no place for are left out."""
    spec, settings = experiment.spec, context.settings.warehouse
    assert settings is not None
    reads = {name: source(read, context.repository)[0] for name, read in spec.inputs.items()}
    routes: dict[str, Route] = {}
    for name, table in reads.items():
        if table is not None:
            routes.setdefault(table, ("inputs", name, "table") if spec.inputs[name].table else ("inputs", name))
    for route, table in served.tables(experiment):
        routes.setdefault(table, route)
    for name, output in spec.outputs.items():
        routes.setdefault(output.table, ("outputs", name, "table"))
    faults = {table: settings.refused(table) for table in routes}
    refused = [Problem("name", routes[table], why) for table, why in faults.items() if why]
    return {table: route for table, route in routes.items() if not faults[table]}, refused


def _look(experiment: Experiment, routes: Iterable[str], context: Context, warehouse: Warehouse) -> Known:
    day = data_date(experiment.spec, context.now)
    wanted = {table: on_date(table, f"{day:%Y%m%d}") for table in routes}
    wanted |= {
        before: on_date(table, f"{day - timedelta(days=1):%Y%m%d}")
        for table in routes
        if (before := inputs.day_before(table)) != table
    }
    full = {table: qualified(name, context.settings) for table, name in wanted.items()}
    found = warehouse.describe(sorted(set(full.values())))
    return Known({table: found[name] for table, name in full.items()}, day)


def _nobody(context: Context) -> str:
    """Why nobody was asked what the runs may do."""
    settings = context.settings.warehouse
    if settings is not None and settings.identity:
        return "where a pull request's own workflow may run, nobody acts as `run_as`; the merge queue's check does"
    return "the settings do not say who runs act as"


def _rights(
    experiment: Experiment, known: Known, context: Context, warehouse: Warehouse
) -> Iterator[Problem | Unproven]:
    """What the runs may not do, as far as anybody can tell without doing it."""
    spec = experiment.spec
    reads = {name: source(read, context.repository)[0] or "" for name, read in spec.inputs.items()}
    reads = {name: on_date(table, f"{known.day:%Y%m%d}") for name, table in reads.items() if known.is_table(table)}
    writes = {name: output for name, output in spec.outputs.items() if known.may_be_made(output.table)}
    if not reads and not writes:
        return
    why = warehouse.allowed(sorted(set(reads.values())), {output.table: output for output in writes.values()})
    if why is None:
        yield Unproven(f"whether the runs may read and write these tables: {_nobody(context)}")
        return
    for name, table in reads.items():
        if table in why:
            message = f"the runs may not read {table}: {why[table]}"
            yield Problem("unreadable-table", ("inputs", name), message, "let the runs' account read it", "key")
    for name, output in writes.items():
        if output.table in why:
            message = f"the runs may not write {output.table}: {why[output.table]}"
            hint = "let the runs' account make and change tables there"
            yield Problem("unwritable-output", ("outputs", name, "table"), message, hint)
