"""Release what differs from the ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from bot.commands.called import no_experiment
from bot.commands.commit import clean_commit
from bot.commands.refused import refused, told
from bot.commands.tools import at, past, require, tools
from bot.errors import SamedayError
from bot.ports import Built
from bot.release.held import let_through
from bot.release.input import ReleaseInput
from bot.release.pipeline import release_all
from bot.release.plan import Snapshot
from bot.release.state import State
from bot.release.summary import ReleaseSummary
from bot.report.progress import Progress
from bot.report.release import announcement
from bot.settings import STATE
from bot.workspace import Workspace


@dataclass(frozen=True)
class Telling:
    """Who releases, and who is told of it."""

    actor: str
    announce: Callable[[ReleaseSummary], None]
    progress: Progress


def release(
    workspace: Workspace,
    names: Sequence[str],
    telling: Telling,
    built: tuple[Built, ...] = (),
    before: Snapshot | None = None,
) -> ReleaseSummary:
    """Release everything, or what is named; raises UsageError for a name that is not there.

    `built` are images that a build hands over, `before` is what a first release takes as live.
    """
    commit, repository = clean_commit(require(workspace)), workspace.committed
    known = repository.by_name.keys() | (workspace.entries.keys() - repository.named.keys())
    for name in names:
        if name not in known:
            raise no_experiment(workspace, name)
        _let_through(workspace, name, telling.actor)
    settings = workspace.with_built_images(built)
    faults = refused(repository, settings, workspace.entries, workspace.backends.now())
    if names:
        faults = {name: faults[name] for name in names if name in faults}
    given = ReleaseInput(
        repository, settings, workspace.ledger, tools(workspace), commit, telling.actor,
        at(workspace), workspace.backends.now, telling.progress, telling.announce, before, built,
        {name: told(findings) for name, findings in faults.items()}, workspace.git.origin(commit),
    )  # fmt: skip
    summary = release_all(given, frozenset(names))
    return replace(summary, faults=tuple(one for findings in faults.values() for one in findings))


def _let_through(workspace: Workspace, name: str, actor: str) -> None:
    """Who names an experiment wants shown what of it is held."""
    entries = workspace.entries.get(name, ())
    live = State(entries).live if entries else None
    for entry in (live, *entries[-1:]):
        if entry is not None:
            with suppress(SamedayError):  # a backend is away, or a commit: the release itself says so
                let_through(past(workspace, actor).order(entry.item, entry.commit).work, workspace.warehouse, actor)


def code(summary: ReleaseSummary) -> int:
    """The exit code of a release; one that is still running is no failure."""
    return 1 if summary.failed else 3 if summary.unreachable else 0


def shows_logs(workspace: Workspace) -> bool:
    """Whether the ends of failed jobs' logs are shown at all."""
    return workspace.settings.report.logs != "none"


def filed(workspace: Workspace) -> Callable[[ReleaseSummary], None]:
    """Announces by files beside the ledger, or where it would be by default."""
    ledger = workspace.settings.ledger
    place = ledger.place if ledger else None
    folder = (place.parent if place else workspace.root / STATE) / "announcements"

    def announce(summary: ReleaseSummary) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for outcome in summary.outcomes:
            if outcome.state in ("live", "retired"):
                text = announcement(outcome.item, outcome.entries)
                (folder / f"{outcome.item.experiment}.md").write_text(text, encoding="utf-8")

    return announce
