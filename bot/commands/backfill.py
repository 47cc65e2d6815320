"""One run for one date, by what is released."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from bot.commands.called import no_experiment
from bot.commands.commit import clean_commit
from bot.commands.made import made
from bot.commands.refused import refused, told
from bot.commands.tools import past, require
from bot.compile.work import data_date, work
from bot.errors import Refused, UsageError
from bot.ports import Engine, Run, Work
from bot.release.held import let_through
from bot.release.state import State
from bot.release.steps import Order
from bot.report.progress import Progress
from bot.workspace import Workspace

LONGEST = timedelta(days=7)  # for which runs are watched


@dataclass(frozen=True, slots=True)
class Backfilled:
    """The run, and what is to be said of its data, a sentence each."""

    run: Run
    notes: tuple[str, ...]


def backfill(
    workspace: Workspace,
    name: str,
    day: date | None,
    progress: Progress,
    *,
    unreleased: bool = False,
    again: bool = False,
) -> Backfilled:
    """Start or find the run and see it through; without a date, for the newest that its data can be of.

    It runs what is live, from the commit of its release, whatever is checked out; `unreleased` runs the experiment as
    it stands here, whose data nobody sees unless it is released; `again` makes the date anew though it is made, and
    shows it though an earlier attempt at it is held. Raises UsageError for a date that is still to come.
    """
    began = workspace.backends.now()
    wanted = _unreleased(workspace, name, day) if unreleased else _released(workspace, name, day)
    engine = workspace.engine
    if again:
        let_through(wanted, workspace.warehouse, workspace.git.author(), wanted.date)
    wanted, _ = attempt(engine, wanted, again=again)
    engine.apply(wanted)
    last = engine.submit(wanted)
    for last in engine.watch([wanted.run], workspace.backends.now() + LONGEST):
        progress(name, last)
    return Backfilled(last, made(workspace, wanted, began) if last.state == "succeeded" else ())


def attempt(engine: Engine, wanted: Work, *, again: bool) -> tuple[Work, Run | None]:
    """The attempt that a person asks for, with its run if that is there: a new one after those that failed.

    With `again` also after those that were made.
    """
    over = ("failed", "succeeded") if again else ("failed",)
    while (run := engine.find(wanted.run)) is not None and run.state in over:
        wanted = wanted.model_copy(update={"attempt": wanted.attempt + 1})
    return wanted, run


def _released(workspace: Workspace, name: str, day: date | None) -> Work:
    order, newest = live_order(workspace, name)
    return order.work.model_copy(update={"date": checked(day, newest), "attempt": 1})


def live_order(workspace: Workspace, name: str) -> tuple[Order, date]:
    """What is live, and the newest date that its data can be of; raises UsageError where nothing is live."""
    entries = require(workspace).entries.get(name, ())
    live = State(entries).live
    if live is None:
        if name not in workspace.repository.by_name:
            raise no_experiment(workspace, name)
        raise UsageError(f"{name} is not live: release it, or run it as it stands here with `--unreleased`")
    order = past(workspace, workspace.git.author()).order(live.item, live.commit)
    assert order.spec is not None
    return order, data_date(order.spec, workspace.backends.now())


def _unreleased(workspace: Workspace, name: str, day: date | None) -> Work:
    experiment = require(workspace).repository.by_name.get(name)
    if experiment is None:
        raise no_experiment(workspace, name)
    commit, git = clean_commit(workspace), workspace.git
    labels = {**git.origin(commit), "commit": commit, "actor": git.author(), "path": experiment.path}
    newest = data_date(experiment.spec, workspace.backends.now())
    settings, now = workspace.with_built_images(), workspace.backends.now()
    if faults := refused(workspace.committed, settings, workspace.entries, now).get(name):
        raise Refused(f"{name} is not run as it stands: {told(faults)}")
    return work(experiment, workspace.committed, settings, checked(day, newest), labels=labels)


def checked(day: date | None, newest: date) -> date:
    """The date that is asked for; raises UsageError for one whose data cannot be there yet."""
    if day is not None and day > newest:
        raise UsageError(f"{day} is still to come: the newest date that can be run is {newest}")
    return day or newest
