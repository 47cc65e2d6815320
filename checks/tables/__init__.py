"""Tables that the experiment reads exist and have what its jobs need; it can write its outputs.

If an input is another experiment's output whose table does not exist yet, we check it against that experiment's
declaration, and the rest is unproven until its first run. We look for rows of the run's date if the file names the
input's `partition` or ends its name in `{date}`. We test the runs' rights if the settings name their account; else
these are unproven.

``broken-view``
    The warehouse cannot resolve a view that the experiment reads.
``changed-form``
    What reads the output's name as a table could not read it any more, or finds nothing for a moment.
``changed-output``
    Readers of the output's name would miss a column, or get another type.
``column-type``
    A column has another type than the file says.
``expires``
    The warehouse would delete a table that serving reads before the test is over.
``metric``
    The warehouse does not answer the query of a metric that the test is read by, or not with the columns that count.
``misfit-output``
    The output's name is to stay a table (`form`), into which its columns do not fit.
``missing-column``
    A table lacks a column, or a field of one, that the file declares.
``missing-dataset``
    The dataset of an output does not exist.
``missing-day``
    A table has no rows of the run's date yet.
``missing-table``
    An input's table, or one that an arm or fallback serves, does not exist.
``name``
    The warehouse does not allow that name.
``outside``
    An output is in a dataset in which the settings let none be (`warehouse.datasets`).
``region``
    A table is in another region than the one that queries run in.
``shared-output``
    Two outputs have the same table.
``stale-table``
    A table was last changed longer ago than `fresh_within` allows.
``stranger``
    A table that is not sameday's has the name of an output. With `adopt: true` a release takes the name over and keeps
    the table.
``taken``
    The name of an output is another live experiment's.
``unreadable-table``
    A table exists, but we may not look at it, or the runs may not read it.
``unwritable-output``
    The runs may not create an output's table, or not replace it.

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

from collections.abc import Iterable, Mapping
from datetime import timedelta

from bot.check import Context, Experiment, Level, Port, Problem, Route, Unproven
from bot.compile.work import data_date, on_date, qualified, source
from bot.ports import Warehouse
from checks.tables import inputs, metrics, outputs, rights, served
from checks.tables.described import Described

ID = "tables"
RULES: Mapping[str, Level] = {
    "broken-view": "error",
    "changed-form": "warning",
    "changed-output": "warning",
    "column-type": "error",
    "expires": "error",
    "metric": "warning",
    "misfit-output": "error",
    "missing-column": "error",
    "missing-dataset": "error",
    "missing-day": "warning",
    "missing-table": "error",
    "name": "error",
    "outside": "error",
    "region": "error",
    "shared-output": "error",
    "stale-table": "warning",
    "stranger": "error",
    "taken": "error",
    "unreadable-table": "error",
    "unwritable-output": "error",
}
REQUIRES: tuple[str, ...] = ("schema",)
NEEDS: frozenset[Port] = frozenset({"warehouse"})
WANTS: frozenset[Port] = frozenset()


def check(experiment: Experiment, context: Context) -> Iterable[Problem | Unproven]:
    """Ask the warehouse once about every table of the file, and once about the runs' rights."""
    yield from declared(experiment, context)
    assert context.warehouse is not None
    routes, refused = _routes(experiment, context)
    yield from refused
    described = _look(experiment, routes, context, context.warehouse)
    for name in experiment.spec.inputs:
        yield from inputs.check(name, experiment, described, context)
    yield from served.check(experiment, described, context)
    for name in experiment.spec.outputs:
        yield from outputs.check(name, experiment, described, context)
    yield from metrics.check(experiment, context, context.warehouse)
    yield from rights.check(experiment, described, context, context.warehouse)


def declared(experiment: Experiment, context: Context) -> Iterable[Problem]:
    """What needs no warehouse: each output has a name that is no other's, here and in what is live."""
    for name in experiment.spec.outputs:
        yield from outputs.owned(name, experiment, context)


def _routes(experiment: Experiment, context: Context) -> tuple[dict[str, Route], list[Problem]]:
    """The route of every table of the file, and a problem for each name that the warehouse refuses instead."""
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
        if (place := settings.apart(output.table)) is not None:
            routes.setdefault(place, ("outputs", name, "table"))
    reasons = {table: settings.refused(table) for table in routes}
    refused = [Problem("name", routes[table], why) for table, why in reasons.items() if why]
    return {table: route for table, route in routes.items() if not reasons[table]}, refused


def _look(experiment: Experiment, routes: Iterable[str], context: Context, warehouse: Warehouse) -> Described:
    day = data_date(experiment.spec, context.now)
    names = {table: on_date(table, f"{day:%Y%m%d}") for table in routes}
    names |= {
        before: on_date(table, f"{day - timedelta(days=1):%Y%m%d}")
        for table in routes
        if (before := inputs.day_before(table)) != table
    }
    full = {table: qualified(name, context.settings) for table, name in names.items()}
    answers = warehouse.describe(sorted(set(full.values())))
    return Described({table: answers[name] for table, name in full.items()}, day)
