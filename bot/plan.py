"""What a release does: a pure function of the ledger and the experiments at head.

The plan shown on a pull request is the plan the release executes, because both call `plan`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from graphlib import CycleError, TopologicalSorter
from zoneinfo import ZoneInfo

from bot.compile import argo
from bot.compile.flags import flag
from bot.compile.names import digest
from bot.compile.work import data_date, spec_key, work
from bot.errors import SamedayError
from bot.experiment.load import Experiment
from bot.experiment.repository import Repository
from bot.ports import STEPS, Entry, Item, StepName
from bot.settings import Settings

Plan = tuple[Item, ...]
RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Hold:
    """An item that is not released by itself, and why; a person or a change of its file lifts it.

    `stuck`: it cannot be released at all as the repository stands.
    """

    item: Item
    reason: str
    stuck: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """What the ledger says of one experiment: its last entries, in the plan's words."""

    entries: Sequence[Entry] = ()

    @property
    def last(self) -> Entry | None:
        """The newest entry that counts: a rollback that did not get through decides nothing."""
        return next((e for e in reversed(self.entries) if e.step != "rollback" or _activates(e)), None)

    @property
    def done(self) -> Mapping[StepName, str]:
        """The digest of each step that was done last, unless something else was begun in its place since.

        A rollback takes the digests of what it went back to. A run stays done: no other one undoes it.
        """
        found: dict[StepName, str] = {}
        for entry in self.entries:
            digests = entry.item.digests
            if entry.step == "baseline" or entry.step == "rollback":
                found = dict(digests) if _activates(entry) else found
            elif entry.state == "done":
                found[entry.step] = digests[entry.step]
            elif found.get(entry.step) != digests[entry.step]:
                for step in {entry.step, "announce"} - {"generate"}:
                    found.pop(step, None)  # type: ignore[call-overload]
        return found

    @property
    def adopted(self) -> bool:
        """Whether the experiment was there before the first release, and sameday has done nothing for it since."""
        return self.last is not None and self.last.step == "baseline"

    @property
    def released(self) -> Item | None:
        """What serves now: the item whose activation, baseline or rollback was last."""
        return next((e.item for e in reversed(self.entries) if _activates(e)), None)

    @property
    def attempted(self) -> Item | None:
        """What a release last worked on, whether it got there or not."""
        return next((e.item for e in reversed(self.entries) if e.step not in ("baseline", "rollback")), None)

    def previous(self) -> Entry | None:
        """The activation before the one that serves now, if it was another one and not a retirement."""
        now = self.released
        earlier = [e for e in self.entries if _activates(e) and e.step != "rollback"]
        for entry in reversed(earlier):
            if now is not None and entry.item.digests["activate"] != now.digests["activate"]:
                return entry if entry.item.change != RETIRED else None
        return None

    def begun(self, key: str) -> Item | None:
        """The item of this key that a release last worked on, or that serves now."""
        known = [item for item in (self.attempted, self.released) if item is not None and item.change != RETIRED]
        return next((item for item in known if item.key == key), None)

    def following(self, key: str, day: date) -> int:
        """The number of the next attempt to make this day's data, counted from those that failed."""
        failed = [e.item for e in self.entries if e.step == "generate" and e.state == "failed"]
        return 1 + max((item.attempt for item in failed if (item.key, item.date) == (key, day)), default=0)


def _activates(entry: Entry) -> bool:
    return entry.step in ("activate", "rollback", "baseline") and entry.state in ("done", "skipped")


def plan(
    repository: Repository,
    ledger: Mapping[str, Sequence[Entry]],
    settings: Settings,
    now: datetime,
    forced: frozenset[str] = frozenset(),
) -> tuple[Plan, tuple[Hold, ...]]:
    """The items that differ from what is released, writers before their readers, and the items on hold.

    `forced` are experiments a person asked for by name: holds do not count for them, and what failed is tried anew.
    """
    items: list[Item] = []
    holds: list[Hold] = []
    live = {name: e for name, e in repository.by_name.items() if not ended(e, now)}
    for name, experiment in live.items():
        state = State(ledger.get(name, ()))
        try:
            item = _item(experiment, repository, settings, now, state, name in forced)
        except SamedayError as error:
            holds.append(Hold(_unknown(name, state, now), str(error), stuck=True))
            continue
        if steps(item, state) or (name in forced and state.adopted):
            _sort(item, state, forced, items, holds)
    for name, entries in ledger.items():
        claimed = name in repository.named and name not in repository.by_name  # written, but not sound: leave it alone
        state = State(entries)
        if name not in live and not claimed and state.released:
            item = retirement(state.released)
            if due(item, state.done):
                _sort(item, state, forced, items, holds)
    return _in_order(items, repository), tuple(holds)


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


