"""The queries of the metrics that the test is read by: the warehouse answers them with the columns that count."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from bot.check import Context, Experiment, Problem, Unproven
from bot.compile.metric import lacks
from bot.errors import Refused
from bot.ports import Denied, Warehouse
from bot.settings.query import inner


def check(experiment: Experiment, context: Context, warehouse: Warehouse) -> Iterator[Problem | Unproven]:
    """A problem for each query that would not be answered; each is asked of once for all experiments."""
    metrics = experiment.spec.serving.metrics if experiment.spec.serving is not None else None
    for name, route in metrics.named if metrics is not None else ():
        if name in context.settings.metrics:
            why = context.once(f"tables.metric.{name}", partial(_wrong, name, context, warehouse))
            if isinstance(why, Denied):
                yield Unproven(f"the query of the metric '{name}' may not be asked here: {why.reason}")
            elif why:
                message = f"the metric '{name}' cannot be measured: {why}"
                yield Problem("metric", route, message, f"the settings have its query, `metrics.{name}`")


def _wrong(name: str, context: Context, warehouse: Warehouse) -> str | Denied:
    """What is wrong with a metric's query, or ''."""
    try:
        columns = warehouse.columns(inner(context.settings.metrics[name].query))
    except Refused as error:
        return str(error)
    if isinstance(columns, Denied):
        return columns
    found = lacks(columns)
    return f"the query {' and '.join(found)}" if found else ""
