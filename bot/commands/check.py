"""What the checks say of experiments: the same for a terminal, a pull request and a rehearsal."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from bot.check import Context, Port
from bot.check.runner import run
from bot.commands import plugins
from bot.commands.locate import named
from bot.document.glob import names_any
from bot.errors import SamedayError, Unreachable, UsageError
from bot.experiment.files import IdentifiedFiles
from bot.experiment.lazy import Chosen
from bot.experiment.load import Experiment
from bot.experiment.repository import Repository
from bot.finding import Edit, Report
from bot.git import Commit
from bot.ports import Entry, Measurement
from bot.release.plan import Snapshot
from bot.release.state import owners, trials
from bot.report.fixes import edited
from bot.settings import FILE, Settings
from bot.workspace import Workspace

T = TypeVar("T")
CODES = {"passed": 0, "failed": 1, "unknown": 3}  # of each verdict, as an exit code
FIXES = 5  # rounds: a fixed key lets the next check see the value behind it


@dataclass(frozen=True, slots=True)
class Selection:
    """All experiments, and those that a command is about; `before` is what they are compared with, if anything."""

    repository: Repository
    paths: Sequence[str]
    """The files of those that a command is about."""
    before: Snapshot | None = None
    gone: frozenset[str] = frozenset()
    """The experiments of the earlier commit that are no more, where the command is about them, too."""

    @property
    def bases(self) -> Mapping[str, Experiment]:
        """The experiments of the earlier commit by name."""
        return self.before.repository.by_name if self.before else {}

    @property
    def touched(self) -> frozenset[str]:
        """The names of all that the command is about."""
        return frozenset(self.repository.records[path].name for path in self.paths) | self.gone

    @property
    def chosen(self) -> Sequence[Experiment]:
        """The experiments that the command is about, each loaded when it is looked at."""
        return Chosen(self.repository.by_path, self.paths)


def gone(repository: Repository, before: Snapshot) -> frozenset[str]:
    """The experiments of an earlier commit that no file claims any more."""
    return frozenset(before.repository.by_name.keys() - repository.named.keys())


def select(
    workspace: Workspace, paths: Sequence[str], base: str | None, tree: IdentifiedFiles | None = None
) -> Selection:
    """What the paths name (all, if there are none), as far as it differs from the merge base.

    `tree` are files to read in the place of those that are here.
    """
    if base is None:
        return Selection(*named(workspace, paths, tree=tree))
    git = workspace.git
    commit = git.merge_base(base)
    differing = set(git.changed_here(commit))
    repository, meant = named(workspace, paths, differing, tree)
    before = Snapshot(workspace.load(Commit(git, commit)), commit)
    lost = gone(repository, before)
    among = frozenset(meant)
    chosen = [path for path in changed(repository, differing, [FILE], lost) if path in among]
    return Selection(repository, chosen, before, frozenset() if paths else lost)


def check(
    workspace: Workspace, selection: Selection, *, offline: bool, why: str = "", only: Collection[str] = (),
    by: Settings | None = None,
) -> Report:  # fmt: skip
    """Run the checks over the chosen experiments, `only` these if any; `why` says why they ask no backend.

    `by` are settings that a proposal brings: as values alone, by which no backend is opened. Raises UsageError for a
    check that is not there.
    """
    checks = plugins.checks(workspace.settings)
    plugins.check_rules(workspace.settings, checks)
    for name in only:
        if name not in checks:
            raise UsageError(f"there is no check '{name}'; there are {', '.join(checks)}")
    context = _context(workspace, selection, why, offline=offline)
    if by is not None:
        context = replace(context, settings=by)
    return run(checks, selection.chosen, context, selection.bases, frozenset(only))


def _context(workspace: Workspace, selection: Selection, why: str, *, offline: bool) -> Context:
    settings, now = workspace.settings, workspace.backends.now()
    history = selection.before is not None
    bare = Context(
        settings, selection.repository, now, now + settings.limits.check, offline=why, history=history,
        before=selection.before.repository if selection.before else None,
    )  # fmt: skip
    if offline:
        return bare
    away: dict[Port, str] = {}
    engine = _opened("engine", away, lambda: workspace.engine) if settings.engine else None
    warehouse = _opened("warehouse", away, lambda: workspace.warehouse)
    stores, entries = _opened("store", away, lambda: workspace.stores), _entries(workspace)
    ready = replace(
        bare, engine=engine, warehouse=warehouse, stores=stores or {}, evaluator=workspace.evaluator,
        owners=owners(entries), trials=trials(entries), measurements=_measurements(workspace),
        away=away,
    )  # fmt: skip
    workspace.backends.prepare(settings)
    return ready


def _opened(port: Port, away: dict[Port, str], opener: Callable[[], T]) -> T | None:
    """A backend; where it cannot be opened on this machine, None and why, so that the other checks are made."""
    try:
        return opener()
    except SamedayError as error:
        away[port] = str(error)
        return None


def _entries(workspace: Workspace) -> Mapping[str, Sequence[Entry]]:
    """What was released; a ledger that is away is the plan's to tell of."""
    try:
        return workspace.entries
    except Unreachable:
        return {}


def _measurements(workspace: Workspace) -> Mapping[str, Measurement] | None:
    """What metrics were, where there are some and a ledger that answers."""
    if not workspace.settings.metrics or workspace.settings.ledger is None:
        return None
    try:
        return workspace.measurements
    except SamedayError:
        return None


def changed(
    repository: Repository, paths: Collection[str], everything: Iterable[str], removed: Collection[str] = ()
) -> Sequence[str]:
    """The files of experiments that changed paths touch: their own, their sources, or an output they read.

    A path in `everything` (the settings) touches all of them. `removed` are experiments that are gone, which touches
    their readers.
    """
    if any(path in paths for path in everything):
        return list(repository.records)
    records, named_by = repository.records, names_any(paths)
    touched = {path for path, one in records.items() if path in paths or any(map(named_by, one.sources))}
    names = {records[path].name for path in touched} | set(removed)
    todo = list(names)
    while todo:
        readers = set(repository.read_by.get(todo.pop(), ())) - names
        names |= readers
        todo += readers
    return [path for path, one in records.items() if path in touched or (one.sound and one.name in names)]


Corrections = Mapping[str, tuple[str, str]]
"""Files by path, each as it is and with its certain fixes made."""


def corrections(report: Report, root: Path) -> Corrections:
    """What the certain fixes make of the files."""
    edits: Mapping[str, set[Edit]] = defaultdict(set)
    for finding in report.findings:
        if finding.fix is not None and finding.ignored is None:
            edits[finding.path].add(finding.fix)
    changed: dict[str, tuple[str, str]] = {}
    for path, fixes in edits.items():
        before = (root / path).read_bytes().removeprefix(BOM_UTF8).decode()  # the mark stands in no column
        changed[path] = before, edited(before, fixes)
    return changed


def fix(report: Report, root: Path) -> Corrections:
    """Make the certain fixes in the files; what was made of them."""
    made = corrections(report, root)
    for path, (_, after) in made.items():
        place = root / path
        mark = BOM_UTF8 if place.read_bytes().startswith(BOM_UTF8) else b""
        place.write_bytes(mark + after.encode())
    return made
