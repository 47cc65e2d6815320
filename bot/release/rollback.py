"""Bring the previous release back: its data, its flag, its schedule; what was rolled back stays on hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import NamedTuple

from bot.compile.work import work
from bot.errors import Refused, SamedayError, UsageError
from bot.experiment.repository import Repository
from bot.ports import Entry, EntryState, Item, Ledger
from bot.release.plan import retirement
from bot.release.state import RETIRED, State
from bot.release.steps import Failed, Order, Result, Tools, each, retired
from bot.release.steps.apply import apply
from bot.release.steps.schedule import schedule
from bot.release.steps.serve import serve
from bot.settings import Settings

PIPELINE = (
    serve,  # users first: it needs nothing of the engine
    apply,  # what was swept away is registered again
    schedule,  # the dates to come
)
RETIREMENT = (serve, schedule)  # nothing was there before: no flag and no schedule


@dataclass(frozen=True)
class RollbackInput:
    """What a rollback needs; `at` gives the experiments of an earlier commit, `origin` where that comes from."""

    ledger: Ledger
    tools: Tools
    settings: Settings
    at: Callable[[str], Repository]
    origin: Callable[[str], Mapping[str, str]]
    actor: str
    clock: Callable[[], datetime]


class Rollback(NamedTuple):
    """What served until a rollback and what serves again, None where nothing did before.

    `given_back`: a schedule that the experiment had taken over is as it was.
    """

    now: Item
    before: Item | None
    given_back: bool


def bring_back(name: str, given: RollbackInput) -> Rollback:
    """Bring back what served before; may be repeated.

    Raises UsageError if the experiment was never released, Refused if the earlier release cannot be brought back.
    """
    with given.ledger.lease(f"a rollback of {name}"):
        entries = tuple(given.ledger.entries().get(name, ()))
        now, earlier = _target(name, State(entries))
        before = earlier.item if earlier else None
        commit = earlier.commit if earlier else entries[-1].commit
        item = before or retirement(now)
        note = _noting(item, commit, entries, given)
        note("started", "")
        given_back = False
        try:
            if before is None:
                _carry_out(RETIREMENT, retired(item), given.tools)
                given_back = given.tools.engine.give_back(name)
            else:
                _carry_out(PIPELINE, _as_released(item, commit, given), given.tools)
        except SamedayError as error:
            note("failed", str(error))
            raise
        by = f" by {given.actor}" if given.actor else ""
        note("done", f"from {now.run}{by}" + ("; the schedule from before it is back" if given_back else ""))
        return Rollback(now, before, given_back)


def _target(name: str, state: State) -> tuple[Item, Entry | None]:
    """What serves now, and the release to go back to (None: nothing); raises UsageError where there is no way back."""
    now = state.released
    if now is None:
        raise UsageError(f"{name} was never released here; `sameday status` shows what was")
    if state.found:
        raise UsageError(f"{name} was there before the first release: there is nothing to go back to")
    if state.last is not None and state.last.step == "rollback":
        to = "nothing" if now.change == RETIRED else now.run
        raise UsageError(f"{name} is rolled back already, to {to}")
    return now, state.previous()


def _as_released(item: Item, commit: str, given: RollbackInput) -> Order:
    """The item with its experiment as it was at the commit of its release."""
    repository = given.at(commit)
    experiment = repository.by_name.get(item.experiment)
    if experiment is None:
        raise Refused(f"{item.experiment} cannot be read at commit {commit[:12]}, where it was released")
    labels = {**given.origin(commit), "commit": commit, "actor": given.actor, "path": experiment.path}
    compiled = work(experiment, repository, given.settings, item.date, item.attempt, labels)
    # Its key is the one it was released with, whatever today's images would make of the file.
    return Order(item, experiment.spec, compiled.model_copy(update={"key": item.key}))


def _carry_out(steps: Sequence[Callable[[Order, Tools], Result]], order: Order, tools: Tools) -> None:
    """Run the steps; raises Refused for one that failed."""
    for result in each(*steps)([order], tools):
        if isinstance(result, Failed):
            raise Refused(result.reason)


def _noting(
    item: Item, commit: str, entries: Sequence[Entry], given: RollbackInput
) -> Callable[[EntryState, str], None]:
    """Write the rollback's entries into the ledger, one after the other."""
    versions = count(len(entries) + 1)

    def note(state: EntryState, reason: str) -> None:
        given.ledger.append(Entry(next(versions), item, commit, "rollback", state, reason, given.clock()))

    return note
