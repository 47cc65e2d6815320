"""Commands of the pull request: check and plan."""

from __future__ import annotations

import argparse
import gc
from codecs import BOM_UTF8
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.cli import plugins, world
from bot.cli.output import Output
from bot.cli.place import Place, load_repository, open_place
from bot.errors import UsageError
from bot.experiment.load import Experiment
from bot.experiment.repository import Repository
from bot.finding import Edit, Report
from bot.git import Commit
from bot.plan import Found, adopted, baseline
from bot.plan import plan as make_plan
from bot.ports import Entry
from bot.report import text
from bot.report.fixes import edited
from bot.report.line import Line
from bot.report.plan import Planned
from bot.settings import FILE, Settings

FIXES = 5  # rounds: a fixed key lets the next check see the value behind it
CODES = {"passed": 0, "failed": 1, "unknown": 3}


def check(args: argparse.Namespace, out: Output) -> int:
    """Run the checks; the verdict is the exit code."""
    gc.disable()  # every tree is kept to the end: collecting would look through all of them, again and again
    place = open_place(Path(args.paths[0] if args.paths else "."), "check", args.base)
    out.complain(map(Line, place.faults))
    report = _check(args, place, out)
    for _ in range(FIXES if args.fix else 0):
        if not apply(report, place.root):
            break
        report = _check(args, place, out)
    _print(report, args, place, out)
    return CODES[report.verdict] or (2 if place.faults else 0)


def _check(args: argparse.Namespace, place: Place, out: Output) -> Report:
    from bot.runner import run

    known = plugins.checks(place.settings)
    plugins.check_rules(place.settings, known)
    for name in args.only:
        if name not in known:
            raise UsageError(f"there is no check '{name}'; there are {', '.join(known)}")
    found = meant(place, args.paths, args.base)
    context = world.context(place, found.repository, args.offline, bool(args.base))
    return run(known, found.chosen, context, found.bases, frozenset(args.only))


@dataclass(frozen=True, slots=True)
class Meant:
    """All experiments, and those that a command is about; `before` is what the merge base has of them."""

    repository: Repository
    chosen: tuple[Experiment, ...]
    before: Found | None = None

    @property
    def bases(self) -> Mapping[str, Experiment]:
        """The experiments of the merge base by name."""
        return self.before.repository.by_name if self.before else {}


def meant(place: Place, paths: Sequence[str], base: str | None) -> Meant:
    """What the paths name (all, if there are none), as far as it differs from the merge base."""
    repository, chosen = load_repository(place, paths)
    if base is None:
        return Meant(repository, chosen)
    from bot.validate import changed

    git = place.git
    commit = git.merge_base(base)
    before = Found(Repository.load(Commit(git, commit), place.settings.experiments), commit)
    differ = {experiment.path for experiment in changed(repository, set(git.changed_here(commit)), [FILE])}
    return Meant(repository, tuple(experiment for experiment in chosen if experiment.path in differ), before)


def _print(report: Report, args: argparse.Namespace, place: Place, out: Output) -> None:
    if args.format == "json":
        from bot.report import json

        out.write(json.report(report))
    elif args.format == "markdown":
        out.write(comment(report, place, args))
    else:
        if args.format == "github":
            from bot.report import workflow

            out.write(workflow.report(report))
        out.lines(text.report(report, place.prefix))


def comment(report: Report, place: Place, args: argparse.Namespace) -> str:
    """The comment that the bot would post."""
    from bot.report import markdown

    repository, words = planned(place, args.paths, args.base)
    return markdown.comment(markdown.Page(report, words, repository, commit_here(place)))


def commit_here(place: Place) -> str:
    """The commit that is checked out, or words for there being none."""
    try:
        return place.git.commit()
    except UsageError:
        return "no commit"


def apply(report: Report, root: Path) -> bool:
    """Make the certain fixes in the files; says whether there were any."""
    edits: Mapping[str, set[Edit]] = defaultdict(set)
    for finding in report.findings:
        if finding.fix is not None and finding.ignored is None:
            edits[finding.path].add(finding.fix)
    for path, found in edits.items():
        place = root / path
        content = place.read_bytes()
        mark = content[: len(BOM_UTF8)] if content.startswith(BOM_UTF8) else b""  # stands in no column
        place.write_bytes(mark + edited(content[len(mark) :].decode(), found).encode())
    return bool(edits)


def plan(args: argparse.Namespace, out: Output) -> int:
    """Print what a merge would do."""
    from bot.report import json, markdown

    _, words = planned(open_place(Path(), "release"), (), args.base)
    if args.format == "json":
        out.write(json.plan(words))
    elif args.format == "markdown":
        out.write((markdown.plan(words) or "Merging this changes nothing that is released") + "\n")
    else:
        out.lines(text.plan(words))
    return 0


def planned(place: Place, paths: Sequence[str], base: str | None) -> tuple[Repository, tuple[Planned, ...]]:
    """All experiments, and in words what a merge would do: of everything, or of what the paths and the base leave."""
    from bot.validate import touched

    found = meant(place, paths, base)
    names = touched(found.chosen, () if paths else found.bases, found.repository) if paths or base else None
    return found.repository, foresee(place.settings, found.repository, names, found.before)


def foresee(
    settings: Settings, repository: Repository, names: Collection[str] | None, before: Found | None
) -> tuple[Planned, ...]:
    """In words what a merge would do of the named experiments, or of all; `before` is what it is compared with."""
    from bot.report.plan import describe
    from bot.validate import about

    settings = world.handed(settings)
    ledger: Mapping[str, Sequence[Entry]] = world.entries(settings)
    first = world.is_first(settings)
    if first and before is not None:  # the merge's own release will take this as live
        ledger = baseline(before, settings, world.clock())
    items, holds = make_plan(repository, ledger, settings, world.clock())
    if first and before is None:
        items, holds = (), adopted(items) + holds
    if names is not None:
        items, holds = about(names, items, holds)
    return describe(items, holds, repository, ledger, settings)
