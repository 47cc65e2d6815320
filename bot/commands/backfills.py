"""The runs of many dates: what is there, what will run, and in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from bot.commands.backfill import LONGEST, Backfilled, attempt, checked, live_order
from bot.commands.called import name_of
from bot.commands.made import made, made_dates
from bot.errors import UsageError
from bot.ports import Run, Work
from bot.release.backfill import Backfill, Day
from bot.release.held import let_through
from bot.release.steps import Order
from bot.report.progress import Progress
from bot.workspace import Workspace

MOST = 400  # dates of one backfill: more than a year by a typing error is likelier than by intention


def dates(workspace: Workspace, word: str, first: date, last: date, *, again: bool) -> Backfill:
    """What a backfill of what is live would run: all dates that are not made, with `again` all.

    Raises UsageError for dates that are still to come, in the wrong order, or too many.
    """
    name = name_of(workspace, word)
    order, newest = live_order(workspace, name)
    checked(last, newest)
    if first > last:
        raise UsageError(f"--from {first} is later than --to {last}")
    if (last - first).days >= MOST:
        raise UsageError(f"from {first} to {last} are more than {MOST} dates: ask for fewer at a time")
    there = made_dates(workspace, order.work)
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    works = [order.work.model_copy(update={"date": day, "attempt": 1}) for day in days]
    found = tuple(_day(workspace, work, there, again=again) for work in works)
    return Backfill(name, found, _reads_itself(order), workspace.engine.lanes, _is_daily(order))


def _day(workspace: Workspace, work: Work, there: Mapping[date, int], *, again: bool) -> Day:
    first = work.model_copy(update={"attempt": there[work.date] + 1}) if again and work.date in there else work
    wanted, run = attempt(workspace.engine, first, again=again)
    if run is not None and run.state == "running":
        return Day(wanted, "running", runs=True)
    if work.date in there or (run is not None and run.state == "succeeded"):
        return Day(wanted, "made", runs=again)
    return Day(wanted, "failed" if wanted.attempt > 1 else "missing", runs=True)


def _reads_itself(order: Order) -> bool:
    """Whether a run reads what the one of the day before has made."""
    spec = order.spec
    assert spec is not None
    return bool({one.table for one in spec.inputs.values()} & {one.table for one in spec.outputs.values()})


def _is_daily(order: Order) -> bool:
    assert order.spec is not None
    return any(output.partition is not None for output in order.spec.outputs.values())


def fill_in(
    workspace: Workspace, backfill: Backfill, progress: Progress, *, again: bool = False
) -> Iterator[Backfilled]:
    """Run the dates, and say how each went, in their order. Those that have begun go on if this is killed.

    Where a run reads the day before, the first that fails is the last. With `again` a date is shown though an earlier
    attempt at it is held.
    """
    engine, began, todo = workspace.engine, workspace.backends.now(), backfill.wanted
    while todo:
        batch, todo = todo[: backfill.at_once], todo[backfill.at_once :]
        for work in batch:
            if again:
                let_through(work, workspace.warehouse, workspace.git.author(), work.date)
            engine.apply(work)
            engine.submit(work)
        works, over = {work.run: work for work in batch}, dict[str, Run]()
        waiting = [*works]  # each is told of once all before it are
        for run in engine.watch([*works], workspace.backends.now() + LONGEST):
            progress(f"{backfill.name} {works[run.name].date}", run)
            if run.state != "running":
                over[run.name] = run
            while waiting and waiting[0] in over:
                last = over[waiting.pop(0)]
                well = last.state == "succeeded"
                yield Backfilled(last, made(workspace, works[last.name], began) if well else ())
        if backfill.in_order and any(run.state != "succeeded" for run in over.values()):
            return
