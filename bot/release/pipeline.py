"""Release what differs from the ledger: a list of steps per experiment, resumed where it ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.errors import SamedayError
from bot.ports import STEPS, Entry
from bot.release.follow import Following
from bot.release.input import ReleaseInput
from bot.release.past import Past, carry_forward
from bot.release.plan import Hold, Snapshot, baseline, make_plan, repairs
from bot.release.repair import drifts, repair
from bot.release.state import RETIRED
from bot.release.steps import ReleaseStep, Tools, each
from bot.release.steps.announce import announce
from bot.release.steps.apply import apply, apply_again
from bot.release.steps.generate import generate
from bot.release.steps.settle import names, prune, schedule
from bot.release.steps.stop import stop
from bot.release.steps.switch import switch
from bot.release.summary import ReleaseOutcome, ReleaseSummary, Standing
from bot.release.tidy import tidy
from bot.release.turn import Turn
from bot.release.underway import Underway, begin, earlier_entries, give_up, leave_waiting, take
from bot.release.writers import block_circles, block_unfed, ready

PIPELINE = (
    ReleaseStep("apply", "registering the template", each(apply)),  # nothing live refers to it yet
    ReleaseStep("generate", "generating the first data", each(generate)),  # the run itself verifies and syncs it
    ReleaseStep("switch", "going live", switch, "together"),  # what users see: all flags in one write
    ReleaseStep(
        "settle", "settling", each(names, apply_again, schedule, stop, prune)
    ),  # who reads by name, then the dates to come
    ReleaseStep("announce", "announcing", announce, "last"),  # one text for all that went live
)
LOOK = timedelta(seconds=15)  # between two looks at jobs that wait to begin
MEANWHILE = {"off": "it was turned off meanwhile", "on": "it was turned on meanwhile"}
assert tuple(step.name for step in PIPELINE) == STEPS  # the ledger's words, in the ledger's order


def release_all(given: ReleaseInput, forced: frozenset[str] = frozenset()) -> ReleaseSummary:
    """Release everything that differs, or the `forced` experiments only; safe to be killed and run again."""
    holder = f"{given.actor or 'somebody'} at {given.commit[:10]}"
    with given.ledger.lease(holder), Turn(given.ledger, holder) as turn:
        given.ledger.remember(given.built)
        live_before = adopt(given) if given.ledger.baseline() is None else ()
        past = _past(given)
        ledger = carry_forward(past, given.ledger.entries())
        seen = drifts(past, ledger, given.repository)
        items, holds = make_plan(given.repository, ledger, given.settings, given.clock(), forced, given.refused, seen)
        wanted = [item for item in items if not forced or item.experiment in forced]
        back = [one for one in repairs(items, ledger, seen, forced) if not forced or one.experiment in forced]
        rest = repair(past, back, seen, ledger, given.repository, forced - {item.experiment for item in items})
        going = {item.experiment: begin(given, item, ledger.get(item.experiment, ())) for item in wanted}
        rest += [_held(hold, ledger) for hold in holds if not forced or hold.item.experiment in forced]
        block_unfed(going, given.repository, ledger, {hold.item.experiment for hold in holds} - forced)

        def summary() -> ReleaseSummary:
            outcomes = (*(underway.outcome for underway in going.values()), *rest)
            return ReleaseSummary(outcomes, given.commit, tuple(name for name in live_before if name not in forced))

        def announcement() -> None:
            if going or rest:
                given.announce(summary())

        _drive(given, going, replace(given.tools, announce=announcement), turn)
        if not forced:
            # As at the start: where somebody rolled back meanwhile, that went to a place which stays by this, too.
            tidy(ledger, going, given.tools, given.settings, given.clock())
        return summary()


def _past(given: ReleaseInput) -> Past:
    return Past(
        given.ledger, given.tools, given.settings, given.at, lambda _: given.origin, given.actor, given.clock
    )  # fmt: skip


def adopt(given: ReleaseInput) -> tuple[str, ...]:
    """The first release in a repository: what is there is taken as live and not released."""
    before = given.before or Snapshot(given.repository, given.commit)
    adopted = baseline(before, given.settings, given.clock())
    recorded = given.ledger.entries()  # some are there already if an earlier attempt was killed
    for name, entries in adopted.items():
        if name not in recorded:
            given.ledger.append(entries[0])
    given.ledger.begin(before.commit)
    return tuple(adopted)


def _drive(given: ReleaseInput, going: Mapping[str, Underway], tools: Tools, turn: Turn) -> None:
    """Take every item as far as it gets, runs at the same time, until all are through or time is up."""
    until, following = given.clock() + given.settings.limits.release, Following(given.tools.engine)
    while True:
        for underway in going.values():
            while _alone(underway) and ready(underway, going, given.repository):
                _advance(underway, given, tools)
        if _switch(given, going, tools):
            continue
        if not any(underway.waiting for underway in going.values()):
            block_circles(going.values())
            break
        if not _watch(given, going, following, until, turn):
            break
    through = [underway for underway in going.values() if underway.outcome.state in ("live", "retired")]
    for step in PIPELINE:
        if step.when == "last":
            take(step, [underway for underway in through if step.name in underway.steps], given, tools)


def _step(underway: Underway) -> ReleaseStep | None:
    """The step that is next for an item, unless that is for the end."""
    return next((step for step in PIPELINE if step.name in underway.steps and step.when != "last"), None)


def _alone(underway: Underway) -> bool:
    """Whether the item may go on by itself."""
    step = _step(underway)
    return underway.moves and (step is None or step.when == "alone")


def _advance(underway: Underway, given: ReleaseInput, tools: Tools) -> None:
    """Take an item through its next step; what is left after the last one is done for all together."""
    step = _step(underway)
    if step is not None:
        take(step, [underway], given, tools)
    else:
        underway.end("retired" if underway.order.item.change == RETIRED else "live")


def _switch(given: ReleaseInput, going: Mapping[str, Underway], tools: Tools) -> bool:
    """Take through their common step all that have come to it; whether there are any."""
    together = [underway for underway in going.values() if underway.moves and not _alone(underway)]
    together = [underway for underway in together if ready(underway, going, given.repository)]
    if step := _step(together[0]) if together else None:
        take(step, together, given, tools)
    return bool(together)


def _watch(
    given: ReleaseInput, going: Mapping[str, Underway], following: Following, until: datetime, turn: Turn
) -> bool:
    """Follow the runs until one is over, for a while; when it is `until`, ends all items and says False.

    Others may have the turn meanwhile: what they did to an experiment ends its item.
    """
    watched = {underway.waiting: underway for underway in going.values() if underway.waiting is not None}
    over, fault = False, ""
    with turn.given_back():
        try:
            for run in following.changed(list(watched), min(until, given.clock() + LOOK)):
                watched[run.name].outcome = replace(watched[run.name].outcome, run=run)
                given.progress(watched[run.name].order.item.experiment, run)
                if over := run.state != "running":
                    watched[run.name].waiting = None
                    watched[run.name].resumed += run.state == "stopped"
                    break
        except SamedayError as error:  # a no, too, is nothing of the runs, which go on
            fault = str(error)
    stuck = {name: why for name, underway in watched.items() if (why := _stuck(underway, given))}
    late = given.clock() >= until
    if over or fault or stuck or late:
        _give_way(going.values(), given.ledger.entries())
    if fault:
        _leave(watched.values(), "unreachable", fault, given)
    elif not over:
        for name, why in stuck.items():
            if watched[name].waiting is not None:
                give_up(watched[name], why, given)
        if late:
            _leave(watched.values(), "running", "its run goes on", given)
    return over or not (fault or late)


def _give_way(going: Iterable[Underway], ledger: Mapping[str, Sequence[Entry]]) -> None:
    """End the items whose experiments somebody has decided about meanwhile: that is newer."""
    for underway in going:
        entries = ledger.get(underway.order.item.experiment, ())
        if len(entries) > underway.version:
            if underway.outcome.state == "running":
                what = MEANWHILE.get(entries[-1].step, "it was rolled back meanwhile:")
                underway.end("held", f"{what} {entries[-1].reason}", underway.steps[0])
            underway.waiting = None
            underway.steps.clear()


def _leave(watched: Iterable[Underway], state: Standing, reason: str, given: ReleaseInput) -> None:
    for underway in watched:
        if underway.waiting is not None:
            leave_waiting(underway, state, reason, given)


def _stuck(underway: Underway, given: ReleaseInput) -> str:
    """Why the item's run will not begin one of its jobs, or ''."""
    limit, run = given.settings.limits.pending, underway.outcome.run
    for node in run.nodes if run is not None else ():
        if node.state == "waiting" and node.started is not None and given.clock() - node.started > limit:
            return f"{node.name} could not begin within {limit.total_seconds():.0f} seconds: {node.reason}"
    return ""


def _held(hold: Hold, ledger: Mapping[str, Sequence[Entry]]) -> ReleaseOutcome:
    entries = earlier_entries(hold.item, ledger.get(hold.item.experiment, ()))
    return ReleaseOutcome(hold.item, "blocked" if hold.stuck else "held", reason=hold.reason, entries=entries)
