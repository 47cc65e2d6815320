"""Tables that are read exist and hold what the jobs rely on; tables that are written can be.

Inputs that are another experiment's outputs are proven from what it declares; where that table does not exist yet,
the rest is unproven until its first run.

``missing-table``
    A table that is read, or that an arm or fallback serves, does not exist.
``unreadable-table``
    A table exists, but cannot be looked at.
``missing-column``
    A table that is read lacks a column the file relies on.
``column-type``
    A column has another type than the file says.
``stale-table``
    A table was last changed longer ago than `fresh_within` allows.
``incompatible-output``
    The declared columns do not fit the table that is already there: a column is gone or has changed its type.
``shared-output``
    Two outputs are written to one table.

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

from bot.check import Context, Experiment, Level, Port, Problem, Route, Unproven
from bot.compile.work import qualified, source
from bot.document.nearest import nearest
from bot.experiment.model import Input, Output
from bot.ports import Absent, Denied, Table

ID = "tables"
RULES: Mapping[str, Level] = {
    "column-type": "error",
    "incompatible-output": "error",
    "missing-column": "error",
    "missing-table": "error",
    "shared-output": "error",
    "stale-table": "warning",
    "unreadable-table": "error",
}
REQUIRES: tuple[str, ...] = ("schema",)
NEEDS: frozenset[Port] = frozenset({"warehouse"})
WANTS: frozenset[Port] = frozenset()

Known = Mapping[str, Table | Absent | Denied]


def check(experiment: Experiment, context: Context) -> Iterable[Problem | Unproven]:
    """One round to the warehouse for every table the file names."""
    assert context.warehouse is not None
    spec = experiment.spec
    reads = {name: table for name, read in spec.inputs.items() if (table := source(read, context.repository)[0])}
    served = dict(_served(experiment))
    written = {name: output.table for name, output in spec.outputs.items()}
    names = {
        table: qualified(table, context.settings) for table in (*reads.values(), *served.values(), *written.values())
    }
    described = context.warehouse.describe(sorted(set(names.values())))
    known = {table: described[full] for table, full in names.items()}
    for name, table in reads.items():
        yield from _input(name, spec.inputs[name], table, known[table], context)
    for route, table in served.items():
        yield from _existing(route, table, known[table])
    for name, output in spec.outputs.items():
        yield from _output(experiment, name, output, known[output.table], context)


def _served(experiment: Experiment) -> Iterator[tuple[Route, str]]:
    serving = experiment.spec.serving
    if serving is None:
        return
    for i, arm in enumerate(serving.arms):
        if arm.table:
            yield ("serving", "arms", i, "table"), arm.table
    if serving.arm is not None and serving.arm.table:
        yield ("serving", "arm", "table"), serving.arm.table
    if serving.fallback is not None:
        yield ("serving", "fallback", "table"), serving.fallback.table


def _existing(route: Route, table: str, found: Table | Absent | Denied) -> Iterator[Problem]:
    if isinstance(found, Absent):
        hint = f"did you mean '{found.similar[0]}'?" if found.similar else "create it first, or correct the name"
        replace = found.similar[0] if found.similar else None
        yield Problem("missing-table", route, f"the table {table} does not exist", hint, replace=replace)
    elif isinstance(found, Denied):
        yield Problem("unreadable-table", route, f"the table {table} cannot be looked at: {found.reason}")


def _input(
    name: str, read: Input, table: str, found: Table | Absent | Denied, context: Context
) -> Iterator[Problem | Unproven]:
    route: Route = ("inputs", name)
    if read.experiment is not None and isinstance(found, Absent):
        writer = context.repository.by_name[read.experiment]
        yield from _columns(
            route, read, writer.spec.outputs[read.output or ""].columns, f"{read.experiment}.{read.output}"
        )
        yield Unproven(f"the input {name} is proven from the declaration of {read.experiment}; {table} has no data yet")
        return
    yield from _existing((*route, "table") if read.table else route, table, found)
    if not isinstance(found, Table):
        return
    yield from _columns(route, read, found.columns, table)
    age = context.now - found.modified
    if read.fresh_within is not None and age > read.fresh_within:
        hours = age.total_seconds() / 3600
        message = f"the table {table} was last changed {hours:,.0f} hours ago"
        yield Problem("stale-table", (*route, "fresh_within"), message, "a run would wait for newer data")


def _columns(route: Route, read: Input, columns: Mapping[str, str], table: str) -> Iterator[Problem]:
    for column, kind in read.columns.items():
        if column not in columns:
            close = nearest(column, columns)
            hint = f"did you mean '{close}'?" if close else f"it has {', '.join(list(columns)[:10])}"
            message = f"the table {table} has no column '{column}'"
            yield Problem("missing-column", (*route, "columns", column), message, hint, "key", replace=close)
        elif columns[column] != kind:
            message = f"the column '{column}' of {table} is {columns[column]}, not {kind}"
            yield Problem("column-type", (*route, "columns", column), message, replace=columns[column])


def _output(
    experiment: Experiment, name: str, output: Output, found: Table | Absent | Denied, context: Context
) -> Iterator[Problem]:
    route: Route = ("outputs", name)
    full = qualified(output.table, context.settings)
    writers = context.repository.writers.items()
    claims = [claim for table, made in writers if qualified(table, context.settings) == full for claim in made]
    others = [(other, o) for other, o in claims if (other.name, o) != (experiment.name, name)]
    if others:
        message = f"the table {output.table} is also written by {others[0][0].name} (output {others[0][1]})"
        yield Problem("shared-output", (*route, "table"), message, "give each output a table of its own")
    if isinstance(found, Denied):
        yield from _existing((*route, "table"), output.table, found)
    if isinstance(found, Table) and output.partition is not None:
        for column, kind in output.columns.items():
            if column not in found.columns:
                message = f"the table {output.table} is there without the column '{column}'"
                yield Problem("incompatible-output", (*route, "columns", column), message, _HINT, "key")
            elif found.columns[column] != kind:
                message = f"the column '{column}' of {output.table} is {found.columns[column]} there, not {kind}"
                yield Problem("incompatible-output", (*route, "columns", column), message, _HINT)
        for column in found.columns:
            if column not in output.columns:
                message = f"the table {output.table} has a column '{column}' that is not declared"
                yield Problem("incompatible-output", (*route, "columns"), message, _HINT, "key")


_HINT = "its other days keep their columns; write to a new table"
