"""Release what differs from the ledger: a list of steps per experiment, resumed where it ended."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import takewhile

from bot.compile.work import work
from bot.errors import SamedayError, Unreachable
from bot.experiment.repository import Repository
from bot.plan import Found, Hold, baseline, due, plan
from bot.ports import STEPS, Built, Entry, EntryState, Item, Ledger, Run, StepName
from bot.settings import Settings
from bot.state import RETIRED, State, keys
from bot.steps import Done, Failed, Order, Result, Step, Tools, Waiting, activate, announce, apply, generate
from bot.summary import Outcome, ReleaseSummary, Standing

PIPELINE: Mapping[StepName, Step] = {
    "apply": apply,  # nothing live refers to the template yet
    "generate": generate,  # the data, verified, promoted and synced by the run itself
    "activate": activate,  # flag and schedule, once the data is there
}
assert (*PIPELINE, announce.NAME) == STEPS  # what is live is announced last, all of it at once

RESUMES = 3  # times that a run whose supervisor died is taken up again within one release


@dataclass(frozen=True)
class World:
    """Everything a release needs. `progress` is told of every step and node as it happens.

    `origin` is the commit's repository and pull request. `before` is what a first release takes as live, all if None.
    `built` are images that this release was handed, which `settings` have already: later releases keep to them.
    """

    repository: Repository
    settings: Settings
    ledger: Ledger
    tools: Tools
    commit: str
    actor: str
    clock: Callable[[], datetime]
    progress: Callable[[str, Entry | Run], None]
    before: Found | None = None
    built: tuple[Built, ...] = ()
    origin: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Progress:
    """An item on its way through the steps."""

    order: Order
    steps: list[StepName]
    outcome: Outcome
    waiting: str | None = None
    version: int = 0
    resumed: int = 0
    run: Run | None = None


def release(world: World, forced: frozenset[str] = frozenset()) -> ReleaseSummary:
    """Release everything that differs, or the `forced` experiments only; safe to be killed and run again."""
    with world.ledger.lease(f"{world.actor or 'somebody'} at {world.commit[:10]}"):
        world.ledger.remember(world.built)
        found = adopt(world) if world.ledger.baseline() is None else ()
        ledger = world.ledger.entries()
        items, holds = plan(world.repository, ledger, world.settings, world.clock(), forced)
        held = {hold.item.experiment for hold in holds}
        wanted = [item for item in items if not forced or item.experiment in forced]
        going = {item.experiment: _begin(world, item, ledger.get(item.experiment, ())) for item in wanted}
        for progress in going.values():
            _block(world, progress, going, ledger, held - forced)
        _drive(world, going)
        rest = [_held(hold, ledger) for hold in holds if not forced or hold.item.experiment in forced]
        adopted = tuple(name for name in found if name not in forced)

        def summary() -> ReleaseSummary:
            outcomes = [progress.outcome for progress in going.values()]
            return ReleaseSummary((*outcomes, *rest), world.commit, adopted)

        _announce(world, going, summary())
        return summary()


def adopt(world: World) -> tuple[str, ...]:
    """The first release in a repository: what is there is taken as live and not released."""
    before = world.before or Found(world.repository, world.commit)
    found = baseline(before, world.settings, world.clock())
    known = world.ledger.entries()  # some are there already if an earlier attempt was killed
    for name, entries in found.items():
        if name not in known:
            world.ledger.append(entries[0])
    world.ledger.begin(before.commit)
    return tuple(found)


def _begin(world: World, item: Item, entries: Sequence[Entry]) -> Progress:
    steps = list(due(item, State(entries).done))
    experiment = world.repository.by_name.get(item.experiment) if item.change != RETIRED else None
    compiled = None
    if experiment is not None:
        labels = {**world.origin, "commit": world.commit, "actor": world.actor, "path": experiment.path}
        compiled = work(experiment, world.repository, world.settings, item.date, item.attempt, labels)
        compiled = compiled.model_copy(update={"earlier": keys(entries, compiled.key)})
    order = Order(item, experiment, compiled, _mine(item, entries))
    return Progress(order, steps, Outcome(item, "running", entries=order.entries), version=len(entries))


def _mine(item: Item, entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """What the ledger says of this very release."""
    return tuple(takewhile(lambda entry: entry.item.digests == item.digests, reversed(entries)))[::-1]


def _block(
    world: World, progress: Progress, going: Collection[str], ledger: Mapping[str, Sequence[Entry]], held: Set[str]
) -> None:
    """Leave out a reader whose writer is not part of this release and has nothing to read, or failed."""
    item = progress.order.item
    for name in _writers(world, item):
        state = State(ledger.get(name, ()))
        failed = name in held and state.last is not None and state.last.state == "failed"
        if name not in going and (failed or state.released is None):
            reason = f"it reads an output of {name}, whose release is not through"
            progress.outcome = replace(progress.outcome, state="blocked", reason=reason)


def _writers(world: World, item: Item) -> Sequence[str]:
    return () if item.change == RETIRED else world.repository.readers.get(item.experiment, ())


def _drive(world: World, going: Mapping[str, Progress]) -> None:
    """Take every item as far as it gets, runs at the same time, until all are through or time is up."""
    state: Standing
    until = world.clock() + world.settings.limits.release
    while True:
        for progress in going.values():
            if progress.steps and progress.waiting is None and progress.outcome.state == "running":
                _advance(world, progress, going)
        watched = {p.waiting: p for p in going.values() if p.waiting is not None}
        if not watched:
            break
        try:
            if _watch(world, watched, until):
                continue
            state, reason = "running", "its run goes on"
        except Unreachable as error:
            state, reason = "unreachable", str(error)
        for progress in watched.values():
            _note(world, progress, progress.steps[0], "waiting", reason)
            progress.outcome = replace(
                progress.outcome, state=state, step=progress.steps[0], reason=reason, run=progress.run
            )
        return
    for progress in going.values():
        if progress.outcome.state == "running":
            reason = "it reads what reads it: neither can be released first"
            progress.outcome = replace(progress.outcome, state="blocked", reason=reason)


def _watch(world: World, watched: Mapping[str, Progress], until: datetime) -> bool:
    """Follow the runs until one is over; says whether one was before it was `until`."""
    for run in world.tools.engine.watch(list(watched), until):
        progress = watched[run.name]
        progress.run = run
        world.progress(progress.order.item.experiment, run)
        if run.state != "running":
            progress.waiting = None
            progress.resumed += run.state == "stopped"
            return True
    return False


def _advance(world: World, progress: Progress, going: Mapping[str, Progress]) -> None:
    """Take an item as far as it can go now."""
    for name in _writers(world, progress.order.item):
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
        _start(world, progress, step, PIPELINE[step].DOING)
        result = _run(step, progress, world.tools)
        if isinstance(result, Waiting):
            progress.waiting = result.run
            return
        if isinstance(result, Unreachable):
            _note(world, progress, step, "waiting", str(result))
            progress.outcome = replace(progress.outcome, state="unreachable", step=step, reason=str(result))
            return
        if isinstance(result, Failed):
            _note(world, progress, step, "failed", result.reason)
            failed = world.tools.engine.find(progress.order.item.run) if step == "generate" else None
            progress.outcome = replace(
                progress.outcome, state="failed", step=step, reason=result.reason,
                failures=failed.failures if failed else (), run=failed,
            )  # fmt: skip
            return
        note = result.note if isinstance(result, Done) else result.reason
        _note(world, progress, step, "done", note)
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


def _start(world: World, progress: Progress, step: StepName, doing: str) -> None:
    """Note that a step begins, unless an earlier attempt got that far."""
    entries = progress.order.entries
    if not entries or (entries[-1].step, entries[-1].state) != (step, "started"):
        _note(world, progress, step, "started", doing)


def _note(world: World, progress: Progress, step: StepName, state: EntryState, reason: str) -> None:
    progress.version += 1
    entry = Entry(progress.version, progress.order.item, world.commit, step, state, reason, world.clock())
    world.ledger.append(entry)
    progress.order = replace(progress.order, entries=(*progress.order.entries, entry))
    progress.outcome = replace(progress.outcome, entries=progress.order.entries)
    world.progress(progress.order.item.experiment, entry)


def _announce(world: World, going: Mapping[str, Progress], summary: ReleaseSummary) -> None:
    """Tell the people once for all; what could not be told is due again in the next release, and no failure."""
    if not summary.outcomes:
        return
    told = [progress for progress in going.values() if progress.outcome.state in ("live", "retired")]
    for progress in told:
        _start(world, progress, announce.NAME, announce.DOING)
    try:
        announce.run(summary, world.tools)
    except SamedayError as error:
        reason = f"it could not be announced: {error}"
        for progress in told:
            _note(world, progress, announce.NAME, "waiting", reason)
            progress.outcome = replace(progress.outcome, reason=reason)
        return
    for progress in told:
        _note(world, progress, announce.NAME, "done", "")


def _held(hold: Hold, ledger: Mapping[str, Sequence[Entry]]) -> Outcome:
    entries = _mine(hold.item, ledger.get(hold.item.experiment, ()))
    return Outcome(hold.item, "blocked" if hold.stuck else "held", reason=hold.reason, entries=entries)
