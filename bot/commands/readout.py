"""What users say of a test, by what they were shown and what they did then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from bot.commands.called import name_of, no_experiment
from bot.errors import Refused, UsageError
from bot.experiment.arms import Serving
from bot.experiment.model import Spec
from bot.ports import Denied, Table, Warehouse
from bot.readout import contract, query
from bot.readout.judge import Readout, counted, judged
from bot.release.state import trials
from bot.settings import FILE
from bot.settings.events import Event, Exposures
from bot.settings.query import inner
from bot.workspace import Workspace


def readout(workspace: Workspace, word: str, phase: int | None = None) -> Readout:
    """All phases of a test, or one of them.

    Raises UsageError if there is no such test, or settings, query or tables are not fit to read it out; Refused if the
    warehouse does not answer the query.
    """
    spec, serving = _test(workspace, word)
    exposures, warehouse = _log(workspace)
    _hold(warehouse, exposures, workspace.exposures)
    since, number = _since(workspace, spec, serving), serving.phase if phase is None else phase
    if serving.kind != "interleaving":
        rows = list(warehouse.select(query.arms(spec.name, since, workspace.exposures), exposures.max_gigabytes))
        arms = counted(rows, number, [arm.name for arm in serving.arms])
        found = Readout(spec.name, serving.unit, arms=arms)
    else:
        found = _interleaved(workspace, spec, serving, number, since)
    if phase is None:
        return found
    return replace(
        found,
        phases=tuple(one for one in found.phases if one.phase == phase),
        arms=tuple(one for one in found.arms if one.phase == phase),
    )


def _interleaved(workspace: Workspace, spec: Spec, serving: Serving, phase: int, since: datetime) -> Readout:
    assert serving.credit is not None
    exposures, warehouse = _log(workspace)
    event = _event(workspace, serving.credit.event)
    if (faults := "\n".join(_unfit(warehouse, serving.credit.event, event))) != "":
        raise UsageError(faults)
    control = next(ranker.name for ranker in serving.rankers if ranker.control)
    asked = query.Question(
        spec.name, control, since, workspace.exposures, warehouse.quoted(event.table), event, serving.credit.within
    )
    rows = list(warehouse.select(query.interleaving(asked), exposures.max_gigabytes))
    others = [ranker.name for ranker in serving.rankers if not ranker.control]
    phases = judged(rows, phase, others)
    return Readout(spec.name, serving.unit, control, serving.credit.event, serving.credit.within, phases)


def _test(workspace: Workspace, word: str) -> tuple[Spec, Serving]:
    name = name_of(workspace, word)
    experiment = workspace.repository.by_name.get(name)
    if experiment is None:
        raise no_experiment(workspace, word)
    serving = experiment.spec.serving
    if serving is None or not serving.is_test:
        raise UsageError(f"{name} is no test: nothing is compared in it")
    return experiment.spec, serving


def _log(workspace: Workspace) -> tuple[Exposures, Warehouse]:
    exposures, warehouse = workspace.settings.exposures, workspace.warehouse
    if exposures is None:
        raise UsageError(f"{FILE} names no exposures; add `exposures: {{query: sql/exposures.sql}}`")
    if warehouse is None:
        raise UsageError(f"{FILE} names no warehouse, which has the exposures")
    return exposures, warehouse


def _hold(warehouse: Warehouse, exposures: Exposures, text: str) -> None:
    """Raises UsageError if the query does not give the columns of the exposure log."""
    try:
        found = warehouse.columns(inner(text), exposures.max_gigabytes)
        if isinstance(found, Denied):
            raise UsageError(f"the tables of {exposures.query} may not be read: {found.reason}")
        faults = list(contract.faults(found))
    except Refused as error:
        faults = [f"the query of exposures cannot be run: {error}"]
    if faults:
        raise UsageError("\n".join(f"{exposures.query}:1:1: error {fault}" for fault in faults))


def _event(workspace: Workspace, name: str) -> Event:
    event = workspace.settings.events.get(name)
    if event is None:
        known = ", ".join(workspace.settings.events) or "none"
        raise UsageError(f"{FILE} has no event '{name}', for which a ranker gets credit; known: {known}")
    return event


def _unfit(warehouse: Warehouse, name: str, event: Event) -> Iterator[str]:
    """Why the event's table cannot be read, a line each."""
    table = warehouse.describe([event.table])[event.table]
    if isinstance(table, Table):
        yield from (f"{FILE}: `events.{name}`: {fault}" for fault in contract.unfit(event, table.columns))
    else:
        yield f"{FILE}: `events.{name}`: the table {event.table} does not exist, or may not be read"


def _since(workspace: Workspace, spec: Spec, serving: Serving) -> datetime:
    """When the first phase began, in UTC: nothing before is read."""
    if serving.period is None:
        return datetime(1970, 1, 1, tzinfo=UTC)
    starts = [serving.period.start, *(trial.start for trial in trials(workspace.entries).get(spec.name, ()))]
    return datetime.combine(min(starts), time(), ZoneInfo(serving.period.timezone)).astimezone(UTC)
