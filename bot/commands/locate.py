"""Opening a workspace: where it starts, which settings are in force, which experiments are meant."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from bot.commands.called import no_file, path_of
from bot.document.glob import matching
from bot.document.read import MAX_BYTES
from bot.errors import UsageError
from bot.experiment.files import Files, FolderFiles, IdentifiedFiles
from bot.experiment.repository import Repository
from bot.git import Commit, Git, nearest
from bot.ports.backends import Backends
from bot.report.escape import clean
from bot.settings import FILE, Settings, load
from bot.workspace import Workspace

YAML = ("**/*.yaml", "**/*.yml")


def find_root(start: Path) -> Path:
    """The nearest folder with settings, else the repository's, else where we are."""
    start = start if start.is_dir() else start.parent
    for mark in (FILE, ".git"):
        for folder in (start, *start.parents):
            if (folder / mark).exists():
                return folder
    return Path.cwd()


def git_at(folder: Path, backends: Backends) -> Git:
    """The repository we are in, if the folder is in it, too; else the one around the folder.

    A repository further down is not ours: a submodule is what a pull request brings.
    """
    here, inside = nearest(Path.cwd()), Path(os.path.realpath(folder))
    top = here if here is not None and inside.is_relative_to(here) else nearest(inside)
    return Git(folder, top, backends.environment)


def open_workspace(
    start: Path, environment: str, backends: Backends, base: str | None = None, git: Git | None = None
) -> Workspace:
    """The workspace around `start`; raises UsageError with every fault of the settings.

    With `base`, a commit, its settings are in force, and where they are is looked up there. `git` is the repository
    where that is known already.
    """
    start = _absolute(str(start))
    if base is not None:
        return _open_at(start, environment, backends, base)
    root = find_root(start)
    files = FolderFiles(root)
    text = content(files, str(root / FILE))
    settings = read_settings(text or b"", environment, root, str(root / FILE), files)
    backends.learn(settings)
    return Workspace(root, settings, git or git_at(root, backends), backends, text is not None)


def _open_at(start: Path, environment: str, backends: Backends, base: str) -> Workspace:
    around = git_at(start if start.is_dir() else start.parent, backends)
    before = Commit(around.at_top(), around.merge_base(base))
    root, faults = _root_at(before, start), []
    here = find_root(start)
    if root is None:
        root = here
    elif here != root and here.is_relative_to(root):
        faults = [f"{clean(str(here / FILE))}: is not in force, since {root / FILE} is; remove it"]
    try:
        head = FolderFiles(root)
        read_settings(content(head, FILE) or b"", environment, root, FILE, head)
    except UsageError as error:
        faults += str(error).splitlines()
    git, label = around.below(root), f"{FILE} at {base}"
    files = Commit(git, before.commit)
    trusted = content(files, label)
    settings = read_settings(trusted or b"", environment, root, label, files)
    backends.learn(settings)
    return Workspace(root, settings, git, backends, trusted is not None, tuple(faults))


def _root_at(before: Commit, start: Path) -> Path | None:
    """The nearest folder around `start` that had settings in a commit."""
    top = before.git.root
    for folder in (start, *start.parents):
        if folder.is_relative_to(top) and (folder.relative_to(top) / FILE).as_posix() in before.files:
            return folder
    return None


def content(files: Files, label: str) -> bytes | None:
    """The settings file, or None without one; no link leads to another one, whose text a message would show."""
    try:
        return files.read(FILE, MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{clean(label)}: cannot be read: {error.strerror or error}") from None


def read_settings(content: bytes, environment: str, root: Path, label: str, files: Files) -> Settings:
    """The settings in `content`, which is one of the `files`, or a UsageError with a line per fault."""
    loaded = load(content, environment, str(root), files.read)
    if loaded.settings is None:
        lines = [
            f"{label}:{f.span.line}:{f.span.column}: error {f.message}" + (f" ({f.hint})" if f.hint else "")
            for f in loaded.faults
        ]
        raise UsageError("\n".join(map(clean, lines)))
    return loaded.settings


def named(
    workspace: Workspace,
    paths: Sequence[str],
    differing: Collection[str] | None = None,
    tree: IdentifiedFiles | None = None,
) -> tuple[Repository, Sequence[str]]:
    """All experiments, and the files of those that `paths` name (all, if there are none).

    What is named is loaded, and of it only what is among the `differing` files where such are known. `tree` are files
    to read in the place of those that are here.
    """
    files = dict.fromkeys(file for path in paths for file in _files(workspace, path))
    whole = not paths if differing is None else FILE in differing
    repository = workspace.load(tree or workspace.files, files, files if differing is None else differing, whole=whole)
    return repository, [path for path in repository.records if path in files or not paths]


def _files(workspace: Workspace, path: str) -> list[str]:
    absolute, shown = _absolute(path), clean(path)
    if not os.path.lexists(absolute):
        if (called := path_of(workspace, path)) is not None:
            return [called]
        raise no_file(workspace, path)
    if not absolute.is_relative_to(workspace.root):
        raise UsageError(
            f"{shown}: is not below {workspace.root}, where {FILE} was found; run one command per repository"
        )
    relative = absolute.relative_to(workspace.root).as_posix()
    if not absolute.is_dir():
        return [relative]
    below = [p for p in workspace.files.paths() if relative == "." or p.startswith(f"{relative}/")]
    files = matching(below, workspace.settings.experiments)
    files = files or [p for p in matching(below, YAML) if p != FILE]
    if not files and relative != ".":
        raise UsageError(f"{shown}: no experiment file (*.yaml) is in there")
    return files


def _absolute(path: str) -> Path:
    """Where a path is: the links of its folders are followed, but not its own."""
    whole = Path(os.path.abspath(path))  # noqa: PTH100  Path.absolute keeps `..`
    return Path(os.path.realpath(whole.parent), whole.name)
