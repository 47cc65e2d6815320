"""Rows of each synced output go through the real sync, into scratch space of the store, and come back equal.

The rows are a sample of the output if it exists, else we make them from the declared columns with their edge values;
the report says which. The check leaves nothing behind, and does not touch what serves users.

``unknown-store``
    `sync.store` names a store that the settings do not have.
``type``
    The store cannot keep a column's type.
``breaking``
    Readers of the current table would miss a column, or get another type.
``converted``
    The store has no such column type, and keeps its values in another form without loss.
``refused``
    The store rejects the rows, or returns others. Also: a plain table of that name already exists.
``shared-target``
    Two outputs have the same target table.
``taken``
    The name of a target table is another live experiment's.

**Passes**::

    name: job-reco-als-v4
    jobs: [{name: infer, command: python -m reco.infer}]
    outputs:
      scores:
        table: reco.als_v4
        job: infer
        columns: {user_id: STRING, score: FLOAT64}
        sync: {store: serving, table: als_v4}

**Fails**::

    name: job-reco-als-v4
    jobs: [{name: infer, command: python -m reco.infer}]
    outputs:
      scores:
        table: reco.als_v4
        job: infer
        columns: {user_id: STRING, every: INTERVAL}  # <- sync.type
        sync: {store: serving, table: als_v4}
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace

from bot.check import Context, Experiment, Level, Port, Problem, Route, Unproven
from bot.compile.names import ANY_KEY
from bot.compile.owners import anothers, taken
from bot.compile.work import qualified, store_places
from bot.document.nearest import nearest
from bot.errors import Refused
from bot.experiment.model import Output
from bot.experiment.types import carries
from bot.ports import Place, Store, Table, Version
from bot.sync.core import RowSource, keep
from bot.sync.sample import sample

ID = "sync"
RULES: Mapping[str, Level] = {
    "breaking": "warning",
    "converted": "notice",
    "refused": "error",
    "shared-target": "error",
    "taken": "error",
    "type": "error",
    "unknown-store": "error",
}
REQUIRES: tuple[str, ...] = ("schema",)
NEEDS: frozenset[Port] = frozenset({"store"})
WANTS: frozenset[Port] = frozenset({"warehouse"})

SAMPLE_ROWS = 1_000  # enough for every type's path, small enough for a pull request


def check(experiment: Experiment, context: Context) -> Iterable[Problem | Unproven]:
    """Each synced output by itself."""
    faults = list(declared(experiment, context))
    yield from faults
    named = {fault.route[1] for fault in faults}
    for name, store, place in _places(experiment):
        output = experiment.spec.outputs[name]
        route: Route = ("outputs", name, "sync")
        if store not in context.stores:
            continue
        why = taken(place, context.stores[store], f"{store}.{place.table}")
        if why is not None and why.rule == "taken":  # a stranger's table is the store's to refuse
            if name not in named:
                yield Problem(why.rule, (*route, "table"), why.message, why.hint)
            continue
        plan = context.stores[store].plan(place)
        for column, reason in plan.refused:
            if column:
                yield Problem("type", ("outputs", name, "columns", column), reason, "leave it out, or make it text")
            else:
                yield Problem("refused", (*route, "table"), reason)
        if plan.refused:
            continue
        for what in plan.breaks:
            message = f"{store}.{place.table} is read already, and {what}"
            yield Problem("breaking", ("outputs", name, "columns"), message, "change its readers first", "key")
        for column, form in plan.conversions:
            message = f"readers of {store}.{place.table} get {column} as {form}"
            yield Problem("converted", ("outputs", name, "columns", column), message)
        owner = f"{experiment.name}-{name}-{context.now:%H%M%S%f}"
        yield from _rehearse(name, output, context.stores[store].sandbox(owner), place, context)


def declared(experiment: Experiment, context: Context) -> Iterable[Problem]:
    """What needs no store: the settings have it, and the name there is no other's, here and in what is live."""
    for name, store, place in _places(experiment):
        yield from _owned(experiment, name, store, place, context)
        if store not in (stores := context.settings.stores):
            close = nearest(store, stores)
            hint = f"did you mean '{close}'?" if close else f"there are {', '.join(stores)}" if stores else ""
            message = f"the settings have no store '{store}'"
            yield Problem("unknown-store", ("outputs", name, "sync", "store"), message, hint, replace=close)


def _places(experiment: Experiment) -> Iterator[tuple[str, str, Place]]:
    """As `store_places`, for any spec of the experiment."""
    return store_places(experiment.name, ANY_KEY, experiment.spec.outputs, experiment.spec.renamed_from or "")


def _rehearse(
    name: str, output: Output, sandbox: AbstractContextManager[Store], place: Place, context: Context
) -> Iterator[Problem | Unproven]:
    rows, why = _rows(output, place, context)
    if why:
        yield Unproven(f"the sync of {name} was tried with rows made from its columns, since {why}")
    try:
        with sandbox as scratch:
            keep(scratch, _within_a_day(place, output), _sampled(place, context), rows)
    except Refused as error:
        yield Problem("refused", ("outputs", name, "sync"), str(error), "", "key")


def _rows(output: Output, place: Place, context: Context) -> tuple[RowSource, str]:
    """A sample of the output, or rows made from its columns and why."""
    why = "its table has none yet"
    if context.warehouse is not None:
        table = qualified(output.table, context.settings)
        current = context.warehouse.describe([table])[table]
        if isinstance(current, Table) and current.rows:
            if not _is_like(current, output):
                return functools.partial(sample, place.columns, place.key), "its table has other columns"
            try:
                rows = context.warehouse.read(table, SAMPLE_ROWS)
                return lambda: rows, ""
            except Refused as error:  # the credentials may allow reading a table's columns, but not its rows
                why = str(error)
    return functools.partial(sample, place.columns, place.key), why


def _is_like(current: Table, output: Output) -> bool:
    """Whether the current table can hold the output's rows."""
    return all(carries(kind, current.columns.get(column, "")) for column, kind in output.columns.items())


def _sampled(place: Place, context: Context) -> Version:
    """What a sample is a version of."""
    return Version(place.experiment, place.spec, context.now.date(), context.now)


def _within_a_day(place: Place, output: Output) -> Place:
    """The place for a sample, which has rows of several days: the day is part of its key, and none is by itself."""
    column = output.partition.column if output.partition else ""
    more = (column,) if column and place.key and column not in place.key else ()
    return replace(place, key=(*place.key, *more), partition=None)


def _owned(experiment: Experiment, name: str, store: str, place: Place, context: Context) -> Iterator[Problem]:
    """A problem if another output, of any experiment, has the same target, or another experiment is live with it."""
    route: Route = ("outputs", name, "sync", "table")
    for other, theirs in context.repository.synced.get((store, place.table), ()):
        if (other, theirs) != (experiment.name, name):
            message = f"{store}.{place.table} is also the target of {other} (output {theirs})"
            yield Problem("shared-target", route, message, "give each a table of its own")
            return
    owner = context.owners.get((store, place.table))
    if owner is not None and (why := anothers(place, owner, f"{store}.{place.table}")) is not None:
        yield Problem(why.rule, route, why.message, why.hint)
