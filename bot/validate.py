"""Check a pull request: which experiments it changes, what the checks say of them, what merging would do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.check import Context
from bot.document.glob import matching
from bot.experiment.load import Experiment
from bot.experiment.repository import Repository
from bot.finding import Report
from bot.plan import Hold, Plan, plan
from bot.ports import Entry
from bot.runner import Checks, run


@dataclass(frozen=True, slots=True)
class Validation:
    """The report, and the plan of the experiments it speaks of."""

    report: Report
    plan: Plan
    holds: tuple[Hold, ...]


def validate(
    checks: Checks,
    experiments: Sequence[Experiment],
    context: Context,
    bases: Mapping[str, Experiment],
    ledger: Mapping[str, Sequence[Entry]],
) -> Validation:
    """Run all checks over the experiments, and plan what a merge would release of them."""
    report = run(checks, experiments, context, bases)
    found = plan(context.repository, ledger, context.settings, context.now)
    return Validation(report, *about(touched(experiments, bases, context.repository), *found))


def touched(experiments: Iterable[Experiment], bases: Iterable[str], repository: Repository) -> frozenset[str]:
    """The names of the experiments, and of those of the base that are gone."""
    return frozenset(experiment.name for experiment in experiments) | (set(bases) - repository.named.keys())


def about(names: Collection[str], items: Plan, holds: Iterable[Hold]) -> tuple[Plan, tuple[Hold, ...]]:
    """The part of a plan that speaks of these experiments."""
    return (
        tuple(item for item in items if item.experiment in names),
        tuple(hold for hold in holds if hold.item.experiment in names),
    )


def changed(repository: Repository, paths: Collection[str], everything: Iterable[str]) -> tuple[Experiment, ...]:
    """The experiments that changed paths touch: their file, their sources, or an output they read.

    A path in `everything` (the settings) touches all of them.
    """
    if any(path in paths for path in everything):
        return repository.experiments
    touched = {e.path for e in repository.experiments if e.path in paths or _sources(e, paths)}
    names = {e.name for e in repository.experiments if e.path in touched}
    while True:
        readers = {reader for reader, writers in repository.readers.items() if names & set(writers)}
        if readers <= names:
            break
        names |= readers
    return tuple(e for e in repository.experiments if e.path in touched or (e.name in names and e.parsed))


def _sources(experiment: Experiment, paths: Collection[str]) -> bool:
    return experiment.parsed is not None and bool(matching(paths, experiment.parsed.sources))
