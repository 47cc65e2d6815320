"""What the ledger says of one experiment, in the plan's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise

from bot.ports import Built, Entry, Item, StepName, Trial
from bot.settings import Settings

RETIRED = "retired"
AWAY = "its run met an outage: "  # what a waiting entry begins with whose run is over, and is made anew


@dataclass(frozen=True, slots=True)
class State:
    """One experiment's entries, and what follows from them."""

    entries: Sequence[Entry] = ()

    @property
    def last(self) -> Entry | None:
        """The newest entry that counts: a rollback that did not get through decides nothing, nor does a flag alone."""
        counted = (e for e in reversed(self.entries) if e.step not in ("off", "on"))
        return next((e for e in counted if e.step != "rollback" or _activates(e)), None)

    @property
    def done(self) -> Mapping[StepName, str]:
        """The digest of each step that was done last, unless something else was begun in its place since.

        A rollback takes the digests of what it went back to. A run stays done: no other one undoes it.
        """
        found: dict[StepName, str] = {}
        for entry in self.entries:
            digests = entry.item.digests
            if entry.step == "off" or entry.step == "on":
                continue
            if entry.step == "baseline" or entry.step == "rollback":
                found = dict(digests) if entry.step == "rollback" and _activates(entry) else found
            elif entry.state == "done":
                found[entry.step] = digests[entry.step]
            elif found.get(entry.step) != digests[entry.step]:
                later: tuple[StepName, ...] = ("settle", "announce") if entry.step == "switch" else ("announce",)
                for step in (entry.step, *later):
                    if step != "generate":
                        found.pop(step, None)
        return found

    @property
    def adopted(self) -> bool:
        """Whether the experiment was there before the first release, and sameday has done nothing for it since."""
        return self.last is not None and self.last.step == "baseline"

    @property
    def found(self) -> bool:
        """Whether what serves is what was there before the first release, whatever was tried since."""
        last = next((e for e in reversed(self.entries) if _activates(e)), None)
        return last is not None and last.step == "baseline"

    def rests(self, item: Item) -> bool:
        """Whether the experiment is adopted, and says or serves still what was found, whatever the settings are."""
        before = self.entries[-1].item if self.adopted else None
        return before is not None and (before.file == item.file or before.digests["switch"] == item.digests["switch"])

    @property
    def released(self) -> Item | None:
        """What serves now: the item whose activation, baseline or rollback was last."""
        return next((e.item for e in reversed(self.entries) if _activates(e)), None)

    @property
    def live(self) -> Entry | None:
        """The entry that made what serves now live; None where nothing is, or only what was there before."""
        last = next((e for e in reversed(self.entries) if _activates(e)), None)
        return None if last is None or last.item.change == RETIRED or last.step == "baseline" else last

    @property
    def off(self) -> Entry | None:
        """The entry that turned the flag of what is live off, if nothing has turned it on since."""
        live = self.live
        return live if live is not None and live.item.off else None

    @property
    def attempted(self) -> Item | None:
        """What a release last worked on, whether it got there or not."""
        others = ("baseline", "rollback", "off", "on")
        return next((e.item for e in reversed(self.entries) if e.step not in others), None)

    @property
    def stack(self) -> Sequence[Entry]:
        """The releases that a rollback walks down, the live one last: it takes off what going live has put on."""
        stack: list[Entry] = []
        for entry in self.entries:
            if not _activates(entry):
                continue
            if entry.step == "rollback":
                del stack[-1:]
            elif stack and stack[-1].item.digests.get("switch") == entry.item.digests.get("switch"):
                stack[-1] = entry
            else:
                stack.append(entry)
        return stack

    def previous(self) -> Entry | None:
        """The release before what serves now, unless that was nothing."""
        before = self.stack[-2:-1]
        return before[0] if before and before[0].item.change != RETIRED else None

    def begun(self, key: str) -> Item | None:
        """The item of this key that a release last worked on, or that serves now."""
        known = () if self.adopted else (self.attempted, self.released)
        return next((i for i in known if i is not None and i.key == key and i.change != RETIRED), None)

    def needed(self, now: datetime, named_for: timedelta, at_most: timedelta | None) -> frozenset[str]:
        """Spec keys whose places stay: live, begun, the release before, and what was live less than `named_for` ago.

        What was live more than `at_most` ago goes even so.
        """
        shows = [entry for entry in self.entries if _activates(entry) and entry.step != "baseline"]
        until = {one.item.key: nxt.at for one, nxt in pairwise(shows)}
        previous, live = self.previous(), self.live
        keys = {key for key, end in until.items() if now - end < named_for}
        keys |= {previous.item.key} if previous is not None else set()
        if at_most is not None:
            keys = {key for key in keys if key not in until or now - until[key] < at_most}
        begun = {self.attempted.key} if self.attempted is not None else set()
        return frozenset(keys | begun | ({live.item.key} if live is not None else set()))

    @property
    def tables(self) -> Mapping[str, frozenset[str]]:
        """All names that the experiment's releases have declared, by store; '' for the warehouse."""
        named: dict[str, frozenset[str]] = {}
        for entry in self.entries:
            for where, tables in entry.item.tables.items():
                named[where] = named.get(where, frozenset()) | set(tables)
        return named

    def generated(self, run: str) -> bool:
        """Whether a release has seen this run to its end."""
        return any((e.step, e.state, e.item.run) == ("generate", "done", run) for e in self.entries)

    def following(self, key: str, day: date) -> int:
        """The number of the attempt at this day's data: the newest that was made, or the one after all that failed."""
        ends = [e for e in self.entries if e.step == "generate" and (e.item.key, e.item.date) == (key, day)]
        counted = {"done": 0, "failed": 1}
        return max((e.item.attempt + counted[e.state] for e in ends if e.state in counted), default=1)


def owners(ledger: Mapping[str, Sequence[Entry]]) -> dict[tuple[str, str], str]:
    """The experiment that is live with each declared name, by store ('' for the warehouse) and name."""
    items = {name: State(entries).released for name, entries in ledger.items()}
    return {
        (where, table): name
        for name, item in items.items()
        if item is not None and item.change != RETIRED
        for where, tables in item.tables.items()
        for table in tables
    }


def trials(ledger: Mapping[str, Sequence[Entry]]) -> Mapping[str, tuple[Trial, ...]]:
    """Every test that was live, by experiment, oldest first; one that was stopped ends on that day."""
    return {name: tuple(found) for name, entries in ledger.items() if (found := _trials(entries))}


def _trials(entries: Sequence[Entry]) -> list[Trial]:
    found: list[Trial] = []
    for entry in entries:
        if not _activates(entry):
            continue
        trial = entry.item.trial if entry.item.change != RETIRED else None
        if found and (trial is None or _split_by(trial) != _split_by(found[-1])):
            found[-1] = replace(found[-1], end=min(found[-1].end, entry.at.date()))
        if trial is not None:
            found = [one for one in found if _split_by(one) != _split_by(trial)] + [trial]
    return found


def _split_by(trial: Trial) -> tuple[int, str, date]:
    return trial.phase, trial.salt, trial.start


def in_force(settings: Settings, built: Sequence[Built]) -> Settings:
    """The settings with the images that builds handed over, unless the settings have named another one since."""
    repos = dict(settings.repos)
    for one in built:
        if settings.repo(one.repo).image == one.over:
            repos[one.repo] = settings.repo(one.repo).model_copy(update={"image": one.image})
    return settings.model_copy(update={"repos": repos})


def _activates(entry: Entry) -> bool:
    return entry.step in ("switch", "rollback", "baseline", "off", "on") and entry.state in ("done", "skipped")
