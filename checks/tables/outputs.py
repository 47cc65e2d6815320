"""Whether a table that is written can be: nobody else writes it, there is room for it, and it fits what is there."""

from __future__ import annotations

from collections.abc import Iterator

from bot.check import Context, Experiment, Problem, Route, Unproven
from bot.compile.work import qualified
from bot.experiment.model import Output
from bot.experiment.types import carries
from bot.ports import Absent, Denied, Table
from checks.tables import served
from checks.tables.known import Known, elsewhere

NEW = "its other days keep their columns; write to a new table"


def check(name: str, experiment: Experiment, known: Known, context: Context) -> Iterator[Problem | Unproven]:
    """Everything that is wrong with one output."""
    output, route = experiment.spec.outputs[name], ("outputs", name, "table")
    yield from _shared(name, experiment, context)
    found = known.get(output.table)
    if isinstance(found, Denied):
        yield Problem("unreadable-table", route, f"the table {output.table} cannot be looked at: {found.reason}")
    elif isinstance(found, Absent):
        yield from _place(route, output.table, found, context)
        yield from served.kept(name, experiment, found, context)
    elif isinstance(found, Table):
        yield from elsewhere(route, f"the table {output.table}", found.location, context)
        yield from _fits(name, output, found)
        yield from served.kept(name, experiment, found, context)


def _shared(name: str, experiment: Experiment, context: Context) -> Iterator[Problem]:
    output = experiment.spec.outputs[name]
    full = qualified(output.table, context.settings)
    writers = context.repository.writers.items()
    claims = [claim for table, made in writers if qualified(table, context.settings) == full for claim in made]
    others = [(other, o) for other, o in claims if (other.name, o) != (experiment.name, name)]
    if others:
        message = f"the table {output.table} is also written by {others[0][0].name} (output {others[0][1]})"
        yield Problem("shared-output", ("outputs", name, "table"), message, "give each output a table of its own")


def _place(route: Route, table: str, found: Absent, context: Context) -> Iterator[Problem | Unproven]:
    """The dataset in which a new table would be made."""
    if found.dataset is None:
        near = found.similar[0] if found.similar else ""
        hint = f"did you mean '{near}'?" if near else "create the dataset first, or correct the name"
        yield Problem("missing-dataset", route, f"there is no dataset for the table {table}", hint)
    elif isinstance(found.dataset, Denied):
        yield Unproven(f"whether {table} can be made: its dataset cannot be looked at: {found.dataset.reason}")
    else:
        yield from elsewhere(route, f"the dataset of {table}", found.dataset.location, context)


def _fits(name: str, output: Output, found: Table) -> Iterator[Problem]:
    """How a run's rows go with the table that is there."""
    route: Route = ("outputs", name)
    if found.kind != "table":
        article = "an external table" if found.kind == "external" else f"a {found.kind}"
        message = f"{output.table} is {article}, which nothing can be written to"
        yield Problem("incompatible-output", (*route, "table"), message, "write to a new table")
    elif output.partition is not None:
        yield from _day(route, output, found)
    else:
        yield from _whole(route, output, found)


def _day(route: Route, output: Output, found: Table) -> Iterator[Problem]:
    """A run replaces one day: the others stay as they are."""
    assert output.partition is not None
    for column, kind in output.columns.items():
        if column not in found.columns:
            message = f"the table {output.table} is there without the column '{column}'"
            yield Problem("incompatible-output", (*route, "columns", column), message, NEW, "key")
        elif not carries(kind, found.columns[column]):
            message = f"the column '{column}' of {output.table} is {found.columns[column]} there, not {kind}"
            yield Problem("incompatible-output", (*route, "columns", column), message, NEW)
    for column in found.columns:
        if column not in output.columns:
            message = f"the table {output.table} has a column '{column}' that is not declared"
            yield Problem("incompatible-output", (*route, "columns"), message, NEW, "key")
    if found.partition not in (None, output.partition.column):
        message = f"the table {output.table} is not partitioned by {output.partition.column}"
        hint = "every run would read all of it to replace a day; partition it, or write to a new table"
        yield Problem("unpartitioned", (*route, "partition"), message, hint)


def _whole(route: Route, output: Output, found: Table) -> Iterator[Problem]:
    """A run replaces the table, and with it everything about it."""
    if found.partition:
        message = f"{output.table} is partitioned by {found.partition} there, and a run would replace all its days"
        hint = f"declare `partition: {{column: {found.partition}}}`, or write to a new table"
        yield Problem("incompatible-output", (*route, "table"), message, hint)
        return
    gone = [column for column in found.columns if column not in output.columns]
    new = [column for column in output.columns if column not in found.columns]
    other = [c for c, kind in output.columns.items() if c in found.columns and not carries(kind, found.columns[c])]
    changes = [f"'{column}' becomes {output.columns[column]} ({found.columns[column]} now)" for column in other]
    changes += [f"'{column}' goes" for column in gone] + [f"'{column}' is new" for column in new]
    changes += [f"it is not clustered by {', '.join(found.clustering)} any more"] if found.clustering else []
    if changes:
        breaks = ", ".join(f"'{column}'" for column in other + gone)
        hint = f"what reads {breaks} breaks" if breaks else "what reads it now does not break"
        message = f"a run would change the table {output.table}: {'; '.join(changes)}"
        yield Problem("changed-output", (*route, "columns"), message, hint, "key")
