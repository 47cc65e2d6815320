"""The command that shows everything: a folder of experiments becomes a repository, a pull request, a release."""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from bot.cli import plugins, world
from bot.cli.check import CODES
from bot.cli.output import Output
from bot.cli.place import Place, load_repository, open_place, read_settings
from bot.cli.release import code, filed, ledger, progress, tools
from bot.compile import argo
from bot.compile.work import work
from bot.errors import UsageError
from bot.experiment.repository import Repository
from bot.git import Git, record
from bot.ports import Item, Run
from bot.rehearse import Chapter, Checked, Proposal, Released
from bot.rehearse import rehearse as rehearse_all
from bot.release import World, adopt
from bot.report import json, markdown, text
from bot.report import release as release_report
from bot.report.line import Line
from bot.report.plan import describe
from bot.settings import EMBEDDED, FILE, FolderWarehouse, LocalEngine, Settings, merge, rooted

FOLDER = "rehearsal"
MARK = ".sameday-rehearsal"  # only a folder with this file in it is ever replaced
LEFT_OUT = shutil.ignore_patterns(".git", ".sameday", ".venv", FOLDER, "__pycache__", "node_modules")


def rehearse(args: argparse.Namespace, out: Output) -> int:
    """Play the whole story and leave what it made in a folder."""
    source = open_place(Path(args.paths[0] if args.paths else "."), "release")
    _, chosen = load_repository(source, args.paths)
    if not chosen:
        raise UsageError(
            f"no experiment found below {source.root}; they live at {', '.join(source.settings.experiments)}"
        )
    stage = prepare(source, Path.cwd() / FOLDER)
    settings = chosen_settings(args, source, stage)
    root = stage / "repository"
    place = Place(root, settings, Git(root, root, os.environ), declared=True)
    paths = [experiment.path for experiment in chosen]
    out.lines(opening(place, paths))
    world_of = begin(place, paths, source, out)
    proposed_at = record(place.root, "The pull request", os.environ)
    merged, _ = load_repository(place, [str(place.root / path) for path in paths])
    proposed = tuple(experiment for experiment in merged.experiments if experiment.path in paths)
    known = plugins.checks(settings)
    proposal = Proposal(known, proposed, world.context(place, merged, offline=False, history=False))
    engine = world.local_engine(place)

    def at_merge() -> World:
        commit = record(place.root, "Merge the pull request", os.environ)
        out.lines([Line(""), Line("3  The merge: released by itself", "head")])
        return replace(world_of, repository=merged, commit=commit)

    def next_day(experiment: str, day: date) -> Run | None:
        out.lines([Line(""), Line(f"4  The next day: {experiment} runs for {day}, by its schedule", "head")])
        return engine.trigger(experiment, day)

    result = 0
    for chapter in rehearse_all(proposal, {}, at_merge, next_day):
        result = max(result, tell(chapter, stage, settings, proposed_at, out))
    out.lines(closing(stage, place, result))
    return result


def chosen_settings(args: argparse.Namespace, source: Place, stage: Path) -> Settings:
    """The settings as they are (with `--settings`), else with every backend replaced by its embedded default."""
    if args.settings:
        file = Path(args.settings)
        if not file.is_file():
            raise UsageError(f"{args.settings}: no such file")
        return read_settings(file.read_bytes(), "release", file.resolve().parent, args.settings)
    plain = source.settings.model_dump(mode="json", exclude_unset=True, exclude={"engine", "stores", "ledger"})
    kept = {"warehouse": ("dataset",), "flags": ("set",)}
    embedded = merge(
        EMBEDDED, {part: {k: plain[part][k] for k in kept[part] if k in (plain.get(part) or {})} for part in kept}
    )
    embedded["stores"] = {name: {"path": f"{name}.sqlite"} for name in source.settings.stores or EMBEDDED["stores"]}
    paths = {"engine": "engine", "warehouse": "warehouse", "flags": "flags", "ledger": "ledger.sqlite"}
    embedded = merge(embedded, {part: {"path": path} for part, path in paths.items()})
    if isinstance(source.settings.engine, LocalEngine):
        embedded["engine"]["workers"] = source.settings.engine.workers
    return Settings.model_validate(rooted({**plain, **embedded}, str(stage)))


