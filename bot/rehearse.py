"""The whole story of an experiment on one machine: pull request, merge, release, and the next day's run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.check import Context
from bot.experiment.load import Experiment
from bot.experiment.repository import Repository
from bot.finding import Report
from bot.plan import Hold, Plan
from bot.ports import Engine, Entry, Run
from bot.release import World, release
from bot.runner import Checks
from bot.summary import ReleaseSummary
from bot.validate import validate

DAY_TWO = timedelta(minutes=30)  # how long the next day's run may take


@dataclass(frozen=True)
class Proposal:
    """A pull request: the experiments it adds, and what they are checked with."""

    checks: Checks
    experiments: Sequence[Experiment]
    context: Context


@dataclass(frozen=True)
class Checked:
    """The pull request is checked."""

    report: Report
    plan: Plan
    holds: tuple[Hold, ...]
    repository: Repository


@dataclass(frozen=True)
class Released:
    """The merge is released."""

    summary: ReleaseSummary


@dataclass(frozen=True)
class DayTwo:
    """The schedule's run of the next day is over."""

    experiment: str
    date: date
    run: Run


Chapter = Checked | Released | DayTwo


def rehearse(
    proposal: Proposal,
    ledger: Mapping[str, Sequence[Entry]],
    merge: Callable[[], World],
    trigger: Callable[[str, date], Run | None],
) -> Iterator[Chapter]:
    """Each chapter as it ends; the story ends early where a check or a step fails.

    `merge` merges the pull request and gives the world of its release; `trigger` does what a cron would do.
    """
    found = validate(proposal.checks, proposal.experiments, proposal.context, {}, ledger)
    yield Checked(found.report, found.plan, found.holds, proposal.context.repository)
    if found.report.verdict != "passed":
        return
    world = merge()
    summary = release(world)
    yield Released(summary)
    for outcome in summary.outcomes:
        experiment = world.repository.by_name.get(outcome.item.experiment)
        if outcome.state == "live" and experiment is not None and experiment.spec.schedule is not None:
            day = outcome.item.date + timedelta(days=1)
            started = trigger(outcome.item.experiment, day)
            if started is not None:
                last = follow(world.tools.engine, started, outcome.item.experiment, world)
                yield DayTwo(outcome.item.experiment, day, last)


def follow(engine: Engine, started: Run, experiment: str, world: World) -> Run:
    """See a run through, telling of its progress."""
    last = started
    for last in engine.watch([started.name], world.clock() + DAY_TWO):
        world.progress(experiment, last)
    return last
