"""What a check refuses without asking any backend: a release and a run refuse it, too."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.check import Check, Context, Experiment, Level, Port, Yielded
from bot.check.runner import run
from bot.experiment.lazy import Chosen
from bot.experiment.repository import Repository
from bot.finding import Finding
from bot.ports import Entry
from bot.release.state import owners, trials
from bot.settings import Settings
from checks import dag, schema, sync, tables, traffic


@dataclass
class Declared:
    """The part of a check that asks no backend, as a check."""

    ID: str
    RULES: Mapping[str, Level]
    check: Callable[[Experiment, Context], Iterable[Yielded]]
    REQUIRES: tuple[str, ...] = ("schema",)
    NEEDS: frozenset[Port] = frozenset()
    WANTS: frozenset[Port] = frozenset()


OFFLINE: Mapping[str, Check] = {
    "dag": dag,
    "schema": schema,
    "sync": Declared(sync.ID, sync.RULES, sync.declared),
    "tables": Declared(tables.ID, tables.RULES, tables.declared),
    "traffic": Declared(traffic.ID, traffic.RULES, traffic.declared),
}


def refused(
    repository: Repository,
    settings: Settings,
    entries: Mapping[str, Sequence[Entry]],
    now: datetime,
    only: Collection[str] | None = None,
) -> Mapping[str, tuple[Finding, ...]]:
    """What blocks experiments as they stand here and beside what is live: findings by name, '' for a file without.

    With `only` the experiments with these names are asked about, and no others.
    """
    limit = now + settings.limits.check
    context = Context(settings, repository, now, limit, owners=owners(entries), trials=trials(entries))
    paths = [path for path, one in repository.records.items() if only is None or one.name in only]
    report = run(OFFLINE, Chosen(repository.by_path, paths), context)
    blocking: dict[str, tuple[Finding, ...]] = {}
    for experiment in report.experiments:
        faults = tuple(one for result in experiment.checks for one in result.findings if one.blocks)
        if faults:
            blocking[experiment.name] = (*blocking.get(experiment.name, ()), *faults)
    return blocking


def told(faults: Sequence[Finding]) -> str:
    """The first of them in a sentence, and how many there are besides."""
    first, more = faults[0], len(faults) - 1
    hint = f" ({first.hint})" if first.hint else ""
    besides = f", and {more:,} more: `sameday check` shows them" if more else ""
    return f"{first.rule} at {first.path}:{first.span.line}: {first.message}{hint}{besides}"
