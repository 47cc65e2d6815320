"""The whole story of an experiment on one machine: pull request, merge, release, and the next day's run.

A folder of experiments becomes a repository with a main branch and a pull request; from there on every chapter is told
by the very functions that the bot calls.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from bot.commands.locate import open_workspace
from bot.commands.plan import Foreseen
from bot.commands.proposal import PullRequest, examine, foresee, propose
from bot.commands.readout import readout
from bot.commands.regret import Moments, regret
from bot.commands.release import Telling, filed, release
from bot.commands.tools import at, tools
from bot.commands.visit import USERS, Visited, Visitor
from bot.finding import Report
from bot.git import Git, record
from bot.ports import Run
from bot.readout.judge import Readout
from bot.release.input import ReleaseInput
from bot.release.pipeline import adopt
from bot.release.summary import ReleaseSummary
from bot.report.progress import Progress
from bot.workspace import Workspace

DAY_TWO = timedelta(minutes=30)  # how long the next day's run may take
ACTOR = "rehearsal"


@dataclass(frozen=True)
class Checked:
    """The pull request is checked; `unknown` says why nothing is planned, where that is so."""

    pull: PullRequest
    report: Report
    foreseen: Foreseen | None
    unknown: str


@dataclass(frozen=True)
class Merged:
    """The pull request is merged: its release begins."""


@dataclass(frozen=True)
class Released:
    """The merge is released."""

    summary: ReleaseSummary


@dataclass(frozen=True)
class NextDay:
    """The schedule's run of the next day begins."""

    experiment: str
    date: date


@dataclass(frozen=True)
class DayTwo:
    """The schedule's run of the next day is over."""

    run: Run


@dataclass(frozen=True)
class Regretting:
    """A change of the experiment is released that turns out to be bad."""

    experiment: str


@dataclass(frozen=True)
class Regretted:
    """It is rolled back; what readers were given meanwhile."""

    readings: tuple[Moments, ...]


@dataclass(frozen=True)
class Collected:
    """A test is read out, by what the application logged."""

    found: Readout


Chapter = Visited | Collected | Checked | Merged | Released | NextDay | DayTwo | Regretting | Regretted


def rehearse(
    source: Workspace, paths: Collection[str], stage: Path, progress: Progress, visitor: Visitor | None = None
) -> Iterator[Chapter]:
    """Each chapter as it ends, in the folder that `prepare` made; it ends early where a check or a step fails.

    `paths` are the experiments that the pull request adds to what `source` has besides. A visitor looks at what users
    get before the merge, after it, and on the next day, and has what they were shown read out; raises UsageError if its
    application does not answer.
    """
    root, backends = stage / "repository", source.backends
    held = {path: (root / path).read_bytes() for path in paths}
    for path in paths:
        (root / path).unlink()
    base = record(root, "What was there before", backends.environment, new=True)
    git = Git(root, root, backends.environment)  # not the one that the rehearsal may stand in
    _adopt(open_workspace(root, "release", backends, git=git), base, progress)
    for path, content in held.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    head = record(root, "The pull request", backends.environment)
    here = open_workspace(root, "release", backends, git=git)
    pull = propose(
        here.git, backends, number=None, head=head, base=base, trusted=True, released=True, merge=""
    )  # fmt: skip
    report = examine(pull)
    yield Checked(pull, report, *foresee(pull))
    if report.verdict != "passed":
        return
    yield from _visits(visitor, "before the merge")
    record(root, "Merge the pull request", backends.environment)
    yield Merged()
    summary = release(here, (), Telling(ACTOR, filed(here), progress))
    yield Released(summary)
    if not summary.failed:
        yield from _visits(visitor, "after the merge", tester=_tester(here))
    yield from _next_day(here, summary, progress)
    if not summary.failed:
        yield from _visits(visitor, "on the next day")
        yield from _read_out(visitor, here, summary)
    if not summary.failed:
        yield from _regret(lambda: open_workspace(root, "release", backends, git=git), summary, progress)


def _visits(visitor: Visitor | None, moment: str, tester: str = "") -> Iterator[Chapter]:
    """What ten users get now, and what one gets with the attribute of testers."""
    if visitor is not None:
        yield visitor.visit(moment)
    if visitor is not None and tester:
        yield visitor.visit(f"{moment}, with {tester}", USERS[:1], **{tester: "true"})


def _read_out(visitor: Visitor | None, workspace: Workspace, summary: ReleaseSummary) -> Iterator[Chapter]:
    """What users say of each test that went live, where somebody collects what the application logged."""
    if visitor is None or not visitor.collector:
        return
    visitor.collect()
    for outcome in summary.outcomes:
        experiment = workspace.repository.by_name.get(outcome.item.experiment)
        serving = experiment.spec.serving if experiment is not None else None
        if outcome.state == "live" and serving is not None and serving.is_test:
            yield Collected(readout(workspace, outcome.item.experiment))


def _tester(workspace: Workspace) -> str:
    """The attribute of testers that an experiment names; '' where none does."""
    served = (experiment.spec.serving for experiment in workspace.repository.by_name.values())
    named = (serving.testers.attribute for serving in served if serving is not None and serving.testers is not None)
    return next(named, "")


def _regret(again: Callable[[], Workspace], summary: ReleaseSummary, progress: Progress) -> Iterator[Chapter]:
    """The first experiment that went live changes for the worse, and is rolled back."""
    live = [outcome.item for outcome in summary.outcomes if outcome.state == "live" and outcome.item.tables]
    for item in live[:1]:
        yield Regretting(item.experiment)
        bad, moments = regret(again, item.experiment, Telling(ACTOR, filed(again()), progress))
        yield Regretted(moments) if moments else Released(bad)


def _adopt(workspace: Workspace, commit: str, progress: Progress) -> None:
    """The first release, which takes what is there as live."""
    adopt(
        ReleaseInput(
            workspace.repository, workspace.settings, workspace.ledger, tools(workspace), commit, ACTOR,
            at(workspace), workspace.backends.now, progress, filed(workspace),
        )
    )  # fmt: skip


def _next_day(workspace: Workspace, summary: ReleaseSummary, progress: Progress) -> Iterator[Chapter]:
    cron = workspace.backends.cron(workspace.settings, workspace.root, workspace.git)
    for outcome in summary.outcomes:
        name = outcome.item.experiment
        experiment = workspace.repository.by_name.get(name)
        if outcome.state != "live" or experiment is None or experiment.spec.schedule is None:
            continue
        day = outcome.item.date + timedelta(days=1)
        yield NextDay(name, day)
        started = last = cron.trigger(name, day)
        if started is None or last is None:
            continue
        for last in workspace.engine.watch([started.name], workspace.backends.now() + DAY_TWO):
            progress(name, last)
        yield DayTwo(last)
