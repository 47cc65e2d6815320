"""A table that a run writes: no other output has it, its dataset exists, and the rows fit the current table."""

from __future__ import annotations

from collections.abc import Iterator

from bot.check import Context, Experiment, Problem, Route, Unproven
from bot.compile.work import qualified
from bot.experiment.model import Output
from bot.experiment.types import carries
from bot.ports import Absent, Denied, Table
from checks.tables import served
from checks.tables.described import Described, elsewhere

NEW = "its other days keep their columns; write to a new table"


def check(name: str, experiment: Experiment, described: Described, context: Context) -> Iterator[Problem | Unproven]:
    """Problems of one output."""
    output, route = experiment.spec.outputs[name], ("outputs", name, "table")
    yield from _shared(name, experiment, context)
    answer = described.get(output.table)
    if isinstance(answer, Denied):
        yield Problem("unreadable-table", route, f"we may not look at the table {output.table}: {answer.reason}")
    elif isinstance(answer, Absent):
        yield from _place(route, output.table, answer, context)
        yield from served.kept(name, experiment, answer, context)
    elif isinstance(answer, Table):
        yield from elsewhere(route, f"the table {output.table}", answer.location, context)
        yield from _fits(name, output, answer)
        yield from served.kept(name, experiment, answer, context)


def _shared(name: str, experiment: Experiment, context: Context) -> Iterator[Problem]:
    output = experiment.spec.outputs[name]
    full = qualified(output.table, context.settings)
    writers = context.repository.writers.items()
    claims = [claim for table, claimed in writers if qualified(table, context.settings) == full for claim in claimed]
    others = [(other, o) for other, o in claims if (other.name, o) != (experiment.name, name)]
    if others:
        message = f"the table {output.table} is also written by {others[0][0].name} (output {others[0][1]})"
        yield Problem("shared-output", ("outputs", name, "table"), message, "give each output a table of its own")


def _place(route: Route, table: str, absent: Absent, context: Context) -> Iterator[Problem | Unproven]:
    """Problems of the dataset that would hold the new table."""
    if absent.dataset is None:
        near = absent.similar[0] if absent.similar else ""
        hint = f"did you mean '{near}'?" if near else "create the dataset first, or correct the name"
        yield Problem("missing-dataset", route, f"there is no dataset for the table {table}", hint)
    elif isinstance(absent.dataset, Denied):
        yield Unproven(f"whether a run can create {table}: we may not look at its dataset: {absent.dataset.reason}")
    else:
        yield from elsewhere(route, f"the dataset of {table}", absent.dataset.location, context)


def _fits(name: str, output: Output, current: Table) -> Iterator[Problem]:
    """Whether a run's rows fit the current table."""
    route: Route = ("outputs", name)
    if current.kind != "table":
        article = "an external table" if current.kind == "external" else f"a {current.kind}"
        message = f"{output.table} is {article}, and a run cannot write to it"
        yield Problem("incompatible-output", (*route, "table"), message, "write to a new table")
    elif output.partition is not None:
        yield from _day(route, output, current)
    else:
        yield from _whole(route, output, current)


def _day(route: Route, output: Output, current: Table) -> Iterator[Problem]:
    """A run replaces one day, so the columns must fit the other days."""
    assert output.partition is not None
    for column, kind in output.columns.items():
        if column not in current.columns:
            message = f"the current table {output.table} has no column '{column}'"
            yield Problem("incompatible-output", (*route, "columns", column), message, NEW, "key")
        elif not carries(kind, current.columns[column]):
            message = f"the column '{column}' of {output.table} is {current.columns[column]} there, not {kind}"
            yield Problem("incompatible-output", (*route, "columns", column), message, NEW)
    for column in current.columns:
        if column not in output.columns:
            message = f"the table {output.table} has a column '{column}' that is not declared"
            yield Problem("incompatible-output", (*route, "columns"), message, NEW, "key")
    if current.partition not in (None, output.partition.column):
        message = f"the table {output.table} is not partitioned by {output.partition.column}"
        hint = "every run would read all of it to replace a day; partition it, or write to a new table"
        yield Problem("unpartitioned", (*route, "partition"), message, hint)


def _whole(route: Route, output: Output, current: Table) -> Iterator[Problem]:
    """A run replaces the whole table, with its columns and clustering."""
    if current.partition:
        message = f"{output.table} is partitioned by {current.partition} there, and a run would replace all its days"
        hint = f"declare `partition: {{column: {current.partition}}}`, or write to a new table"
        yield Problem("incompatible-output", (*route, "table"), message, hint)
        return
    dropped = [column for column in current.columns if column not in output.columns]
    new = [column for column in output.columns if column not in current.columns]
    other = [c for c, kind in output.columns.items() if c in current.columns and not carries(kind, current.columns[c])]
    changes = [f"'{column}' becomes {output.columns[column]} ({current.columns[column]} now)" for column in other]
    changes += [f"'{column}' goes" for column in dropped] + [f"'{column}' is new" for column in new]
    changes += [f"it is not clustered by {', '.join(current.clustering)} any more"] if current.clustering else []
    if changes:
        breaks = ", ".join(f"'{column}'" for column in other + dropped)
        hint = f"readers of {breaks} break" if breaks else "its current readers do not break"
        message = f"a run would change the table {output.table}: {'; '.join(changes)}"
        yield Problem("changed-output", (*route, "columns"), message, hint, "key")
