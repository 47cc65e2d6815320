"""Release what differs from the ledger: a list of steps per experiment, resumed where it ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.compile.work import work
from bot.errors import SamedayError, Unreachable
from bot.experiment.repository import Repository
from bot.plan import RETIRED, Hold, State, due, plan
from bot.ports import STEPS, Entry, EntryState, Item, Ledger, Run, StepName
from bot.settings import Settings
from bot.steps import Done, Failed, Order, Result, Step, Tools, Waiting, activate, announce, apply, generate
from bot.summary import Outcome, ReleaseSummary, Standing

PIPELINE: Mapping[StepName, Step] = {
    "apply": apply,  # nothing live refers to the template yet
    "generate": generate,  # the data, verified, promoted and synced by the run itself
    "activate": activate,  # flag and schedule, once the data is there
    "announce": announce,
}
assert tuple(PIPELINE) == STEPS

RESUMES = 3  # times that a run whose supervisor died is taken up again within one release


@dataclass(frozen=True)
class World:
    """Everything a release needs. `progress` is told of every step and node as it happens."""

    repository: Repository
    settings: Settings
    ledger: Ledger
    tools: Tools
    commit: str
    actor: str
    clock: Callable[[], datetime]
    progress: Callable[[str, Entry | Run], None]


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
        baseline = adopt(world) if world.ledger.baseline() is None and not forced else ()
        ledger = world.ledger.entries()
        items, holds = plan(world.repository, ledger, world.settings, world.clock(), forced)
        if forced:
            items = tuple(item for item in items if item.experiment in forced)
            holds = ()
        going = {item.experiment: _begin(world, item, ledger.get(item.experiment, ())) for item in items}
        _drive(world, going)
        outcomes = [progress.outcome for progress in going.values()] + [_held(hold) for hold in holds]
        return ReleaseSummary(tuple(outcomes), world.commit, baseline)


def adopt(world: World) -> tuple[str, ...]:
    """The first release in a repository: what is there is taken as live and not released."""
    found, _ = plan(world.repository, {}, world.settings, world.clock())
    for item in found:
        reason = "there before the first release; taken as live"
        world.ledger.append(Entry(1, item, world.commit, "baseline", "skipped", reason, world.clock()))
    world.ledger.begin(world.commit)
    return tuple(item.experiment for item in found)


def _begin(world: World, item: Item, entries: Sequence[Entry]) -> Progress:
    state = State(entries)
    steps = list(due(item, state.done))
    if state.last is not None and state.last.step == "baseline":
        steps = list(STEPS)
    experiment = world.repository.by_name.get(item.experiment) if item.change != RETIRED else None
    labels = {"commit": world.commit, "actor": world.actor, "path": experiment.path if experiment else ""}
    compiled = None
    if experiment is not None:
        compiled = work(experiment, world.repository, world.settings, item.date, item.attempt, labels)
    order = Order(item, experiment, compiled)
    return Progress(order, steps, Outcome(item, "running"), version=len(entries))


def _drive(world: World, going: Mapping[str, Progress]) -> None:
    until = world.clock() + world.settings.limits.release
    while True:
        for progress in going.values():
            if progress.steps and progress.waiting is None and progress.outcome.state == "running":
                _advance(world, progress, going)
        watched = {p.waiting: p for p in going.values() if p.waiting is not None}
        if not watched:
            return
        over = False
        for run in world.tools.engine.watch(list(watched), until):
            progress = watched[run.name]
            progress.run = run
            world.progress(progress.order.item.experiment, run)
            if run.state != "running":
                progress.waiting = None
                progress.resumed += run.state == "stopped"
                over = True
                break
        if not over:
            for progress in watched.values():
                _note(
                    world, progress, progress.steps[0], "waiting", "still running; the next release goes on from here"
                )
                progress.outcome = replace(
                    progress.outcome, step=progress.steps[0], reason="its run goes on", run=progress.run
                )
            return


def _advance(world: World, progress: Progress, going: Mapping[str, Progress]) -> None:
    """Take an item as far as it can go now."""
    blocker = _blocker(world, progress.order.item, going)
    if blocker is not None:
        name, hopeless = blocker
        if hopeless:
            reason = f"it reads an output of {name}, whose release is not through"
            progress.outcome = replace(progress.outcome, state="blocked", step=progress.steps[0], reason=reason)
        return
    while progress.steps:
        step = progress.steps[0]
        entries = progress.order.entries
        if not entries or (entries[-1].step, entries[-1].state) != (step, "started"):
            _note(world, progress, step, "started", PIPELINE[step].DOING)
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


def _blocker(world: World, item: Item, going: Mapping[str, Progress]) -> tuple[str, bool] | None:
    for name in world.repository.readers.get(item.experiment, ()):
        writer = going.get(name)
        if writer is not None and writer.outcome.state != "live":
            return name, writer.outcome.state != "running"
    return None


def _note(world: World, progress: Progress, step: StepName, state: EntryState, reason: str) -> None:
    progress.version += 1
    entry = Entry(progress.version, progress.order.item, world.commit, step, state, reason, world.clock())
    world.ledger.append(entry)
    progress.order = replace(progress.order, entries=(*progress.order.entries, entry))
    progress.outcome = replace(progress.outcome, entries=progress.order.entries)
    world.progress(progress.order.item.experiment, entry)


def _held(hold: Hold) -> Outcome:
    return Outcome(hold.item, "held", reason=hold.reason)
