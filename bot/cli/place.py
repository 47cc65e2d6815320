"""A repository on this machine: where it starts, which settings are in force, which experiments are meant."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot import settings as settings_module
from bot.cli import known
from bot.document.read import MAX_BYTES
from bot.errors import UsageError
from bot.experiment.load import Experiment
from bot.experiment.repository import Files, Folder, Repository, matching
from bot.finding import Span
from bot.git import Commit, Git
from bot.report.escape import clean
from bot.settings import FILE, Settings

YAML = ("**/*.yaml", "**/*.yml")


def find_root(start: Path) -> Path:
    """The nearest folder with settings, else the repository's, else where we are."""
    start = start if start.is_dir() else start.parent
    for mark in (FILE, ".git"):
        for folder in (start, *start.parents):
            if (folder / mark).exists():
                return folder
    return Path.cwd()


@dataclass(frozen=True)
class Place:
    """A repository on this machine, and the settings that are in force."""

    root: Path
    settings: Settings
    declared: bool
    """Whether there is a settings file at all."""
    faults: tuple[str, ...] = ()
    """What is wrong with the head's own settings, where the base's are in force."""

    @property
    def prefix(self) -> str:
        """What leads from here to the root, for paths that a person can open."""
        relative = os.path.relpath(self.root, Path.cwd())
        return "" if relative == "." else f"{relative}/"


def open_place(start: Path, environment: str, base: str | None = None) -> Place:
    """The place around `start`; raises UsageError with every fault of the settings."""
    root = find_root(_absolute(str(start)))
    if base is None:
        found = content(Folder(root), str(root / FILE))
        return Place(root, read_settings(found or b"", environment, root, str(root / FILE)), found is not None)
    faults: tuple[str, ...] = ()
    try:
        read_settings(content(Folder(root), FILE) or b"", environment, root, FILE)
    except UsageError as error:
        faults = tuple(str(error).splitlines())
    git, shown = Git(root), f"{FILE} at {base}"
    trusted = content(Commit(git, git.merge_base(base)), shown)
    return Place(root, read_settings(trusted or b"", environment, root, shown), trusted is not None, faults)


def content(files: Files, shown: str) -> bytes | None:
    """The settings file, or None where there is none; no link leads to another one, whose text a message would show."""
    try:
        return files.read(FILE, MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{clean(shown)}: cannot be read: {error.strerror or error}") from None


def read_settings(content: bytes, environment: str, root: Path, shown: str) -> Settings:
    """The settings in `content`, or a UsageError with a line per fault."""
    loaded = settings_module.load(content, environment, str(root))
    if loaded.settings is None:
        lines = [
            f"{shown}:{_place(f.span)}: error {f.message}" + (f" ({f.hint})" if f.hint else "") for f in loaded.faults
        ]
        raise UsageError("\n".join(map(clean, lines)))
    return known.declared(loaded.settings)


def _place(span: Span) -> str:
    return f"{span.line}:{span.column}"


def load_repository(place: Place, paths: Sequence[str] = ()) -> tuple[Repository, tuple[Experiment, ...]]:
    """All experiments of the place, and those that `paths` name (all, if there are none)."""
    folder = Folder(place.root)
    named: list[str] = []
    for path in paths:
        named += _named(place, folder, path)
    repository = Repository.load(folder, place.settings.experiments, named)
    if not paths:
        return repository, repository.experiments
    return repository, tuple(e for e in repository.experiments if e.path in set(named))


def _named(place: Place, folder: Folder, path: str) -> list[str]:
    absolute, shown = _absolute(path), clean(path)
    if not os.path.lexists(absolute):
        raise UsageError(f"{shown}: no such file or folder")
    if not absolute.is_relative_to(place.root):
        raise UsageError(f"{shown}: is not below {place.root}, where {FILE} was found; run one command per repository")
    relative = absolute.relative_to(place.root).as_posix()
    if not absolute.is_dir():
        return [relative]
    below = [p for p in folder.paths() if relative == "." or p.startswith(f"{relative}/")]
    found = matching(below, place.settings.experiments)
    found = found or [p for p in matching(below, YAML) if p != FILE]
    if not found and relative != ".":
        raise UsageError(f"{shown}: no experiment file (*.yaml) is in there")
    return found


def _absolute(path: str) -> Path:
    """Where a path is: the links of its folders are followed, but not its own."""
    whole = Path(os.path.abspath(path))  # noqa: PTH100  Path.absolute keeps `..`
    return Path(os.path.realpath(whole.parent), whole.name)
