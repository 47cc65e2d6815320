"""What a pull request proposes: read from git's objects alone, so that nothing of its files is ever in force here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot import settings as settings_module
from bot.cli import check, plugins, world
from bot.cli.place import Place, content, read_settings
from bot.errors import Unreachable, UsageError
from bot.experiment.load import Experiment
from bot.experiment.repository import Repository
from bot.finding import CheckResult, ExperimentReport, Finding, Report, Span
from bot.git import Commit, Git
from bot.github.event import Proposal
from bot.plan import Found
from bot.report.plan import Planned
from bot.runner import run
from bot.settings import FILE
from bot.validate import changed, touched

FORK = "fork: a maintainer's run adds it"
NEW = "sameday.yaml is new: it is in force once it is merged"
CONFLICT = "it conflicts with its base, so that nobody knows what would be merged; the branch alone was checked"
DEEPEN = "set `fetch-depth: 0` for actions/checkout"


@dataclass(frozen=True)
class Proposed:
    """A proposal as it would be merged, and what it is compared with."""

    proposal: Proposal
    git: Git
    place: Place
    """With the base's settings."""
    offline: str
    """Why no backend is asked, or ''."""
    files: Commit
    repository: Repository
    experiments: tuple[Experiment, ...]
    before: Found
    faults: tuple[settings_module.Fault, ...]
    """What is wrong with the settings that it would bring."""
    conflict: bool = False
    """Whether it cannot be merged as it is, so that the branch alone is looked at."""
    unset: bool = False
    """Whether it removes the settings."""

    @property
    def names(self) -> frozenset[str]:
        """The experiments it touches, those that it removes among them."""
        return touched(self.experiments, self.before.repository.by_name, self.repository)

    def at_head(self) -> Commit:
        """The files as their author sees them, without what the base has changed since."""
        return Commit(self.git, self.proposal.head)


def propose(git: Git, proposal: Proposal, merge: str = "") -> Proposed:
    """Read a proposal; raises UsageError where git does not have it, or where there are no settings at all.

    `merge` is what GitHub merged to try it, if it did: the base's own commit may have gone on since the event.
    """
    tried = _tried(git, proposal, merge)
    proposal = replace(proposal, base=tried or proposal.base)
    _bring(git, proposal)
    # What GitHub itself merged is what would be merged; what git makes of both is the same where nobody tried yet.
    tree = merge if tried else git.merged(proposal.base, proposal.head)
    base = proposal.base if tree else git.merge_base(proposal.base, proposal.head)
    files, before = Commit(git, tree or proposal.head), Commit(git, base)
    place, offline = _in_force(git, proposal, before)
    unset, faults = _brought(files, content(before, FILE), git)
    if unset and not place.declared:
        raise UsageError(f"there is no {FILE} here; `sameday init` writes one")
    globs = place.settings.experiments
    repository = Repository.load(files, globs)
    found = changed(repository, set(git.changed(base, tree or proposal.head)), [FILE])
    found_before = Found(Repository.load(before, globs), base)
    return Proposed(
        proposal, git, place, offline, files, repository, found, found_before, faults,
        conflict=tree is None, unset=unset,
    )  # fmt: skip


def _tried(git: Git, proposal: Proposal, merge: str) -> str:
    """The base's commit that GitHub merged the proposal into, or '' where `merge` is no such merge."""
    parents = git.parents(merge) if merge and git.has(merge) else []
    return parents[0] if parents[1:] == [proposal.head] else ""


def _in_force(git: Git, proposal: Proposal, before: Commit) -> tuple[Place, str]:
    """The settings of the base, and why no backend is asked, or ''."""
    trusted = content(before, FILE)
    settings = read_settings(trusted or b"", "check", git.root, f"{FILE} of the base")
    place = Place(git.root, settings, git, trusted is not None)
    return place, FORK if not proposal.trusted else NEW if trusted is None else ""


def _brought(files: Commit, trusted: bytes | None, git: Git) -> tuple[bool, tuple[settings_module.Fault, ...]]:
    """Whether there would be no settings afterwards, and what is wrong with those that would be new."""
    try:
        brought = content(files, FILE)
    except UsageError as error:
        fault = settings_module.Fault(Span(1, 1, 1, 2), str(error), "write the settings into a file of their own")
        return False, (fault,)
    faults = settings_module.load(brought or b"", "check", str(git.root)).faults if brought != trusted else ()
    return brought is None, faults


def _bring(git: Git, proposal: Proposal) -> None:
    """Make sure that git has both commits and what they have in common."""
    head = f"refs/pull/{proposal.number}/head" if proposal.number is not None else proposal.head
    missing = [name for commit, name in ((proposal.base, proposal.base), (proposal.head, head)) if not git.has(commit)]
    try:
        if missing:
            git.fetch(*missing)
        try:
            git.merge_base(proposal.base, proposal.head)
        except UsageError:
            git.fetch(proposal.base, head)
        git.merge_base(proposal.base, proposal.head)
    except UsageError as error:
        raise UsageError(f"the history of the pull request cannot be read: {DEEPEN} ({error})") from None


def examine(proposed: Proposed) -> Report:
    """Run the checks, all of them or those that ask no backend; faults of the settings come first."""
    known = plugins.checks(proposed.place.settings)
    plugins.check_rules(proposed.place.settings, known)
    context = world.context(
        proposed.place, proposed.repository, offline=bool(proposed.offline), history=True, why=proposed.offline
    )
    report = run(known, proposed.experiments, context, proposed.before.repository.by_name)
    return Report((*_settings(proposed.faults), *_conflict(proposed), *report.experiments))


def _settings(faults: Sequence[settings_module.Fault]) -> list[ExperimentReport]:
    if not faults:
        return []
    found = tuple(Finding("settings.invalid", "error", FILE, f.span, f.message, f.hint) for f in faults)
    return [ExperimentReport("", FILE, (CheckResult("settings", "failed", findings=found),))]


def _conflict(proposed: Proposed) -> list[ExperimentReport]:
    """What a conflict leaves unproven: whatever the base has changed since."""
    if not proposed.conflict:
        return []
    result = CheckResult("merge", "errored", CONFLICT)
    return [ExperimentReport("the merge", proposed.proposal.head[:12], (result,))]


def foresee(proposed: Proposed) -> tuple[tuple[Planned, ...] | None, str]:
    """What merging would do of what is touched, in words; None and the reason where that is not known here."""
    settings = proposed.place.settings
    if proposed.offline:
        return None, proposed.offline
    if not proposed.proposal.released:
        return None, "it does not go into the default branch, which is what is released"
    if settings.ledger is None:
        return None, f"{FILE} names no ledger, so that a merge releases nothing"
    try:
        return check.foresee(settings, proposed.repository, proposed.names, proposed.before), ""
    except Unreachable as error:
        return None, str(error)
