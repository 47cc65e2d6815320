"""Tables that serving reads straight from the warehouse: they exist, and stay until the test is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from bot.check import Context, Experiment, Problem, Route, Unproven
from bot.document.nearest import nearest
from bot.experiment.interleaving import Draft
from bot.ports import Absent, Dataset, Table
from checks.tables.described import Described, existing

DAYS = timedelta(days=2)  # a day's rows are read until those of the next day are there


def tables(experiment: Experiment) -> Iterator[tuple[Route, str]]:
    """The tables that arms, rankers and fallback name, with their routes."""
    serving = experiment.spec.serving
    if serving is None:
        return
    for key, contenders in (("arms", serving.arms), ("rankers", serving.rankers)):
        for i, one in enumerate(contenders):
            if one.table:
                yield ("serving", key, i, "table"), one.table
    if serving.arm is not None and serving.arm.table:
        yield ("serving", "arm", "table"), serving.arm.table
    if serving.fallback is not None:
        yield ("serving", "fallback", "table"), serving.fallback.table


def check(experiment: Experiment, described: Described, context: Context) -> Iterator[Problem | Unproven]:
    """Problems of the tables that are served as they are."""
    for route, table in tables(experiment):
        answer = described.get(table)
        if answer is not None:
            yield from existing(route, table, answer, context)
        if isinstance(answer, Table) and answer.expires is not None:
            yield from _gone(route, table, answer.expires, experiment)
        if isinstance(answer, Table) and route[1] == "rankers":
            yield from _lacking(table, answer, experiment)


def _lacking(table: str, answer: Table, experiment: Experiment) -> Iterator[Problem]:
    """Columns that a draft reads, and a ranker's table has not."""
    serving = experiment.spec.serving
    draft = (serving.draft if serving is not None else None) or Draft()
    for key, column in (("item", draft.item), ("rank", draft.rank)):
        if column not in answer.columns:
            close = nearest(column, answer.columns)
            hint = f"did you mean '{close}'?" if close else f"known: {', '.join(islice(answer.columns, 10))}"
            message = f"the ranker's table {table} has no column '{column}'"
            yield Problem("missing-column", ("serving", "draft", key), message, hint)


def kept(name: str, experiment: Experiment, answer: Table | Absent, context: Context) -> Iterator[Problem]:
    """Whether the warehouse keeps a served output until the test is over."""
    output = experiment.spec.outputs[name]
    if name not in {arm.output for arm in experiment.spec.arms}:
        return
    place = answer.dataset if isinstance(answer, Absent) else None
    new = place if isinstance(place, Dataset) else Dataset()
    route: Route = ("outputs", name, "table")
    if isinstance(answer, Table) and answer.expires is not None:
        yield from _gone(route, output.table, answer.expires, experiment)
    elif new.keeps is not None and output.partition is None:
        yield from _gone(route, output.table, context.now + new.keeps, experiment)
    days = answer.keeps if isinstance(answer, Table) else new.keeps_days or new.keeps
    if output.partition is None or days is None:
        return
    if experiment.spec.schedule is None:
        yield from _gone(route, f"{output.table} of one day", context.now + days, experiment)
    elif days < DAYS:
        message = f"{output.table} keeps a day for {_words(days)}: a late run would leave nothing to serve"
        yield Problem("expires", route, message, "let the table keep its days for longer")


def _gone(route: Route, table: str, when: datetime, experiment: Experiment) -> Iterator[Problem]:
    end = _end(experiment)
    if end is not None and when >= end:
        return
    until = f"the test ends on {end:%Y-%m-%d}" if end else "the test has no end"
    message = f"the table {table} is deleted on {when:%Y-%m-%d %H:%M} UTC; {until}"
    yield Problem("expires", route, message, "let it expire later, or never")


def _end(experiment: Experiment) -> datetime | None:
    period = experiment.spec.serving.period if experiment.spec.serving else None
    if period is None or period.end is None:
        return None
    return datetime.combine(period.end, time(), ZoneInfo(period.timezone)).astimezone(UTC)


def _words(duration: timedelta) -> str:
    hours = duration.total_seconds() / 3600
    return f"{hours / 24:g} days" if hours >= 48 else f"{hours:g} hours"
