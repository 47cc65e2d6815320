"""What a merge would do: the same for a terminal, a pull request and a rehearsal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from bot.commands.check import Selection
from bot.commands.locate import content
from bot.commands.refused import refused, told
from bot.commands.tools import at, past
from bot.compile.differences import differences
from bot.errors import SamedayError, UsageError
from bot.experiment.repository import Repository
from bot.git import Commit
from bot.ports import Entry
from bot.release.drift import Drifts
from bot.release.history import Shown, shown
from bot.release.plan import Hold, Plan, Snapshot, adopted, baseline, make_plan, repairs
from bot.release.repair import drifts
from bot.release.state import State
from bot.report.plan import Planned, describe
from bot.settings import FILE, Settings, load
from bot.workspace import Workspace

COMMITS = 50  # of releases that are read to say what differs from them; with more, nobody reads that


@dataclass(frozen=True)
class Foreseen:
    """The items that a merge would release and those on hold, with all that they were planned from."""

    items: Plan
    holds: tuple[Hold, ...]
    repository: Repository
    entries: Mapping[str, Sequence[Entry]]
    settings: Settings
    drifts: Mapping[str, Drifts]
    """What of a live release is not as it was released, by experiment."""
    shown: Mapping[str, Shown]
    """What readers of names in the warehouse get, by experiment."""
    changes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What differs from what is live, in phrases, by experiment."""

    @property
    def words(self) -> tuple[Planned, ...]:
        """The same in sentences."""
        return describe(
            (*repairs(self.items, self.entries, self.drifts), *self.items),
            self.holds,
            self.repository,
            self.settings,
            self.entries,
            self.drifts,
            self.shown,
            self.changes,
        )


def plan(
    workspace: Workspace,
    repository: Repository,
    names: Collection[str] | None,
    before: Snapshot | None,
    merged: Settings | None = None,
) -> Foreseen:
    """What a merge would do of the named experiments, or of all; `before` is what it is compared with.

    `merged` are the settings that the merge will have, as values, where they are not those of the workspace, whose
    backends are the only ones that are asked.
    """
    settings = workspace.with_built_images(settings=merged)
    entries, now = workspace.entries, workspace.backends.now()
    if workspace.first and before is not None:  # the merge's own release will take this as live
        entries = baseline(before, settings, now, None if names is None else _beside(names, repository, before))
    faults = {name: told(faults) for name, faults in refused(repository, settings, entries, now, names).items()}
    seen = _drifts(workspace, entries, repository) if names is None else {}
    items, holds = make_plan(repository, entries, settings, now, refused=faults, drifts=seen, only=names)
    if workspace.first and before is None:
        items, holds = (), adopted(items) + holds
    readers = _shown(workspace, items, repository)
    return Foreseen(
        items,
        holds,
        repository,
        entries,
        settings,
        seen,
        readers,
        _changes(workspace, items, repository, entries, settings),
    )


def _beside(names: Collection[str], head: Repository, before: Snapshot) -> Collection[str]:
    """The names, and the experiments that had a declared name of theirs before: it may not be theirs to take."""
    there, beside = before.repository, set(names)
    for name in names & head.declared.keys():
        for target in head.declared[name].targets:
            spelled = there.spellings.get(target.table.rpartition(".")[2], ())
            claims = [claim for table in spelled for claim in there.writers[table]]
            beside.update(owner for owner, _ in (*claims, *there.synced.get((target.store, target.synced), ())))
    return beside


def _drifts(
    workspace: Workspace, entries: Mapping[str, Sequence[Entry]], repository: Repository
) -> Mapping[str, Drifts]:
    """What is not as it was released, as far as this machine may look."""
    if workspace.settings.engine is None:
        return {}
    try:
        return drifts(past(workspace, ""), entries, repository)
    except SamedayError:
        return {}


def _shown(workspace: Workspace, items: Plan, repository: Repository) -> Mapping[str, Shown]:
    """What names in the warehouse show by the release, and how, as far as this machine may look."""
    changed = [item for item in items if item.change in ("new", "changed")]
    try:
        warehouse = workspace.warehouse if changed else None
        specs = {item.experiment: repository.by_name[item.experiment].spec for item in changed}
        return {item.experiment: shown(item, specs[item.experiment], warehouse) for item in changed if warehouse}
    except SamedayError:
        return {}


def _changes(
    workspace: Workspace, items: Plan, repository: Repository, entries: Mapping[str, Sequence[Entry]],
    settings: Settings,
) -> Mapping[str, tuple[str, ...]]:  # fmt: skip
    """What each changed item does otherwise than what is live, as far as the commits of that can be read here."""
    changed = [(item, State(entries[item.experiment]).live) for item in items if item.change == "changed"]
    commits = {live.commit for _, live in changed if live is not None}
    if len(commits) > COMMITS:
        return {}
    then: dict[str, tuple[Repository, Settings | None]] = {}
    found = {}
    for item, live in changed:
        try:
            if live is not None:
                before, was = then[live.commit] = then.get(live.commit) or _then(workspace, live.commit)
                old, new = before.by_name.get(item.experiment), repository.by_name[item.experiment]
                if old is not None:
                    found[item.experiment] = differences(old, before, new, repository, was, settings)
        except SamedayError:  # it is not in this clone
            continue
    return found


def _then(workspace: Workspace, commit: str) -> tuple[Repository, Settings | None]:
    """The experiments of a commit, and its settings, if they can be read."""
    written = content(Commit(workspace.git, commit), FILE)
    return at(workspace)(commit), load(written or b"", "release", str(workspace.root)).settings


def committed(workspace: Workspace) -> Commit | None:
    """The files that a release would read, where all that is here is in a commit; else what is here is planned."""
    try:
        return None if workspace.git.uncommitted() else Commit(workspace.git, workspace.git.commit())
    except UsageError:  # there is no commit yet, or no repository
        return None


def selected(workspace: Workspace, selection: Selection, *, narrowed: bool) -> Foreseen:
    """The plan of a selection: of everything, or of what it is about where it was `narrowed`."""
    return plan(workspace, selection.repository, selection.touched if narrowed else None, selection.before)
