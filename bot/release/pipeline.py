"""Release what differs from the ledger: a list of steps per experiment, resumed where it ended."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile

from bot.compile.work import work
from bot.errors import SamedayError, Unreachable
from bot.ports import STEPS, Entry, EntryState, Item, Run, StepName
from bot.release.input import ReleaseInput
from bot.release.plan import Hold, Snapshot, baseline, due, plan
from bot.release.state import RETIRED, State, keys
from bot.release.steps import Done, Failed, Order, Result, Step, Tools, Waiting, activate, announce, apply, generate
from bot.release.summary import ReleaseOutcome, ReleaseSummary, Standing

PIPELINE: Mapping[StepName, Step] = {
    "apply": apply,  # nothing live refers to the template yet
    "generate": generate,  # the data, verified, promoted and synced by the run itself
    "activate": activate,  # flag and schedule, once the data is there
}
assert (*PIPELINE, announce.NAME) == STEPS  # what is live is announced last, all of it at once

RESUMES = 3  # times that a run whose supervisor died is taken up again within one release


@dataclass
class Progress:
    """An item on its way through the steps."""

    order: Order
    steps: list[StepName]
    outcome: ReleaseOutcome
    waiting: str | None = None
    version: int = 0
    resumed: int = 0
    run: Run | None = None


def release(given: ReleaseInput, forced: frozenset[str] = frozenset()) -> ReleaseSummary:
    """Release everything that differs, or the `forced` experiments only; safe to be killed and run again."""
    with given.ledger.lease(f"{given.actor or 'somebody'} at {given.commit[:10]}"):
        given.ledger.remember(given.built)
        found = adopt(given) if given.ledger.baseline() is None else ()
        ledger = given.ledger.entries()
        items, holds = plan(given.repository, ledger, given.settings, given.clock(), forced)
        held = {hold.item.experiment for hold in holds}
        wanted = [item for item in items if not forced or item.experiment in forced]
        going = {item.experiment: _begin(given, item, ledger.get(item.experiment, ())) for item in wanted}
        for progress in going.values():
            _block(given, progress, going, ledger, held - forced)
        _drive(given, going)
        rest = [_held(hold, ledger) for hold in holds if not forced or hold.item.experiment in forced]
        adopted = tuple(name for name in found if name not in forced)

        def summary() -> ReleaseSummary:
            outcomes = [progress.outcome for progress in going.values()]
            return ReleaseSummary((*outcomes, *rest), given.commit, adopted)

        _announce(given, going, summary())
        return summary()


def adopt(given: ReleaseInput) -> tuple[str, ...]:
    """The first release in a repository: what is there is taken as live and not released."""
    before = given.before or Snapshot(given.repository, given.commit)
    found = baseline(before, given.settings, given.clock())
    known = given.ledger.entries()  # some are there already if an earlier attempt was killed
    for name, entries in found.items():
        if name not in known:
            given.ledger.append(entries[0])
    given.ledger.begin(before.commit)
    return tuple(found)


def _begin(given: ReleaseInput, item: Item, entries: Sequence[Entry]) -> Progress:
    steps = list(due(item, State(entries).done))
    experiment = given.repository.by_name.get(item.experiment) if item.change != RETIRED else None
    compiled = None
    if experiment is not None:
        labels = {**given.origin, "commit": given.commit, "actor": given.actor, "path": experiment.path}
        compiled = work(experiment, given.repository, given.settings, item.date, item.attempt, labels)
        compiled = compiled.model_copy(update={"earlier": keys(entries, compiled.key)})
    order = Order(item, experiment, compiled, _mine(item, entries))
    return Progress(order, steps, ReleaseOutcome(item, "running", entries=order.entries), version=len(entries))


def _mine(item: Item, entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """What the ledger says of this very release."""
    return tuple(takewhile(lambda entry: entry.item.digests == item.digests, reversed(entries)))[::-1]


def _block(
    given: ReleaseInput,
    progress: Progress,
    going: Collection[str],
    ledger: Mapping[str, Sequence[Entry]],
    held: Set[str],
) -> None:
    """Leave out a reader whose writer is not part of this release and has nothing to read, or failed."""
    item = progress.order.item
    for name in _writers(given, item):
        state = State(ledger.get(name, ()))
        failed = name in held and state.last is not None and state.last.state == "failed"
        if name not in going and (failed or state.released is None):
            reason = f"it reads an output of {name}, whose release is not through"
            progress.outcome = replace(progress.outcome, state="blocked", reason=reason)


def _writers(given: ReleaseInput, item: Item) -> Sequence[str]:
    return () if item.change == RETIRED else given.repository.readers.get(item.experiment, ())


def _drive(given: ReleaseInput, going: Mapping[str, Progress]) -> None:
    """Take every item as far as it gets, runs at the same time, until all are through or time is up."""
    state: Standing
    until = given.clock() + given.settings.limits.release
    while True:
        for progress in going.values():
            if progress.steps and progress.waiting is None and progress.outcome.state == "running":
                _advance(given, progress, going)
        watched = {p.waiting: p for p in going.values() if p.waiting is not None}
        if not watched:
            break
        try:
            if _watch(given, watched, until):
                continue
            state, reason = "running", "its run goes on"
        except Unreachable as error:
            state, reason = "unreachable", str(error)
        for progress in watched.values():
            _note(given, progress, progress.steps[0], "waiting", reason)
            progress.outcome = replace(
                progress.outcome, state=state, step=progress.steps[0], reason=reason, run=progress.run
            )
        return
    for progress in going.values():
        if progress.outcome.state == "running":
            reason = "it reads what reads it: neither can be released first"
            progress.outcome = replace(progress.outcome, state="blocked", reason=reason)


def _watch(given: ReleaseInput, watched: Mapping[str, Progress], until: datetime) -> bool:
    """Follow the runs until one is over; says whether one was before it was `until`."""
    for run in given.tools.engine.watch(list(watched), until):
        progress = watched[run.name]
        progress.run = run
        given.progress(progress.order.item.experiment, run)
        if run.state != "running":
            progress.waiting = None
            progress.resumed += run.state == "stopped"
            return True
    return False


def _advance(given: ReleaseInput, progress: Progress, going: Mapping[str, Progress]) -> None:
    """Take an item as far as it can go now."""
    for name in _writers(given, progress.order.item):
        state = going[name].outcome.state if name in going else "live"
        if state == "running":
            return
        if state not in ("live", "retired"):
            reason = f"it reads an output of {name}, whose release is not through"
            standing: Standing = "unreachable" if state == "unreachable" else "blocked"
            progress.outcome = replace(progress.outcome, state=standing, reason=reason)
            return
    while progress.steps and progress.steps[0] in PIPELINE:
        step = progress.steps[0]
        _start(given, progress, step, PIPELINE[step].DOING)
        result = _run(step, progress, given.tools)
        if isinstance(result, Waiting):
            progress.waiting = result.run
            return
        if isinstance(result, Unreachable):
            _note(given, progress, step, "waiting", str(result))
            progress.outcome = replace(progress.outcome, state="unreachable", step=step, reason=str(result))
            return
        if isinstance(result, Failed):
            _note(given, progress, step, "failed", result.reason)
            failed = given.tools.engine.find(progress.order.item.run) if step == "generate" else None
            progress.outcome = replace(
                progress.outcome, state="failed", step=step, reason=result.reason,
                failures=failed.failures if failed else (), run=failed,
            )  # fmt: skip
            return
        note = result.note if isinstance(result, Done) else result.reason
        _note(given, progress, step, "done", note)
        progress.steps.pop(0)
    live: Standing = "retired" if progress.order.item.change == RETIRED else "live"
    progress.outcome = replace(progress.outcome, state=live, run=progress.run)


def _run(step: StepName, progress: Progress, tools: Tools) -> Result | Unreachable:
    if progress.resumed > RESUMES:
        return Failed("its run stopped again and again; see the engine's own log")
    try:
        return PIPELINE[step].run(progress.order, tools)
    except Unreachable as error:
        return error
    except SamedayError as error:
        return Failed(str(error))


def _start(given: ReleaseInput, progress: Progress, step: StepName, doing: str) -> None:
    """Note that a step begins, unless an earlier attempt got that far."""
    entries = progress.order.entries
    if not entries or (entries[-1].step, entries[-1].state) != (step, "started"):
        _note(given, progress, step, "started", doing)


def _note(given: ReleaseInput, progress: Progress, step: StepName, state: EntryState, reason: str) -> None:
    progress.version += 1
    entry = Entry(progress.version, progress.order.item, given.commit, step, state, reason, given.clock())
    given.ledger.append(entry)
    progress.order = replace(progress.order, entries=(*progress.order.entries, entry))
    progress.outcome = replace(progress.outcome, entries=progress.order.entries)
    given.progress(progress.order.item.experiment, entry)


def _announce(given: ReleaseInput, going: Mapping[str, Progress], summary: ReleaseSummary) -> None:
    """Tell the people once for all; what could not be told is due again in the next release, and no failure."""
    if not summary.outcomes:
        return
    told = [progress for progress in going.values() if progress.outcome.state in ("live", "retired")]
    for progress in told:
        _start(given, progress, announce.NAME, announce.DOING)
    try:
        announce.run(summary, given.tools)
    except SamedayError as error:
        reason = f"it could not be announced: {error}"
        for progress in told:
            _note(given, progress, announce.NAME, "waiting", reason)
            progress.outcome = replace(progress.outcome, reason=reason)
        return
    for progress in told:
        _note(given, progress, announce.NAME, "done", "")


def _held(hold: Hold, ledger: Mapping[str, Sequence[Entry]]) -> ReleaseOutcome:
    entries = _mine(hold.item, ledger.get(hold.item.experiment, ()))
    return ReleaseOutcome(hold.item, "blocked" if hold.stuck else "held", reason=hold.reason, entries=entries)
