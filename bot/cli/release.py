"""Commands of the release: release and rollback."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.cli import world
from bot.cli.output import Output
from bot.cli.place import Place, load_repository, open_place
from bot.document.glob import matching
from bot.errors import UsageError
from bot.experiment.repository import Repository
from bot.git import Commit, Git
from bot.plan import Found
from bot.ports import Built, Item, Ledger
from bot.release import World
from bot.release import release as release_all
from bot.report import release as report
from bot.report.line import Line
from bot.rollback import Past
from bot.rollback import rollback as roll_back
from bot.settings import FILE, SqliteLedger
from bot.steps import Tools
from bot.summary import ReleaseSummary


def release(args: argparse.Namespace, out: Output) -> int:
    """Release what differs from the ledger."""
    place = opened(args.env)
    repository, _ = load_repository(place)
    built = world.images(place.settings, args.images, repository)
    telling = Telling(place.git.author(), filed(place), progress(out))
    return code(carry_out(place, repository, args.experiment, telling, out, built))


@dataclasses.dataclass(frozen=True)
class Telling:
    """Who releases, and who is told of it."""

    actor: str
    announce: Callable[[ReleaseSummary], None]
    progress: report.Progress


def carry_out(
    place: Place,
    repository: Repository,
    names: Sequence[str],
    telling: Telling,
    out: Output,
    built: tuple[Built, ...] = (),
    before: Found | None = None,
) -> ReleaseSummary:
    """Release everything, or what is named, and print how it ended."""
    known = repository.by_name.keys() | (ledger(place).entries().keys() - repository.named.keys())
    for name in names:
        if name not in known:
            raise UsageError(f"there is no sound experiment '{name}'; `sameday check` shows what is wrong")
    commit = clean_commit(place, repository)
    found = World(
        repository, world.handed(place.settings, built), ledger(place), tools(place, telling.announce), commit,
        telling.actor, world.clock, telling.progress, before, built, place.git.origin(commit),
    )  # fmt: skip
    summary = release_all(found, frozenset(names))
    out.lines(report.lines(summary, shows_logs(place)))
    for broken in (experiment for experiment in repository.experiments if experiment.parsed is None):
        out.lines([Line(f"{broken.path} is not sound and left as it was; `sameday check` says why", "warning")])
    return summary


def code(summary: ReleaseSummary) -> int:
    """The exit code of a release; one that is still running is no failure."""
    return 1 if summary.failed else 3 if summary.unreachable else 0


def opened(environment: str, git: Git | None = None) -> Place:
    """The place with its settings; releases do not guess."""
    place = open_place(Path(), environment, git=git)
    missing = [part for part in ("engine", "ledger") if getattr(place.settings, part) is None]
    if not place.declared:
        raise UsageError(f"there is no {FILE} here or above; a release does not guess where to")
    if missing:
        raise UsageError(f"{FILE} names no {' and no '.join(missing)}; a release needs both")
    return place


def shows_logs(place: Place) -> bool:
    """Whether the ends of failed jobs' logs are shown at all."""
    return place.settings.report.logs != "none"


def ledger(place: Place) -> Ledger:
    """The ledger that `opened` made sure of."""
    found = world.ledger(place.settings)
    assert found is not None
    return found


def clean_commit(place: Place, repository: Repository) -> str:
    """The commit that is released; raises UsageError if what would be released is in no commit."""
    commit = place.git.commit()
    sources = [glob for experiment in repository.by_name.values() for glob in experiment.spec.sources]
    watched = [*place.settings.experiments, *sources, FILE]
    loose = matching(place.git.uncommitted(), watched)
    if loose:
        raise UsageError(f"{loose[0]} has changes that are in no commit; commit them, a release is of a commit")
    return commit


def tools(place: Place, announce: Callable[[ReleaseSummary], None]) -> Tools:
    """What the steps act with."""
    return Tools(world.engine(place), world.flags(place.settings), world.stores(place.settings), announce)


def filed(place: Place) -> Callable[[ReleaseSummary], None]:
    """Announces by files beside the ledger, or where it would be by default."""
    ledger = place.settings.ledger
    beside = Path(ledger.path) if isinstance(ledger, SqliteLedger) else place.root / SqliteLedger().path
    folder = beside.parent / "announcements"

    def announce(summary: ReleaseSummary) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for outcome in summary.outcomes:
            if outcome.state in ("live", "retired"):
                text = report.announcement(outcome.item, outcome.entries)
                (folder / f"{outcome.item.experiment}.md").write_text(text, encoding="utf-8")

    return announce


def progress(out: Output) -> report.Progress:
    """Prints every step and node as it happens."""
    seen: set[tuple[str, str, str]] = set()
    return lambda experiment, what: out.lines(report.progress(experiment, what, seen))


def rollback(args: argparse.Namespace, out: Output) -> int:
    """The previous release back."""
    place = opened("release")
    take_back(place, args.name, place.git.author(), out)
    return 0


def take_back(place: Place, name: str, actor: str, out: Output) -> tuple[Item, Item | None]:
    """Roll back and print it; what served until now and what serves again."""
    git = place.git

    def at(commit: str) -> Repository:
        return Repository.load(Commit(git, commit), place.settings.experiments)

    past = Past(
        ledger(place), tools(place, filed(place)), world.handed(place.settings), at, git.origin, actor, world.clock
    )  # fmt: skip
    now, before = roll_back(name, past)
    serves = f"serves {before.run} again" if before else "serves nothing again: there was no release before"
    out.lines(
        [
            Line(f"{name} {serves}", "good"),
            Line(f"  {now.run} is on hold: change its file, or `sameday release --experiment {name}`"),
        ]
    )
    return now, before
