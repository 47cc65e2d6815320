"""What a pull request proposes: read from git's objects alone, so that nothing of its files is ever in force here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.commands.brought import of_base, unnamed
from bot.commands.check import Selection, changed, check, gone
from bot.commands.locate import content, read_settings
from bot.commands.plan import Foreseen, plan
from bot.document.glob import matching
from bot.errors import Unreachable, UsageError
from bot.experiment.repository import Repository
from bot.finding import CheckResult, ExperimentReport, Finding, Report, Span
from bot.git import Commit, Git
from bot.ports.backends import Backends
from bot.release.plan import Snapshot
from bot.settings import FILE, Fault, Loaded, Settings, load
from bot.workspace import Workspace

FORK = "fork: a maintainer's run adds it"
NEW = "sameday.yaml is new: it is in force once it is merged"
CONFLICT = "it conflicts with its base, so that nobody knows what would be merged; the branch alone was checked"
DEEPEN = "set `fetch-depth: 0` for actions/checkout"


@dataclass(frozen=True)
class PullRequest:
    """A proposal as it would be merged, and what it is compared with."""

    head: str
    base: str
    workspace: Workspace
    """With the base's settings."""
    offline: str
    """Why no backend is asked, or ''."""
    files: Commit
    selection: Selection
    released: bool
    faults: tuple[Fault, ...]
    """What is wrong with the settings that it would bring."""
    merged: Settings
    """The settings that a release will have once it is merged, as values: no backend is opened by them."""
    after: Repository
    """The experiments that there will be once it is merged; those of the base's patterns, too, are checked."""
    conflict: bool = False
    """Whether it cannot be merged as it is, so that the branch alone is looked at."""
    unset: bool = False
    """Whether it removes the settings."""
    moved: tuple[str, ...] = ()
    """The backends that the merge's settings name and the base's do not, so that nothing is known of them."""

    later: Settings | None = None
    """The settings by which checks will go once it is merged, where it changes them: values alone, too."""

    @property
    def git(self) -> Git:
        """The repository, with paths that start where the settings are."""
        return self.workspace.git

    @property
    def quiet(self) -> bool:
        """Whether there is nothing to say: no experiment is changed, and nothing is wrong with the settings."""
        return not (self.selection.touched or self.faults or self.unset)

    def at_head(self) -> Commit:
        """The files as their author sees them, without what the base has changed since."""
        return Commit(self.git, self.head)


def propose(
    git: Git, backends: Backends, *, number: int | None, head: str, base: str, trusted: bool, released: bool, merge: str
) -> PullRequest:
    """Read what is proposed; raises UsageError where git does not have it, or where there are no settings at all.

    `trusted` is False where no backend is asked, `released` where nothing of it will be released. `merge` is what
    GitHub merged to try it, or '': the base's own commit may have gone on since the event.
    """
    tried = _tried(git, head, merge)
    base = tried or base
    _bring(git, number, head, base)
    # What GitHub itself merged is what would be merged; what git makes of both is the same where nobody tried yet.
    tree = merge if tried else git.merged(base, head)
    compared = base if tree else git.merge_base(base, head)
    files, before = Commit(git, tree or head), Commit(git, compared)
    workspace, offline = _in_force(git, backends, before, trusted=trusted)
    unset, brought, later = _brought(files, content(before, FILE), git)
    if unset and not workspace.declared:
        raise UsageError(f"there is no {FILE} here; `sameday init` writes one")
    now = read_settings(content(before, FILE) or b"", "release", git.root, f"{FILE} of the base", before)
    merged = brought.settings or now
    differing = set(git.changed(compared, tree or head))
    named = matching(files.paths(), workspace.settings.experiments) if merged != now else ()
    repository = workspace.load(files, named, differing, whole=FILE in differing, by=merged)
    after = workspace.load(files, fresh=differing, whole=True, by=merged) if merged != now else repository
    snapshot = Snapshot(workspace.load(before), compared)
    lost = gone(repository, snapshot)
    chosen = changed(repository, differing, [FILE], lost)
    selection = Selection(repository, chosen, snapshot, lost)
    return PullRequest(
        head, base, workspace, offline, files, selection, released, brought.faults, merged, after,
        conflict=tree is None, unset=unset, moved=_moved(now, merged), later=later,
    )  # fmt: skip


