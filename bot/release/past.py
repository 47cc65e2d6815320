"""Experiments as they were when they were released, and what a killed command had begun, taken to its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.compile.work import work
from bot.errors import Refused, SamedayError, Unreachable
from bot.experiment.repository import Repository
from bot.ports import Entry, EntryState, Item, Ledger
from bot.release.declared import published
from bot.release.state import RETIRED
from bot.release.steps import Act, Done, Failed, Order, Postponed, Tools, each, retired
from bot.release.steps.apply import apply
from bot.release.steps.settle import names, schedule, unname
from bot.release.steps.stop import GIVEN_BACK, give_back
from bot.release.steps.switch import switch
from bot.settings import Settings

BACK: Sequence[Act] = (
    switch,  # users first: it needs nothing of the engine
    each(apply),  # what was swept away is registered again
    each(names, schedule),  # who reads by name, and the dates to come
)
BACK_TO_NOTHING: Sequence[Act] = (switch, each(unname, schedule, give_back))


@dataclass(frozen=True)
class Past:
    """What was released, and what acts on it.

    `at` gives the experiments of an earlier commit, `origin` where that comes from; `settings` have the images that
    builds handed over.
    """

    ledger: Ledger
    tools: Tools
    settings: Settings
    at: Callable[[str], Repository]
    origin: Callable[[str], Mapping[str, str]]
    actor: str
    clock: Callable[[], datetime]

    def order(self, item: Item, commit: str, repository: Repository | None = None) -> Order:
        """The item with its experiment as it was at the commit of its release; raises Refused if it is not there.

        `repository` is one that has it as it was then, to save reading the commit.
        """
        if item.change == RETIRED:
            return retired(item)
        repository = repository or self.at(commit)
        experiment = repository.by_name.get(item.experiment)
        if experiment is None:
            raise Refused(f"{item.experiment} cannot be read at commit {commit[:12]}, where it was released")
        labels = {**self.origin(commit), "commit": commit, "actor": self.actor, "path": experiment.path}
        compiled = work(experiment, repository, self.settings, item.date, item.attempt, labels)
        # Its key is the one it was released with, whatever today's images would make of the file.
        shown = published(experiment.spec, item.key, self.settings, off=item.off)
        return Order(item, experiment.spec, compiled.model_copy(update={"key": item.key}), shown)

    def note(
        self,
        entries: Sequence[Entry],
        item: Item,
        commit: str,
        step: Literal["switch", "rollback", "off", "on"],
        state: EntryState,
        reason: str,
    ) -> tuple[Entry, ...]:
        """Write an entry into the ledger behind these; returns all of them."""
        entry = Entry(len(entries) + 1, item, commit, step, state, reason, self.clock())
        self.ledger.append(entry)
        return (*entries, entry)


def begun(entries: Sequence[Entry]) -> Entry | None:
    """The switch, rollback or turn of a flag that a killed command, or an outage in its middle, has left unfinished."""
    last = entries[-1] if entries else None
    if last is None or last.step not in ("switch", "rollback", "off", "on") or last.state not in ("started", "waiting"):
        return None
    return last


def carry_forward(past: Past, ledger: Mapping[str, Sequence[Entry]]) -> Mapping[str, Sequence[Entry]]:
    """Take what was begun to its end, so that ledger and world agree; returns the ledger as it is then.

    A rollback goes on, and a flag is turned, since a person asked for it. A switch goes on only if users see its
    release already: else it has changed nothing, and whether it is still wanted the next release says.
    """
    found = {name: begun(entries) for name, entries in ledger.items()}
    carried = dict(ledger)
    for name, last in found.items():
        if last is None:
            continue
        if last.step == "rollback":
            carried[name] = take_back(past, ledger[name], last.item, last.commit, last.reason)
        elif last.step in ("off", "on"):
            carried[name] = turn_flag(past, ledger[name], last.item, last.commit, last.reason)
        elif _is_seen(past, last):
            order = past.order(last.item, last.commit)
            carried[name] = _finish(past, ledger[name], last, order)
    return carried


def take_back(past: Past, entries: Sequence[Entry], item: Item, commit: str, reason: str) -> tuple[Entry, ...]:
    """Bring a release back, or with a retired item nothing; raises what stands against it, noted in the ledger.

    What is refused before users see it has changed nothing; behind that, and where a backend was away, it is due again
    with the next command.
    """
    to_nothing = item.change == RETIRED
    state: EntryState = "failed"
    notes = []
    try:
        order = past.order(item, commit)
        for act in BACK_TO_NOTHING if to_nothing else BACK:
            notes.append(_carry_out(act, order, past.tools))
            state = "waiting"  # users see it now
    except SamedayError as error:
        away = isinstance(error, Unreachable)
        past.note(entries, item, commit, "rollback", "waiting" if away else state, str(error))
        raise
    given_back = f"; {GIVEN_BACK}" if any(note.endswith(GIVEN_BACK) for note in notes) else ""
    return past.note(entries, item, commit, "rollback", "done", reason + given_back)


def turn_flag(past: Past, entries: Sequence[Entry], item: Item, commit: str, reason: str) -> tuple[Entry, ...]:
    """Publish the flag of what is live as the item has it, on or off; raises what stands against it, noted as well."""
    step: Literal["off", "on"] = "off" if item.off else "on"
    flags, name = past.tools.flags, item.experiment
    try:
        order = past.order(item, commit)
        if flags is None or order.flag is None:
            raise Refused(f"{name} has no flag")
        flags.publish({name: order.flag})
        if flags.published(name) != order.flag:
            raise Unreachable("the flag that was published is not the one that is read back")
    except SamedayError as error:
        past.note(entries, item, commit, step, "waiting" if isinstance(error, Unreachable) else "failed", reason)
        raise
    return past.note(entries, item, commit, step, "done", reason)


def _finish(past: Past, entries: Sequence[Entry], last: Entry, order: Order) -> tuple[Entry, ...]:
    """Note a switch that users see as done; what is left of its release is due."""
    return past.note(entries, last.item, last.commit, "switch", "done", _carry_out(switch, order, past.tools))


def _is_seen(past: Past, last: Entry) -> bool:
    """Whether users see what the switch was to show."""
    flags, name = past.tools.flags, last.item.experiment
    if flags is None:
        return False
    if last.item.change == RETIRED:
        return flags.published(name) is None
    try:
        order = past.order(last.item, last.commit)
    except SamedayError:  # its commit cannot be read here
        return False
    return order.flag is not None and flags.published(name) == order.flag


def _carry_out(act: Act, order: Order, tools: Tools) -> str:
    """Do it, and say what it was; raises Unreachable or Refused for what is not done."""
    (result,) = act([order], tools)
    if isinstance(result, Postponed):
        raise Unreachable(result.reason)
    if not isinstance(result, Done):
        raise Refused(result.reason if isinstance(result, Failed) else "it is not done yet")
    return result.note
