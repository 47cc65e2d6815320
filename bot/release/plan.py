"""What a release does: a pure function of the ledger and the experiments at head.

The plan shown on a pull request is the plan the release executes, because both call `make_plan`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from bot.compile.work import spec_key
from bot.errors import SamedayError
from bot.experiment.load import Experiment
from bot.experiment.repository import Repository
from bot.graph import order
from bot.ports import STEPS, Entry, Item, StepName
from bot.release.declared import served
from bot.release.drift import Drifts
from bot.release.item import ADOPTED, as_released, item_of, made_anew, retired_item, unknown
from bot.release.state import RETIRED, State
from bot.settings import Settings

Plan = tuple[Item, ...]
NO_DRIFT: Mapping[str, Drifts] = MappingProxyType({})
NOTHING_REFUSED: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Hold:
    """An item that is not released by itself, and why; a person or a change of its file lifts it.

    `stuck`: it cannot be released at all as the repository stands.
    """

    item: Item
    reason: str
    stuck: bool = False


@dataclass(frozen=True)
class Snapshot:
    """The experiments of an earlier commit."""

    repository: Repository
    commit: str


def make_plan(
    repository: Repository,
    ledger: Mapping[str, Sequence[Entry]],
    settings: Settings,
    now: datetime,
    forced: frozenset[str] = frozenset(),
    refused: Mapping[str, str] = NOTHING_REFUSED,
    drifts: Mapping[str, Drifts] = NO_DRIFT,
    only: Collection[str] | None = None,
) -> tuple[Plan, tuple[Hold, ...]]:
    """The items that differ from what is released, writers before their readers, and the items on hold.

    With `only` it is the plan of these experiments, and no others are looked at.

    `forced` are experiments a person asked for by name: holds do not count for them, and what failed is tried anew.
    `refused` says by name why one cannot be released as it stands, `drifts` what of a live release is not as it was.
    """
    items: list[Item] = []
    holds: list[Hold] = []
    settled: set[str] = set()
    live: set[str] = set()
    by_name = repository.by_name
    for name in by_name if only is None else [name for name in by_name if name in only]:
        experiment, state = by_name[name], State(ledger.get(name, ()))
        if ended(experiment, now):
            continue
        live.add(name)
        try:
            item = item_of(experiment, repository, settings, now, state, forced=name in forced)
        except SamedayError as error:
            if not _unchanged(experiment, repository, settings, state):
                holds.append(Hold(unknown(name, state, now), refused.get(name, str(error)), stuck=True))
            continue
        if not due(item, state.done):
            settled.add(name)
        elif name not in forced and state.rests(item):
            continue
        elif name in refused:
            holds.append(Hold(item, refused[name], stuck=True))
        else:
            _sort(item, state, forced, items, holds)
    for gone in _retired({name for name in ledger if only is None or name in only}, ledger, live, repository):
        _sort(gone, State(ledger[gone.experiment]), forced, items, holds)
    for name in sorted(drifts.keys() - {item.experiment for item in items}):
        state, how = State(ledger[name]), drifts[name]
        if how.data and name in settled:
            _sort(made_anew(by_name[name], repository, settings, now, state), state, forced, items, holds)
        elif how.differing and name not in forced:
            holds.append(Hold(as_released(state), f"{how.differing}, by another hand than sameday's"))
    return _in_order(items, repository), tuple(holds)


def _retired(
    names: Collection[str], ledger: Mapping[str, Sequence[Entry]], live: Collection[str], repository: Repository
) -> Iterator[Item]:
    """The retirement of each of these experiments whose file is gone, or whose test is over."""
    for name, entries in ledger.items():
        state = State(entries)
        over = name in repository.by_name and name not in live
        gone = retired_item(state) if name in names and (over or _removed(name, repository)) else None
        if gone is not None and due(gone, state.done):
            yield gone


def repairs(
    plan: Plan,
    ledger: Mapping[str, Sequence[Entry]],
    drifts: Mapping[str, Drifts],
    forced: frozenset[str] = frozenset(),
) -> Plan:
    """What is put back without a run, before anything of the plan is done: that may take long, or fail."""
    items = {item.experiment: item for item in plan}
    back = []
    for name, how in sorted(drifts.items()):
        item, live = items.get(name), as_released(State(ledger[name]))
        if item is None:
            going = bool(how.gone) or name in forced
        else:  # where it is the live release itself that goes on, its own steps do the rest
            going = bool(how.gone) and not how.data and item.change != RETIRED and item.digests != live.digests
        if going:
            back.append(live)
    return tuple(back)


def baseline(
    before: Snapshot, settings: Settings, now: datetime, only: Collection[str] | None = None
) -> Mapping[str, Sequence[Entry]]:
    """The ledger of a first release: what was there before is taken as live, of these experiments `only`."""
    found, _ = make_plan(before.repository, {}, settings, now, only=only)
    reason = "there before the first release; taken as live"
    return {item.experiment: (Entry(1, item, before.commit, "baseline", "skipped", reason, now),) for item in found}


def adopted(items: Plan) -> tuple[Hold, ...]:
    """What becomes of a plan in the first release of a repository, which takes what it finds as live."""
    reason = "the first release here takes it as live"
    return tuple(Hold(replace(item, serves=(ADOPTED, ADOPTED)), reason) for item in items)


def _removed(name: str, repository: Repository) -> bool:
    """Whether no file can mean this experiment; one that is not sound and says no name could be any."""
    return name not in repository.named and "" not in repository.named


def _sort(item: Item, state: State, forced: frozenset[str], items: list[Item], holds: list[Hold]) -> None:
    reason = "" if item.experiment in forced else held(item, state)
    if reason:
        holds.append(Hold(item, reason))
    else:
        items.append(item)


def ended(experiment: Experiment, now: datetime) -> bool:
    """Whether the test's period is over."""
    serving = experiment.spec.serving
    if serving is None or serving.period is None or serving.period.end is None:
        return False
    return now.astimezone(ZoneInfo(serving.period.timezone)).date() >= serving.period.end