def _moved(now: Settings, merged: Settings) -> tuple[str, ...]:
    """The backends that are others once it is merged."""
    stores = [f"stores.{name}" for name, store in merged.stores.items() if now.stores.get(name) != store]
    kinds = ("engine", "warehouse", "flags", "ledger")
    return (*(kind for kind in kinds if getattr(now, kind) != getattr(merged, kind)), *stores)


def _tried(git: Git, head: str, merge: str) -> str:
    """The base's commit that GitHub merged the proposal into, or '' where `merge` is no such merge."""
    parents = git.parents(merge) if merge and git.has(merge) else []
    return parents[0] if parents[1:] == [head] else ""


def _bring(git: Git, number: int | None, head: str, base: str) -> None:
    """Make sure that git has both commits and what they have in common."""
    name = f"refs/pull/{number}/head" if number is not None else head
    missing = [name for commit, name in ((base, base), (head, name)) if not git.has(commit)]
    try:
        if missing:
            git.fetch(*missing)
        try:
            git.merge_base(base, head)
        except UsageError:
            git.fetch(base, name)
        git.merge_base(base, head)
    except UsageError as error:
        raise UsageError(f"the history of the pull request cannot be read: {DEEPEN} ({error})") from None


def _in_force(git: Git, backends: Backends, before: Commit, *, trusted: bool) -> tuple[Workspace, str]:
    """A workspace with the base's settings, and why no backend is asked, or ''."""
    text = content(before, FILE)
    settings = read_settings(text or b"", "check", git.root, f"{FILE} of the base", before)
    backends.learn(settings)
    workspace = Workspace(git.root, settings, git, backends, text is not None)
    return workspace, FORK if not trusted else NEW if text is None else ""


def _brought(files: Commit, trusted: bytes | None, git: Git) -> tuple[bool, Loaded, Settings | None]:
    """Whether there would be no settings afterwards; those that would be new, or what is wrong with them, for a release
    and for checks.
    """
    try:
        brought = content(files, FILE)
    except UsageError as error:
        fault = Fault(Span(1, 1, 1, 2), str(error), "write the settings into a file of their own")
        return False, Loaded(None, (fault,)), None
    new = brought != trusted
    if brought is None or not (new or b"metrics" in brought):  # whose queries may stand in other files
        return brought is None, Loaded(None), None
    release, checks = (load(brought, environment, str(git.root), files.read) for environment in ("release", "check"))
    return False, release, checks.settings if new else None


def examine(pull: PullRequest) -> Report:
    """Run the checks, all of them or those that ask no backend; faults of the settings come first."""
    report = check(pull.workspace, pull.selection, offline=bool(pull.offline), why=pull.offline)
    found = of_base(pull.workspace, pull.selection, report, pull.later) if pull.later else report.experiments
    return Report((*_settings(pull.faults), *_unnamed(pull), *_conflict(pull), *found))


def _settings(faults: Sequence[Fault]) -> list[ExperimentReport]:
    if not faults:
        return []
    findings = tuple(Finding("settings.invalid", "error", FILE, f.span, f.message, f.hint) for f in faults)
    return [ExperimentReport("", FILE, (CheckResult("settings", "failed", findings=findings),))]


def _unnamed(pull: PullRequest) -> Sequence[ExperimentReport]:
    assert pull.selection.before is not None
    return unnamed(pull.files, set(pull.files.paths()), pull.selection.before.repository, pull.after)


def _conflict(pull: PullRequest) -> list[ExperimentReport]:
    """What a conflict leaves unproven: whatever the base has changed since."""
    if not pull.conflict:
        return []
    result = CheckResult("merge", "errored", CONFLICT)
    return [ExperimentReport("the merge", pull.head[:12], (result,))]


def foresee(pull: PullRequest) -> tuple[Foreseen | None, str]:
    """What merging would do of what is touched; None and the reason where that is not known here."""
    if pull.offline:
        return None, pull.offline
    if not pull.released:
        return None, "it does not go into the default branch, which is what is released"
    if pull.workspace.settings.ledger is None:
        return None, f"{FILE} names no ledger, so that a merge releases nothing"
    if "ledger" in pull.moved:
        return None, f"{FILE} moves the ledger: what the other one says is not known here"
    selection = pull.selection
    try:
        return plan(pull.workspace, pull.after, selection.touched, selection.before, pull.merged), ""
    except Unreachable as error:
        return None, str(error)
