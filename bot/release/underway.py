"""An item on its way through the steps, and what is noted of it in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from bot.compile.work import work
from bot.errors import SamedayError
from bot.ports import STEPS, Entry, EntryState, Item, StepName, run_name
from bot.release.declared import published
from bot.release.input import ReleaseInput
from bot.release.item import dated, with_new_run
from bot.release.plan import due
from bot.release.state import RETIRED, State
from bot.release.steps import (
    Done,
    Failed,
    Order,
    Postponed,
    ReleaseStep,
    Result,
    Rubbish,
    Tools,
    Waiting,
    retired,
    without_errors,
)
from bot.release.steps.generate import lost
from bot.release.summary import ReleaseOutcome, Standing
from bot.release.tidy import rubbish

RESUMES = 3  # times that a run whose supervisor died is taken up again within one release


@dataclass
class Underway:
    """An item between its first step and its last; `version` counts its experiment's entries."""

    order: Order
    steps: list[StepName]
    outcome: ReleaseOutcome
    version: int
    waiting: str | None = None
    resumed: int = 0

    @property
    def moves(self) -> bool:
        """Whether it may go on with a step."""
        return self.waiting is None and self.outcome.state == "running"

    def end(self, state: Standing, reason: str = "", step: StepName | None = None) -> None:
        """Leave it where it is, and say why."""
        self.outcome = replace(self.outcome, state=state, reason=reason, step=step)


def begin(given: ReleaseInput, item: Item, entries: Sequence[Entry]) -> Underway:
    """Put an item on its way: compile it, and find the steps that are due."""
    item = _with_data(given, item, State(entries))
    same = earlier_entries(item, entries)
    return Underway(
        replace(_order(given, item), rubbish=_rubbish(given, item, entries)),
        list(STEPS if item.change == "repaired" else due(item, State(entries).done)),
        ReleaseOutcome(item, "running", entries=same), len(entries),
    )  # fmt: skip


def _with_data(given: ReleaseInput, item: Item, state: State) -> Item:
    """The item; where a run that was made has lost its data since, with the next attempt at it."""
    made = item.change == "repaired" or (state.generated(item.run) and "generate" in due(item, state.done))
    if item.change == RETIRED or not made:
        return item
    engine, attempt = given.tools.engine, item.attempt
    try:
        if not lost(_order(given, item), given.tools):
            return item
        while (run := engine.find(run_name(item.experiment, item.key, item.date, attempt))) is not None:
            if run.state not in ("succeeded", "failed"):
                break
            attempt += 1
    except SamedayError:  # the step that needs it says so
        return item
    experiment = given.repository.by_name[item.experiment]
    again = dated(experiment, given.repository, given.settings, state, item.date, attempt)
    return with_new_run(replace(again, change=item.change, serves=(item.serves[0], again.run)))


def _rubbish(given: ReleaseInput, item: Item, entries: Sequence[Entry]) -> Rubbish:
    """What may go once the item is live."""
    live = Entry(len(entries) + 1, item, given.commit, "switch", "done", "", given.clock())
    return rubbish(State((*entries, live)), given.settings, given.clock())


def earlier_entries(item: Item, entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """What the ledger says of this very release."""
    return tuple(takewhile(lambda entry: entry.item.digests == item.digests, reversed(entries)))[::-1]


def _order(given: ReleaseInput, item: Item) -> Order:
    if item.change == RETIRED:
        return retired(item)
    experiment = given.repository.by_name[item.experiment]
    labels = {**given.origin, "commit": given.commit, "actor": given.actor, "path": experiment.path}
    compiled = work(experiment, given.repository, given.settings, item.date, item.attempt, labels)
    return Order(item, experiment.spec, compiled, published(experiment.spec, compiled.key, given.settings))


def take(step: ReleaseStep, items: Sequence[Underway], given: ReleaseInput, tools: Tools) -> None:
    """Take the items that have come to a step through it: noted before and after, and shown as progress."""
    for underway in items:
        last = underway.outcome.entries[-1:]
        if not last or (last[0].step, last[0].state) != (step.name, "started"):  # an earlier attempt got that far
            _note(underway, step.name, "started", step.doing, given)
    for underway, result in zip(items, _results(step, items, tools), strict=True):
        _conclude(underway, step, result, given, tools)


def _results(step: ReleaseStep, items: Sequence[Underway], tools: Tools) -> Sequence[Result]:
    if any(underway.resumed > RESUMES for underway in items):
        reasons = [node.reason for one in items if one.outcome.run is not None for node in one.outcome.run.failures]
        return [Failed(f"its run stopped again and again: {reasons[0] if reasons else 'see the log of the engine'}")]
    return without_errors(step.run)([underway.order for underway in items], tools)


def _conclude(underway: Underway, step: ReleaseStep, result: Result, given: ReleaseInput, tools: Tools) -> None:
    if isinstance(result, Waiting):
        underway.waiting = result.run
    elif isinstance(result, Done):
        _note(underway, step.name, "done", result.note, given)
        underway.steps.remove(step.name)
    elif isinstance(result, Postponed):
        _note(underway, step.name, "waiting", result.reason, given)
        if underway.outcome.state == "running":
            underway.end("unreachable", result.reason, step.name)
        else:  # it is live: only telling of it is left
            underway.outcome = replace(underway.outcome, reason=result.reason)
    else:
        _note(underway, step.name, "failed", result.reason, given)
        run = tools.engine.find(underway.order.item.run) if step.name == "generate" else None
        underway.end("failed", result.reason, step.name)
        underway.outcome = replace(underway.outcome, failures=run.failures if run else (), run=run)


def give_up(underway: Underway, reason: str, given: ReleaseInput) -> None:
    """End an item's run, and the item with it."""
    order = underway.order
    given.tools.engine.cancel(order.item.experiment, {order.live_key} - {"", order.item.key})
    underway.waiting = None
    _note(underway, underway.steps[0], "failed", reason, given)
    underway.end("failed", reason, underway.steps[0])


def leave_waiting(underway: Underway, state: Standing, reason: str, given: ReleaseInput) -> None:
    """End an item whose run is not over: the next release finds the run and goes on."""
    _note(underway, underway.steps[0], "waiting", reason, given)
    underway.end(state, reason, underway.steps[0])


def _note(underway: Underway, step: StepName, state: EntryState, reason: str, given: ReleaseInput) -> None:
    underway.version += 1
    entry = Entry(underway.version, underway.order.item, given.commit, step, state, reason, given.clock())
    given.ledger.append(entry)
    underway.outcome = replace(underway.outcome, entries=(*underway.outcome.entries, entry))
    given.progress(underway.order.item.experiment, entry)
