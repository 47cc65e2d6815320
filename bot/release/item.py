"""What a release does for one experiment, as the ledger and its file say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from bot.compile import argo
from bot.compile.names import digest
from bot.compile.work import data_date, spec_key, work
from bot.experiment.load import Experiment
from bot.experiment.repository import Repository
from bot.ports import Change, Item, StepName
from bot.release.declared import own, served, tables, trial
from bot.release.state import AWAY, RETIRED, State
from bot.settings import Settings

ADOPTED = "what was there before"  # in the place of a run, where sameday has made none


def item_of(
    experiment: Experiment, repository: Repository, settings: Settings, now: datetime, state: State, *, forced: bool
) -> Item:
    """What a release of the experiment as it stands does; `forced` if somebody asked for it by name."""
    key = spec_key(experiment, repository, settings)
    today = data_date(experiment.spec, now)
    begun = state.begun(key)
    if begun is None:
        return dated(experiment, repository, settings, state, today, state.following(key, today))
    # A run that was started keeps its name on another day.
    item = dated(experiment, repository, settings, state, begun.date, begun.attempt)
    if begun != state.attempted or not _anew(item, state, forced=forced):
        return item
    attempt = begun.attempt + 1 if begun.date == today else state.following(key, today)
    return dated(experiment, repository, settings, state, today, attempt)


def _anew(item: Item, state: State, *, forced: bool) -> bool:
    """Whether what was attempted is tried with a new run: it failed or was rolled back, and is wanted all the same.

    A run that only an outage ended is no failure, and needs nobody's word.
    """
    last = state.last
    if last is None or state.attempted is None:
        return False
    if last.step == "rollback":
        return forced
    if last.step == "generate" and last.state == "waiting" and last.reason.startswith(AWAY):
        return True
    failed = last.step == "generate" and last.state == "failed"
    return failed and (forced or item.file != state.attempted.file)


def dated(
    experiment: Experiment, repository: Repository, settings: Settings, state: State, day: date, attempt: int
) -> Item:
    """What is released of the experiment, with a run of that date and attempt."""
    spec, released = experiment.spec, state.released
    gone = released is not None and released.change == RETIRED
    compiled = work(experiment, repository, settings, day, attempt)
    key, run = compiled.key, compiled.run
    digests: dict[StepName, str] = {
        "apply": digest(
            [argo.template(compiled, settings.manifests), compiled.schedule and compiled.schedule.cron], 16
        ),
        "generate": run if released is None or released.key != key or gone else released.digests.get("generate", run),
        "switch": served(spec, key, settings),
        "settle": served(spec, key, settings),
    }
    digests["announce"] = digest(digests, 16)
    before = released.run if released is not None and not gone else None
    if state.found:
        before = ADOPTED
    elif released is not None and released.digests == digests:  # it is live, and only the rest is left to do
        before = released.serves[0]
    change: Change = "new" if before is None else "changed"
    return Item(
        spec.name, change, run, key, day, attempt, digests, (before, run), tables(spec), own(experiment, repository),
        trial(spec, settings),
    )  # fmt: skip


def made_anew(experiment: Experiment, repository: Repository, settings: Settings, now: datetime, state: State) -> Item:
    """What is live, with a new run for data that the warehouse has lost."""
    day, before = data_date(experiment.spec, now), as_released(state)
    attempt = before.attempt + 1 if before.date == day else state.following(before.key, day)
    item = dated(experiment, repository, settings, state, day, attempt)
    return with_new_run(replace(item, change="repaired", serves=(None, item.run)))


def with_new_run(item: Item) -> Item:
    """The item, whose run is due even where what is live has the same spec."""
    digests: dict[StepName, str] = {s: value for s, value in item.digests.items() if s != "announce"}
    digests["generate"] = item.run
    digests["announce"] = digest(digests, 16)
    return replace(item, digests=digests)


def as_released(state: State) -> Item:
    """What is live, as the item that puts it back."""
    assert state.released is not None
    return replace(state.released, change="repaired", serves=(state.released.run, state.released.run))


def retirement(released: Item) -> Item:
    """The item that takes an experiment out of service."""
    digests: dict[StepName, str] = {"switch": RETIRED, "settle": RETIRED, "announce": RETIRED}
    serves = released.serves if released.change == RETIRED else (released.run, None)
    return replace(released, change="retired", digests=digests, serves=serves, off=False)


def retired_item(state: State) -> Item | None:
    """The item that retires an experiment, be it one whose first release is at work or failed."""
    if state.released is not None:
        return retirement(state.released)
    return None if state.attempted is None else replace(retirement(state.attempted), serves=(None, None))


def unknown(name: str, state: State, now: datetime) -> Item:
    """What stands in for an item that cannot be made."""
    released = state.released if state.released is not None and state.released.change != RETIRED else None
    if released is not None:
        return replace(released, change="changed", digests={}, serves=(released.run, released.run))
    return Item(name, "new", "", "", now.date(), 1, {}, (None, None))
