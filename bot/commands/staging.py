"""The folder of a rehearsal: a copy of the repository and its tables, with embedded backends in place of its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from bot.commands.locate import read_settings
from bot.errors import UsageError
from bot.experiment.files import FolderFiles
from bot.settings import EMBEDDED, FILE, Settings, merge
from bot.workspace import Workspace

MARK = ".sameday-rehearsal"  # only a folder with this file in it is ever replaced
LEFT_OUT = (".git", ".sameday", ".venv", "rehearsal", "__pycache__", "node_modules")


def prepare(source: Workspace, stage: Path, file: Path | None) -> None:
    """Make the rehearsal's folder, with a copy of the repository and its tables; an earlier rehearsal gives way.

    Its settings are those in `file`, else the repository's with every backend replaced by its embedded default.
    """
    if stage.exists() and not (stage / MARK).exists():
        raise UsageError(f"{stage} exists and is no rehearsal; move it away, or rehearse in another folder")
    settings = _embedded(source.settings, stage) if file is None else _read(file)
    source.backends.cron(settings, stage, source.git)  # raises UsageError where only a clock starts the next day's run
    if stage.exists():
        shutil.rmtree(stage)
    stage.mkdir()
    (stage / MARK).touch()
    (stage / ".gitignore").write_text("*\n", encoding="utf-8")  # what is made here is nobody's commit
    _copy(source, stage / "repository")
    (stage / "repository" / FILE).unlink(missing_ok=True)
    written = settings.model_dump(mode="json", exclude_unset=True, exclude={"environments"})
    (stage / "repository" / FILE).write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    tables = source.settings.warehouse
    warehouse = tables.place if tables else None
    if warehouse is not None and warehouse.is_dir():
        shutil.copytree(warehouse, stage / "warehouse", ignore=shutil.ignore_patterns("*.md", "*.txt", "*.py"))
    else:
        (stage / "warehouse").mkdir()


def _copy(source: Workspace, target: Path) -> None:
    """The files that git would take; without git all but what is no source. Pipes, sockets and devices stay behind."""
    listed = source.git.listed()
    if listed is None:
        shutil.copytree(source.root, target, ignore=_left_out, symlinks=True)
        return
    target.mkdir()
    for path in listed:
        place = source.root / path
        if not set(LEFT_OUT).isdisjoint(Path(path).parts) or not (place.is_symlink() or place.is_file()):
            continue
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(place, target / path, follow_symlinks=False)


def _left_out(folder: str, names: list[str]) -> set[str]:
    """What is not copied of a folder that git does not know."""
    special = {name for name in names if not _plain(Path(folder, name))}
    return special | shutil.ignore_patterns(*LEFT_OUT)(folder, names)


def _plain(place: Path) -> bool:
    return place.is_symlink() or place.is_file() or place.is_dir()


def _read(file: Path) -> Settings:
    if not file.is_file():
        raise UsageError(f"{file}: no such file")
    root = file.resolve().parent
    return read_settings(file.read_bytes(), "release", root, str(file), FolderFiles(root))


def _embedded(settings: Settings, stage: Path) -> Settings:
    plain = settings.model_dump(mode="json", exclude_unset=True, exclude={"stores", "ledger"})
    carried = {"engine": ("workers",), "warehouse": ("dataset",), "flags": ("set",)}
    embedded = merge(
        EMBEDDED, {part: {k: plain[part][k] for k in carried[part] if k in (plain.get(part) or {})} for part in carried}
    )
    embedded["stores"] = {name: {"path": f"{name}.sqlite"} for name in settings.stores or EMBEDDED["stores"]}
    paths = {"engine": "engine", "warehouse": "warehouse", "flags": "flags", "ledger": "ledger.sqlite"}
    embedded = merge(embedded, {part: {"path": path} for part, path in paths.items()})
    return Settings.model_validate({**plain, **embedded}).rooted(str(stage))
