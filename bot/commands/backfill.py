"""One run for one date, by the experiment as it stands here."""

from __future__ import annotations

from datetime import date, timedelta

from bot.commands.commit import clean_commit
from bot.commands.release import require
from bot.compile.work import data_date, work
from bot.errors import UsageError
from bot.ports import Run
from bot.release.state import keys
from bot.report.progress import Progress
from bot.workspace import Workspace

LONGEST = timedelta(days=7)  # that a run is watched


def backfill(workspace: Workspace, name: str, day: date | None, progress: Progress) -> Run:
    """Start or find the run and see it through; without a date, for today in the schedule's time zone."""
    experiment = require(workspace).repository.by_name.get(name)
    if experiment is None:
        raise UsageError(f"no valid experiment '{name}'; `sameday check` shows what is wrong")
    commit, git, now = clean_commit(workspace), workspace.git, workspace.backends.now()
    labels = {**git.origin(commit), "commit": commit, "actor": git.author(), "path": experiment.path}
    day = day or data_date(experiment.spec, now)
    wanted = work(experiment, workspace.repository, workspace.with_built_images(), day, labels=labels)
    wanted = wanted.model_copy(update={"earlier": keys(workspace.entries.get(name, ()), wanted.key)})
    engine = workspace.engine
    while (found := engine.find(wanted.run)) is not None and found.state == "failed":
        wanted = wanted.model_copy(update={"attempt": wanted.attempt + 1})  # a person asks again: a new attempt
    engine.apply(wanted)
    last = engine.submit(wanted)
    for last in engine.watch([wanted.run], now + LONGEST):
        progress(name, last)
    return last
