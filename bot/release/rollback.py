"""Bring the previous release back: its data, its flag, its schedule; what was rolled back stays on hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from bot.compile.flags import flag
from bot.compile.work import work
from bot.errors import Refused, SamedayError, UsageError
from bot.experiment.repository import Repository
from bot.ports import Entry, EntryState, Item, Ledger
from bot.release.plan import retirement
from bot.release.state import RETIRED, State
from bot.release.steps import Tools
from bot.release.steps.activate import point, publish, restore, retire
from bot.settings import Settings


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


def rollback(name: str, given: RollbackInput) -> tuple[Item, Item | None]:
    """What served until now and what serves again (None: nothing did before); may be repeated.

    Raises UsageError if the experiment was never released, Refused if the earlier release cannot be brought back.
    """
    with given.ledger.lease(f"a rollback of {name}"):
        entries = tuple(given.ledger.entries().get(name, ()))
        state = State(entries)
        now, found = state.released, state.previous()
        if now is None:
            raise UsageError(f"{name} was never released here; `sameday status` shows what was")
        if state.found:
            raise UsageError(f"{name} was there before the first release: there is nothing to go back to")
        if state.last is not None and state.last.step == "rollback":
            to = "nothing" if now.change == RETIRED else now.run
            raise UsageError(f"{name} is rolled back already, to {to}")
        before = found.item if found else None
        commit = found.commit if found else entries[-1].commit
        note = _noting(before or retirement(now), commit, entries, given)
        note("started", "")
        try:
            if before is None:
                retire(now, given.tools)
            else:
                bring_back(before, commit, given)
        except SamedayError as error:
            note("failed", str(error))
            raise
        note("done", f"from {now.run}" + (f" by {given.actor}" if given.actor else ""))
        return now, before


def bring_back(item: Item, commit: str, given: RollbackInput) -> None:
    """Make the release of a commit the one that serves: data first, then the flag, then the schedule."""
    repository = given.at(commit)
    experiment = repository.by_name.get(item.experiment)
    if experiment is None:
        raise Refused(f"{item.experiment} cannot be read at commit {commit[:12]}, where it was released")
    spec = experiment.spec
    restore(item, spec.outputs, given.tools.stores)
    if not publish(item.experiment, flag(spec) if spec.serving else None, given.tools):
        raise Refused("the flag that was published is not the one that is read back")
    # Its key is the one it was released with, whatever today's images would make of the file.
    labels = {**given.origin(commit), "commit": commit, "actor": given.actor, "path": experiment.path}
    earlier = work(experiment, repository, given.settings, item.date, item.attempt, labels)
    earlier = earlier.model_copy(update={"key": item.key})
    given.tools.engine.apply(earlier)
    point(earlier, given.tools)


def _noting(
    item: Item, commit: str, entries: Sequence[Entry], given: RollbackInput
) -> Callable[[EntryState, str], None]:
    """Write the rollback's entries into the ledger, one after the other."""
    versions = count(len(entries) + 1)

    def note(state: EntryState, reason: str) -> None:
        given.ledger.append(Entry(next(versions), item, commit, "rollback", state, reason, given.clock()))

    return note
