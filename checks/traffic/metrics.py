"""What the test is read by: metrics that are there and fit it, and whether it gets enough users for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from bot.check import Context, Experiment, Problem, Route
from bot.compile.contexts import narrows
from bot.compile.metric import key
from bot.compile.power import Power, expected, lasting, power, units
from bot.document.faults import shown
from bot.document.nearest import nearest
from bot.errors import Refused
from bot.experiment.arms import Serving
from bot.experiment.metrics import Metrics
from bot.ports import Measurement

PRIMARY: Route = ("serving", "metrics", "primary")


def check(experiment: Experiment, context: Context) -> Iterator[Problem]:
    """Every such problem."""
    serving = experiment.spec.serving
    metrics = serving.metrics if serving is not None else None
    if serving is None or metrics is None:
        return
    unfit = [problem for name, route in metrics.named for problem in _unfit(name, route, serving, context)]
    yield from unfit
    if not unfit and serving.kind == "ab" and context.measurements is not None:
        yield from _power(serving, metrics, context.measurements.get(metrics.primary), context)


def _unfit(name: str, route: Route, serving: Serving, context: Context) -> Iterator[Problem]:
    known = context.settings.metrics
    if name not in known:
        close = nearest(name, known)
        listed = f"known: {', '.join(known) or 'none'}; the settings declare `metrics`"
        hint = f"did you mean '{close}'?" if close else listed
        yield Problem("unknown-metric", route, f"there is no metric {shown(name)}", hint, replace=close)
    elif known[name].unit != serving.unit:
        message = f"the metric '{name}' counts by {known[name].unit}, and the test splits by {serving.unit}"
        yield Problem("metric-unit", route, message, "name a metric that counts by the test's `unit`")


def _power(serving: Serving, metrics: Metrics, found: Measurement | None, context: Context) -> Iterator[Problem]:
    """Whether the test gets enough units to find what it looks for, by the last measurement of this very query."""
    name, hint = metrics.primary, f"run `sameday measure {metrics.primary}`"
    if found is None:
        message = f"'{name}' was never measured, so it is not known how many users the test needs"
        yield Problem("unmeasured", PRIMARY, message, hint)
        return
    if found.key != key(context.settings.metrics[name]):
        message = f"the settings have changed '{name}' since it was measured on {found.at:%Y-%m-%d}"
        yield Problem("unmeasured", PRIMARY, message, hint)
        return
    try:
        of_test = power(serving, found, expected(serving, found, context.settings))
    except Refused:  # the layer cannot be told, which `several-layers` says
        return
    if of_test is not None and not of_test.is_enough:
        yield _too_few(serving, metrics, of_test, found)


def _too_few(serving: Serving, metrics: Metrics, found: Power, measurement: Measurement) -> Problem:
    name, whom, since = metrics.primary, units(serving.unit), measurement.since
    when = f"as measured from {since} until {since + timedelta(len(measurement.new))}"
    if found.needs is None:
        message = f"'{name}' is 0 for all {whom}, {when}: no change of it can be found"
        return Problem("underpowered", PRIMARY, message, "name another metric")
    narrow = narrows(serving)
    gets = f"at most {found.gets:,}, fewer by its {' and '.join(narrow)}" if narrow else f"about {found.gets:,}"
    message = (
        f"to find a change of '{name}' by {metrics.effect}, '{found.arm}' needs {found.needs:,} {whom}, {when}; "
        f"in {lasting(found.days)} it gets {gets}"
    )
    hint = f"it would take {found.takes}; more slots, equal weights or a larger `effect` help, too"
    return Problem("underpowered", PRIMARY, message, hint)
