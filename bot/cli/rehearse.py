"""The command that shows everything: a folder of experiments becomes a repository, a pull request, a release."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bot.cli.backends import Adapters
from bot.cli.release import progress
from bot.commands.background import background
from bot.commands.check import CODES
from bot.commands.locate import named, open_workspace
from bot.commands.plan import Foreseen
from bot.commands.regret import Moments
from bot.commands.rehearse import (
    Chapter,
    Checked,
    Collected,
    DayTwo,
    Merged,
    NextDay,
    Regretted,
    Regretting,
    Released,
    rehearse,
)
from bot.commands.release import code
from bot.commands.staging import prepare
from bot.commands.traffic import touched_layers
from bot.commands.visit import EXPOSURES, Visited, Visitor
from bot.compile import argo
from bot.compile.work import work
from bot.errors import UsageError
from bot.report import json, markdown, readout, text
from bot.report.language import LANGUAGES
from bot.report.line import Line
from bot.report.output import Printer
from bot.report.page import Page
from bot.report.progress import release_lines, run_lines
from bot.report.release import ReleaseDetail, release_markdown
from bot.settings import Settings
from bot.workspace import Workspace

FOLDER = "rehearsal"


def rehearse_command(args: argparse.Namespace, out: Printer, backends: Adapters) -> int:
    """Play the whole story and leave what it made in a folder."""
    if args.collect and not args.app:
        raise UsageError("`--collect` needs `--app`: only an application logs what users are shown")
    source = open_workspace(Path(args.paths[0] if args.paths else "."), "release", backends)
    _, paths = named(source, args.paths)
    if not paths:
        raise UsageError(
            f"no experiment found below {source.root}; they live at {', '.join(source.settings.experiments)}"
        )
    stage = Path.cwd() / FOLDER
    prepare(source, stage, Path(args.settings) if args.settings else None)
    out.lines([Line(f"1  The pull request: it adds {' and '.join(paths)}", "head")])
    root = stage / "repository"
    settings = open_workspace(root, "release", backends).settings
    collector, environment = shlex.split(args.collect or ""), source.backends.environment
    visitor = Visitor(shlex.split(args.app), settings, stage, environment, collector) if args.app else None
    result = 0
    for chapter in rehearse(source, paths, stage, progress(out), visitor):
        result = max(result, _tell(chapter, stage, lambda: open_workspace(root, "release", backends), out))
    out.lines(_closing(stage, list(settings.stores), result))
    return result


def _tell(chapter: Chapter, stage: Path, opened: Callable[[], Workspace], out: Printer) -> int:
    """Show a chapter and keep what it made; `opened` is the rehearsal's repository as it stands."""
    settings = opened().settings
    logs = settings.report.logs != "none"
    if isinstance(chapter, Checked):
        return _checked(chapter, stage, settings, out)
    if isinstance(chapter, Merged):
        out.lines([Line(""), Line("3  The merge: released by itself", "head")])
    elif isinstance(chapter, Released):
        detail = ReleaseDetail(where="here" if logs else "none")
        told = release_markdown(chapter.summary, detail, background(opened(), chapter.summary))
        (stage / "release.md").write_text(told, encoding="utf-8")
        out.lines([Line(""), *release_lines(chapter.summary, logs=logs)])
        return code(chapter.summary)
    elif isinstance(chapter, NextDay):
        head = f"4  The next day: {chapter.experiment} runs for {chapter.date}, by its schedule"
        out.lines([Line(""), Line(head, "head")])
    elif isinstance(chapter, DayTwo):
        out.lines(run_lines(chapter.run, logs=logs))
        return 0 if chapter.run.state == "succeeded" else 1
    elif isinstance(chapter, Regretting):
        head = f"5  A change of {chapter.experiment} that turns out to be bad: released, and rolled back"
        out.lines([Line(""), Line(head, "head")])
    elif isinstance(chapter, Regretted):
        out.lines(_regretted(chapter.readings))
    elif isinstance(chapter, Visited):
        out.lines(_visited(chapter))
    elif isinstance(chapter, Collected):
        out.lines([Line(""), Line("  What they were shown, read out"), *readout.lines(chapter.found)])
    return 0


def _visited(visited: Visited) -> Iterator[Line]:
    """What each user got, a line each."""
    yield Line("")
    yield Line(f"  What users get over HTTP {visited.moment}")
    if visited.unknown:
        yield Line(f"  {visited.unknown}", "faint")
    for user, items in visited.lists.items():
        yield Line(f"  {user:<8}{' '.join(items) or 'nothing of a test'}")


def _regretted(readings: Sequence[Moments]) -> Iterator[Line]:
    """What readers were given, as a table."""
    yield Line("")
    rows = [("what is read gives the place of", "before", "released", "rolled back")]
    rows += [(one.what, one.before, one.released, one.rolled_back) for one in readings]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        yield Line("  " + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def _checked(chapter: Checked, stage: Path, settings: Settings, out: Printer) -> int:
    foreseen, repository = chapter.foreseen, chapter.pull.selection.repository
    words = foreseen.words if foreseen else None
    page = Page(
        chapter.report,
        words,
        repository,
        chapter.pull.head,
        chapter.unknown,
        traffic=touched_layers(chapter.pull),
        say=LANGUAGES[settings.report.language],
    )
    (stage / "comment.md").write_text(markdown.comment(page), encoding="utf-8")
    (stage / "report.json").write_text(json.report(chapter.report), encoding="utf-8")
    (stage / "plan.json").write_text(json.plan(words or ()), encoding="utf-8")
    _write_manifests(foreseen, settings, stage / "manifests")
    out.lines(text.report(chapter.report))
    out.lines([Line(""), Line("2  The plan: merging this will", "head"), *text.plan(words or ())])
    return CODES[chapter.report.verdict]


def _write_manifests(foreseen: Foreseen | None, settings: Settings, folder: Path) -> None:
    """The Argo manifests of each planned experiment."""
    folder.mkdir(exist_ok=True)
    if foreseen is None:
        return
    for item in foreseen.items:
        repository = foreseen.repository
        experiment = repository.by_name[item.experiment]
        compiled = work(experiment, repository, settings, item.date, item.attempt)
        written = argo.text(argo.manifests(compiled, settings.manifests))
        (folder / f"{item.experiment}.yaml").write_text(written, encoding="utf-8")


def _closing(stage: Path, stores: Sequence[str], result: int) -> Iterator[Line]:
    """What is left to open."""
    yield Line("")
    yield Line("What it left, to open and look at" if result == 0 else "It stopped here; what it left", "head")
    left = {
        "comment.md": "the comment on the pull request",
        "report.json": "the report, for programs",
        "plan.json": "the plan, likewise",
        "manifests": "the Argo manifests",
        "release.md": "the release summary",
        "flags": "the flag set, as flagd reads it",
        "warehouse": "the tables, one Parquet file each",
        "engine/runs": "the runs, with every job's log",
        EXPOSURES: "the exposures that the application logged",
        **{f"{name}.sqlite": f"the store {name}, where serving reads" for name in stores},
    }
    for name, what in left.items():
        if (stage / name).exists():
            yield Line(f"  {FOLDER}/{name:<18} {what}")
