"""The command run: one run for one date, a backfill."""

from __future__ import annotations

import argparse
from datetime import date, timedelta

from bot.cli import world
from bot.cli.output import Output
from bot.cli.place import Place, load_repository
from bot.cli.release import clean_commit, opened, progress
from bot.compile.work import data_date, work
from bot.errors import UsageError
from bot.experiment.repository import Repository
from bot.git import Git
from bot.ports import Work
from bot.report import release as report
from bot.state import keys


def run(args: argparse.Namespace, out: Output) -> int:
    """One run for one date, by the experiment as it stands here."""
    return fill_in(args.name, args.date, out)


def fill_in(name: str, wanted_for: date | None, out: Output) -> int:
    """The same; without a date, for today in the schedule's time zone."""
    place = opened("release")
    repository, _ = load_repository(place)
    experiment = repository.by_name.get(name)
    if experiment is None:
        raise UsageError(f"there is no sound experiment '{name}'; `sameday check` shows what is wrong")
    engine = world.engine(place)
    day = wanted_for or data_date(experiment.spec, world.clock())
    wanted = work(
        experiment,
        repository,
        world.handed(place.settings),
        day,
        labels=_labels(place, repository, experiment.path),
    )
    known = world.entries(place.settings).get(name, ())
    wanted = wanted.model_copy(update={"earlier": keys(known, wanted.key)})
    while (found := engine.find(wanted.run)) is not None and found.state == "failed":
        wanted = wanted.model_copy(update={"attempt": wanted.attempt + 1})  # a person asks again: a new attempt
    engine.apply(wanted)
    return watch(wanted, place, out)


def _labels(place: Place, repository: Repository, path: str) -> dict[str, str]:
    git = Git(place.root)
    commit = clean_commit(git, place, repository)
    return {**git.origin(commit), "commit": commit, "actor": git.author(), "path": path}


def watch(wanted: Work, place: Place, out: Output) -> int:
    """Start or find the run and see it through."""
    engine = world.engine(place)
    last = engine.submit(wanted)
    tell = progress(out)
    for last in engine.watch([wanted.run], world.clock() + timedelta(days=7)):
        tell(wanted.experiment, last)
    out.lines(report.run_lines(last))
    return 0 if last.state == "succeeded" else 1