def prepare(source: Place, stage: Path) -> Path:
    """The rehearsal's folder with a copy of the repository and its tables; an earlier rehearsal gives way."""
    if stage.exists() and not (stage / MARK).exists():
        raise UsageError(f"{stage} exists and is no rehearsal; move it away, or rehearse in another folder")
    if stage.exists():
        shutil.rmtree(stage)
    stage.mkdir()
    (stage / MARK).touch()
    shutil.copytree(source.root, stage / "repository", ignore=LEFT_OUT, symlinks=True)
    tables = source.settings.warehouse
    warehouse = Path(tables.path) if isinstance(tables, FolderWarehouse) else None
    if warehouse is not None and warehouse.is_dir():
        shutil.copytree(warehouse, stage / "warehouse", ignore=shutil.ignore_patterns("*.md", "*.txt", "*.py"))
    else:
        (stage / "warehouse").mkdir()
    return stage


def begin(place: Place, paths: list[str], source: Place, out: Output) -> World:
    """The main branch before the pull request, and the first release that takes what is there as live."""
    held = {path: (place.root / path).read_bytes() for path in paths}
    for path in paths:
        (place.root / path).unlink()
    (place.root / FILE).touch()
    commit = record(place.root, "What was there before", os.environ, new=True)
    before, _ = load_repository(place)
    acting = tools(place, filed(place))
    found = World(before, place.settings, ledger(place), acting, commit, "rehearsal", world.clock, progress(out))
    adopt(found)
    for path, content in held.items():
        (place.root / path).parent.mkdir(parents=True, exist_ok=True)
        (place.root / path).write_bytes(content)
    return found


def tell(chapter: Chapter, stage: Path, settings: Settings, proposed_at: str, out: Output) -> int:
    """Show a chapter and keep what it made."""
    logs = settings.report.logs != "none"
    if isinstance(chapter, Checked):
        return _checked(chapter, stage, settings, proposed_at, out)
    if isinstance(chapter, Released):
        shown = release_report.Detail(where="here" if logs else "none")
        (stage / "release.md").write_text(release_report.markdown(chapter.summary, shown), encoding="utf-8")
        out.lines([Line(""), *release_report.lines(chapter.summary, logs)])
        return code(chapter.summary)
    out.lines(release_report.run_lines(chapter.run, logs))
    return 0 if chapter.run.state == "succeeded" else 1


def _checked(chapter: Checked, stage: Path, settings: Settings, commit: str, out: Output) -> int:
    words = describe(chapter.plan, chapter.holds, chapter.repository, {}, settings)
    comment = markdown.comment(markdown.Page(chapter.report, words, chapter.repository, commit))
    (stage / "comment.md").write_text(comment, encoding="utf-8")
    (stage / "report.json").write_text(json.report(chapter.report), encoding="utf-8")
    write_manifests(chapter.plan, chapter.repository, settings, stage / "manifests")
    out.lines(text.report(chapter.report))
    out.lines([Line(""), Line("2  The plan: merging this will", "head"), *text.plan(words)])
    return CODES[chapter.report.verdict]


def write_manifests(plan: tuple[Item, ...], repository: Repository, settings: Settings, folder: Path) -> None:
    """The Argo manifests of each planned experiment."""
    folder.mkdir(exist_ok=True)
    for item in plan:
        compiled = work(repository.by_name[item.experiment], repository, settings, item.date, item.attempt)
        text = argo.text(argo.manifests(compiled, settings.manifests))
        (folder / f"{item.experiment}.yaml").write_text(text, encoding="utf-8")


def opening(place: Place, paths: list[str]) -> Iterator[Line]:
    """What will be seen."""
    yield Line(f"1  The pull request: it adds {' and '.join(paths)}", "head")


def closing(stage: Path, place: Place, result: int) -> Iterator[Line]:
    """What is left to open."""
    yield Line("")
    yield Line("What it left, to open and look at" if result == 0 else "It stopped here; what it left", "head")
    left = {
        "comment.md": "the comment on the pull request",
        "report.json": "the report, for programs",
        "manifests": "the Argo manifests",
        "release.md": "the release summary",
        "flags": "the flag set, as flagd reads it",
        "warehouse": "the tables, one Parquet file each",
        "engine/runs": "the runs, with every job's log",
        **{f"{name}.sqlite": f"the store {name}, where serving reads" for name in place.settings.stores},
    }
    for name, what in left.items():
        if (stage / name).exists():
            yield Line(f"  {FOLDER}/{name:<18} {what}")
