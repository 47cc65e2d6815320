"""Run the settings' metric queries, and work out what each test that is read by them can find."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from bot.compile.contexts import belonging, narrows
from bot.compile.flags import flag
from bot.compile.metric import WEEK, WEEKS, Count, lacks, statement
from bot.compile.names import ANY_KEY
from bot.compile.power import expected, power, smallest
from bot.document.nearest import nearest
from bot.errors import Refused, UsageError
from bot.experiment.arms import Serving
from bot.experiment.model import Spec
from bot.ports import Denied, Flag, Measurement, Warehouse
from bot.report.measure import Measured, Reader
from bot.settings import FILE
from bot.settings.query import inner
from bot.workspace import Workspace

ROWS = 10_000  # units that are in memory at once


@dataclass
class Arrivals:
    """How many new units of each day the flag of a test lets into its smallest arm."""

    spec: Spec
    serving: Serving
    flag: Flag
    new: list[int] = field(default_factory=lambda: [0] * (WEEK * WEEKS))


def measure(workspace: Workspace, names: Sequence[str]) -> Iterator[Measured]:
    """Measure these metrics, all if none are named, and note them in the ledger, if there is one.

    Raises UsageError for a metric that is not there, Unreachable where the warehouse or the ledger does not answer.
    """
    metrics = workspace.settings.metrics
    for name in names:
        if name not in metrics:
            close = nearest(name, metrics)
            hint = f"did you mean '{close}'?" if close else f"there are: {', '.join(metrics) or 'none'}"
            raise UsageError(f"there is no metric '{name}' in {FILE}; {hint}")
    if not metrics:
        raise UsageError(f"{FILE} has no `metrics` that could be measured")
    if workspace.warehouse is None:
        raise UsageError(f"{FILE} names no warehouse, which metrics are measured in")
    for name in names or metrics:
        yield _measured(workspace, workspace.warehouse, name)


def _measured(workspace: Workspace, warehouse: Warehouse, name: str) -> Measured:
    settings, now = workspace.settings, workspace.backends.now()
    metric = settings.metrics[name]
    today = now.astimezone(ZoneInfo(settings.timezone)).date()
    count = Count(metric, today - timedelta(weeks=WEEKS))
    tests = list(_tests(workspace, name, today))
    try:
        columns = warehouse.columns(inner(metric.query))
        if isinstance(columns, Denied):
            raise Refused(columns.reason)
        if wrong := lacks(columns):
            raise Refused(f"the query {' and '.join(wrong)}")
        rows = (tuple(row.values()) for row in warehouse.select(statement(metric, count.since)))
        while batch := list(islice(rows, ROWS)):
            count.add(batch)
            for test in tests:
                _admit(workspace, test, batch, count.since)
        found = count.measurement(name, now)
    except Refused as error:
        return Measured(name, metric.unit, why=str(error))
    kept = settings.ledger is not None
    if kept:
        workspace.ledger.note(found)
    readers = tuple(reader for test in tests if (reader := _reader(workspace, test, found)) is not None)
    return Measured(name, metric.unit, found, "", readers, count.last, kept)


def _tests(workspace: Workspace, name: str, today: date) -> Iterator[Arrivals]:
    """The A/B tests that are read by a metric and not over; one that has faults is the check's to tell of."""
    for experiment in workspace.repository.by_name.values():
        serving = experiment.spec.serving if experiment.parsed is not None else None
        if serving is None or serving.kind != "ab" or serving.metrics is None or serving.period is None:
            continue
        over = serving.period.end is not None and serving.period.end <= today
        if over or serving.metrics.primary != name or serving.unit != workspace.settings.metrics[name].unit:
            continue
        with suppress(Refused):  # of a layer that cannot be told
            compiled = flag(experiment.spec, ANY_KEY, workspace.settings, dated=False)
            yield Arrivals(experiment.spec, serving, compiled)


def _admit(workspace: Workspace, test: Arrivals, rows: Sequence[tuple[Any, ...]], since: date) -> None:
    """Ask the flag for the variant of each unit, as if it met all conditions."""
    arm = smallest(test.serving)
    if workspace.evaluator is None or arm is None:
        return
    like = belonging(test.serving)
    contexts = [{**like, "targetingKey": str(row[0])} for row in rows]
    variants = workspace.evaluator.variants(test.spec.name, test.flag, contexts)
    for (_, seen, *_), variant in zip(rows, variants, strict=True):
        test.new[(seen - since).days] += variant == arm.name


def _reader(workspace: Workspace, test: Arrivals, found: Measurement) -> Reader | None:
    counted = workspace.evaluator is not None
    new = test.new if counted else expected(test.serving, found, workspace.settings)
    of_test = power(test.serving, found, new)
    if of_test is None or test.serving.metrics is None:
        return None
    return Reader(test.spec.name, test.serving.metrics.effect, of_test, counted, narrows(test.serving))