def steps(item: Item, state: State) -> tuple[StepName, ...]:
    """The steps that a release of the item takes: those due, or all where sameday has only found the experiment."""
    wanted = due(item, state.done)
    return STEPS if wanted and state.adopted else wanted


def held(item: Item, state: State) -> str:
    """Why the item is on hold, or ''."""
    last = state.last
    if last is None or state.attempted is None or state.attempted.digests != item.digests:
        return ""
    if last.step == "rollback":
        return f"rolled back on {last.at:%Y-%m-%d}" + (f": {last.reason}" if last.reason else "")
    return f"{last.step} failed: {last.reason}" if last.state == "failed" else ""


def retirement(released: Item) -> Item:
    """The item that takes an experiment out of service."""
    digests: dict[StepName, str] = {"activate": RETIRED, "announce": RETIRED}
    return replace(released, change="retired", digests=digests, serves=(released.run, None))


def _item(
    experiment: Experiment, repository: Repository, settings: Settings, now: datetime, state: State, forced: bool
) -> Item:
    key = spec_key(experiment, repository, settings)
    today = data_date(experiment.spec, now)
    begun = state.begun(key)
    if begun is None:
        return _dated(experiment, repository, settings, state, today, state.following(key, today))
    # A run that was started keeps its name on another day.
    item = _dated(experiment, repository, settings, state, begun.date, begun.attempt)
    if begun != state.attempted or not _anew(item, state, forced):
        return item
    attempt = begun.attempt + 1 if begun.date == today else state.following(key, today)
    return _dated(experiment, repository, settings, state, today, attempt)


def _anew(item: Item, state: State, forced: bool) -> bool:
    """Whether what was attempted is tried with a new run: it failed or was rolled back, and is wanted all the same."""
    last = state.last
    if last is None or state.attempted is None:
        return False
    if last.step == "rollback":
        return forced
    failed = last.step == "generate" and last.state == "failed"
    return failed and (forced or item.digests != state.attempted.digests)


def _dated(
    experiment: Experiment, repository: Repository, settings: Settings, state: State, day: date, attempt: int
) -> Item:
    spec, released = experiment.spec, state.released
    gone = released is not None and released.change == RETIRED
    compiled = work(experiment, repository, settings, day, attempt)
    key, run = compiled.key, compiled.run
    serves = flag(spec) if spec.serving else None
    digests: dict[StepName, str] = {
        "apply": digest(
            [argo.template(compiled, settings.manifests), compiled.schedule and compiled.schedule.cron], 16
        ),
        "generate": run if released is None or released.key != key or gone else released.digests.get("generate", run),
        "activate": digest([serves, spec.schedule.model_dump() if spec.schedule else None, key], 16),
    }
    digests["announce"] = digest(digests, 16)
    before = released.run if released is not None and not gone else None
    return Item(spec.name, "new" if before is None else "changed", run, key, day, attempt, digests, (before, run))


def _unknown(name: str, state: State, now: datetime) -> Item:
    """What stands in for an item that cannot be made."""
    released = state.released if state.released is not None and state.released.change != RETIRED else None
    run = released.run if released else None
    key, change = (released.key, "changed") if released else ("", "new")
    return Item(name, change, run or "", key, now.date(), 1, {}, (run, run))  # type: ignore[arg-type]


def _in_order(items: list[Item], repository: Repository) -> Plan:
    by_name = {item.experiment: item for item in items}
    graph = {name: [r for r in repository.readers.get(name, ()) if r in by_name] for name in by_name}
    try:
        return tuple(by_name[name] for name in TopologicalSorter(graph).static_order())
    except CycleError:
        return tuple(items)  # the check `dag` refuses it; nothing of the cycle can be released