def due(item: Item, done: Mapping[StepName, str]) -> tuple[StepName, ...]:
    """The item's steps whose digest is not the one done last."""
    return tuple(step for step in STEPS if step in item.digests and item.digests[step] != done.get(step))


def held(item: Item, state: State) -> str:
    """Why the item is on hold, or ''."""
    last, off = state.last, state.off
    if off is not None and item.change != RETIRED:
        return f"turned off on {off.at:%Y-%m-%d} {off.reason}".rstrip()
    if last is None or state.attempted is None or _asks(state.attempted) != _asks(item):
        return ""
    if last.step == "rollback":
        return f"rolled back on {last.at:%Y-%m-%d}" + (f": {last.reason}" if last.reason else "")
    due_again = ("settle", "announce")  # of what is live: nobody need ask for it
    return f"{last.step} failed: {last.reason}" if last.state == "failed" and last.step not in due_again else ""


def _asks(item: Item) -> tuple[str, bool]:
    """What a release was asked for: the experiment as its file is, or without it."""
    return item.file, item.change == RETIRED


def _unchanged(experiment: Experiment, repository: Repository, settings: Settings, state: State) -> bool:
    """Whether the experiment is what serves, as far as its own file says."""
    try:
        wanted = served(experiment.spec, spec_key(experiment, repository, settings), settings)
    except SamedayError:
        return False
    return state.released is not None and state.released.digests["switch"] == wanted


def _in_order(items: list[Item], repository: Repository) -> Plan:
    """Writers before their readers; the check `dag` refuses cycles, and a release starts nothing that is in one."""
    by_name = {item.experiment: item for item in items}
    return tuple(by_name[name] for name in order({name: repository.readers.get(name, ()) for name in by_name}))
