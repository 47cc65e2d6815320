"""A table that a run writes: no other output or experiment has it, its dataset exists, its readers miss nothing."""

from __future__ import annotations

from collections.abc import Iterator

from bot.check import Context, Experiment, Problem, Route, Unproven
from bot.compile.names import ANY_KEY
from bot.compile.owners import anothers, live_owner, taken
from bot.compile.work import qualified, warehouse_place
from bot.experiment.model import Output
from bot.experiment.types import carries
from bot.ports import Absent, Denied, Place, Table
from checks.tables import served
from checks.tables.described import Described, elsewhere


def check(name: str, experiment: Experiment, described: Described, context: Context) -> Iterator[Problem | Unproven]:
    """Problems of one output."""
    output, route = experiment.spec.outputs[name], ("outputs", name, "table")
    assert context.settings.warehouse is not None
    place = context.settings.warehouse.apart(output.table)
    if place is not None and isinstance(absent := described.get(place), Absent):
        yield from _place(route, place, absent, context)
    answer = described.get(output.table)
    if isinstance(answer, Denied):
        yield Problem("unreadable-table", route, f"we may not look at the table {output.table}: {answer.reason}")
    elif isinstance(answer, Absent):
        yield from _place(route, output.table, answer, context)
        yield from served.kept(name, experiment, answer, context)
    elif isinstance(answer, Table):
        yield from elsewhere(route, f"the table {output.table}", answer.location, context)
        yield from _shown(name, experiment, answer, context)
        yield from served.kept(name, experiment, answer, context)


def owned(name: str, experiment: Experiment, context: Context) -> Iterator[Problem]:
    """A problem if no output may be there, another one has the table, or another experiment is live with it."""
    output = experiment.spec.outputs[name]
    if context.settings.warehouse is not None and (why_not := context.settings.warehouse.outside(output.table)):
        yield Problem("outside", ("outputs", name, "table"), why_not, "declare a table in one of these")
    full = qualified(output.table, context.settings)
    repository = context.repository
    spelled = repository.spellings.get(output.table.rpartition(".")[2], ())
    same = [table for table in spelled if qualified(table, context.settings) == full]
    others = [claim for table in same for claim in repository.writers[table] if claim != (experiment.name, name)]
    if others:
        message = f"the table {output.table} is also written by {others[0][0]} (output {others[0][1]})"
        yield Problem("shared-output", ("outputs", name, "table"), message, "give each output a table of its own")
        return
    owner = live_owner("", output.table, context.owners, context.settings)
    why = anothers(_named(experiment, output), owner, output.table) if owner is not None else None
    if why is not None:
        yield Problem(why.rule, ("outputs", name, "table"), why.message, why.hint)


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


def _shown(name: str, experiment: Experiment, current: Table, context: Context) -> Iterator[Problem]:
    """What becomes of the table or view that has the name: whose it is, and what its readers would miss."""
    assert context.warehouse is not None
    output, route = experiment.spec.outputs[name], ("outputs", name)
    if (why := taken(_named(experiment, output), context.warehouse, output.table)) is not None:
        if not list(owned(name, experiment, context)):  # the same is said of it already
            yield Problem(why.rule, (*route, "table"), why.message, why.hint)
        return
    naming = context.warehouse.naming(_named(experiment, output))
    for reason in naming.refused:
        hint = "declare the columns as they are there, or write to a new table"
        yield Problem("misfit-output", (*route, "columns"), f"{output.table} cannot be filled: {reason}", hint, "key")
    for loss in naming.loses:
        yield Problem("changed-form", (*route, "table"), loss, "tell its readers first, or leave it as it is")
    goes = "stays, and is NULL" if naming.form == "table" else "goes"
    missed = [f"'{column}' {goes}" for column in current.columns if column not in output.columns]
    missed += [
        f"'{column}' becomes {kind} ({current.columns[column]} now)"
        for column, kind in output.columns.items()
        if column in current.columns and not (naming.refused or carries(kind, current.columns[column]))
    ]
    if missed:
        message = f"readers of {output.table} would get other columns: {'; '.join(missed)}"
        hint = "change its readers first, or write to a new table"
        yield Problem("changed-output", (*route, "columns"), message, hint, "key")


def _named(experiment: Experiment, output: Output) -> Place:
    """The place of any spec of the experiment that the output's name could show."""
    return warehouse_place(experiment.name, ANY_KEY, output, experiment.spec.renamed_from or "")
