"""What a release does: a pure function of the ledger and the experiments at head.

The plan shown on a pull request is the plan the release executes, because both call `plan`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from graphlib import CycleError, TopologicalSorter
from zoneinfo import ZoneInfo

from bot.compile import argo
from bot.compile.flags import flag
from bot.compile.names import digest
from bot.compile.work import data_date, spec_key, work
from bot.experiment.load import Experiment
from bot.experiment.repository import Repository
from bot.ports import STEPS, Entry, Item, StepName, run_name
from bot.settings import Settings

Plan = tuple[Item, ...]
RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Hold:
    """An item that is not released by itself, and why; a person or a change of its file lifts it."""

    item: Item
    reason: str


@dataclass(frozen=True, slots=True)
class State:
    """What the ledger says of one experiment: its last entries, in the plan's words."""

    entries: Sequence[Entry] = ()

    @property
    def last(self) -> Entry | None:
        """The newest entry."""
        return self.entries[-1] if self.entries else None

    @property
    def done(self) -> Mapping[StepName, str]:
        """The digest of each step that was done last; a rollback takes the digests of what it went back to."""
        found: dict[StepName, str] = {}
        for entry in self.entries:
            if entry.step in ("baseline", "rollback") and entry.state in ("done", "skipped"):
                found = dict(entry.item.digests)
            elif entry.state == "done":
                found[entry.step] = entry.item.digests[entry.step]  # type: ignore[index]
        return found

    @property
    def released(self) -> Item | None:
        """What serves now: the item whose activation, baseline or rollback was last."""
        return next((e.item for e in reversed(self.entries) if _activates(e)), None)

    @property
    def attempted(self) -> Item | None:
        """What a release last worked on, whether it got there or not."""
        return next((e.item for e in reversed(self.entries) if e.step not in ("baseline", "rollback")), None)

    def previous(self) -> Item | None:
        """The release before the one that serves now, if it was another one and not a retirement."""
        now = self.released
        earlier = [e.item for e in self.entries if _activates(e) and e.step != "rollback"]
        for item in reversed(earlier):
            if now is not None and item.key != now.key:
                return item if item.change != RETIRED else None
        return None


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
        item = _item(experiment, repository, settings, now, state, name in forced)
        known = {} if name in forced and state.last is not None and state.last.step == "baseline" else state.done
        if due(item, known):
            reason = "" if name in forced else held(item, state)
            if reason:
                holds.append(Hold(item, reason))
            else:
                items.append(item)
    for name, entries in ledger.items():
        claimed = name in repository.named and name not in repository.by_name  # written, but not sound: leave it alone
        state = State(entries)
        if name not in live and not claimed and state.released and state.released.change != RETIRED:
            items.append(retirement(state.released))
    return _in_order(items, repository), tuple(holds)


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
    spec = experiment.spec
    key = spec_key(experiment, repository, settings)
    released, attempted = state.released, state.attempted
    gone = released is not None and released.change == RETIRED
    day, attempt = data_date(spec, now), 1
    if attempted is not None and attempted.key == key and not (gone and attempted.change == RETIRED):
        day, attempt = attempted.date, attempted.attempt  # a run that was started keeps its name on another day
        last = state.last
        if forced and last is not None and last.step == "rollback":
            day = data_date(spec, now)
            attempt = attempted.attempt + 1 if day == attempted.date else 1
        elif forced and last is not None and last.state == "failed" and last.step == "generate":
            attempt += 1
    run = run_name(spec.name, key, day, attempt)
    compiled = work(experiment, repository, settings, day, attempt)
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


def _in_order(items: list[Item], repository: Repository) -> Plan:
    by_name = {item.experiment: item for item in items}
    graph = {name: [r for r in repository.readers.get(name, ()) if r in by_name] for name in by_name}
    try:
        return tuple(by_name[name] for name in TopologicalSorter(graph).static_order())
    except CycleError:
        return tuple(items)  # the check `dag` refuses it; nothing of the cycle can be released
