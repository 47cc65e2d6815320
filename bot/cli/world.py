"""Wiring: settings to adapters. The only place that reads the environment and the clock."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot import settings as settings_module
from bot.check import Check, Context
from bot.errors import UsageError
from bot.experiment.load import Experiment
from bot.experiment.repository import Folder, Repository, matching
from bot.finding import Span
from bot.git import Commit, Git
from bot.ports import Engine, Entry, Evaluator, Flags, Ledger, Store, Warehouse
from bot.settings import FILE, Settings

if TYPE_CHECKING:
    from bot.engines.local import Local

JOBS_SEE = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ")  # of our environment; nothing else reaches a job
YAML = ("**/*.yaml", "**/*.yml")


def clock() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


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
    faults: tuple[str, ...] = field(default=())
    """What is wrong with the head's own settings, where the base's are in force."""

    @property
    def prefix(self) -> str:
        """What leads from here to the root, for paths that a person can open."""
        relative = os.path.relpath(self.root, Path.cwd())
        return "" if relative == "." else f"{relative}/"


def open_place(start: Path, environment: str, base: str | None = None) -> Place:
    """The place around `start`; raises UsageError with every fault of the settings."""
    root = find_root(start.resolve())
    file = root / FILE
    content = file.read_bytes() if file.is_file() else None
    if base is None:
        return Place(root, read_settings(content or b"", environment, root, str(file)), content is not None)
    faults: tuple[str, ...] = ()
    try:
        read_settings(content or b"", environment, root, FILE)
    except UsageError as error:
        faults = tuple(str(error).splitlines())
    git = Git(root)
    path = (root / FILE).relative_to(git.top()).as_posix()
    try:
        trusted = Commit(git, git.merge_base(base)).read(path, 1 << 20)
    except OSError:
        trusted = b""
    return Place(root, read_settings(trusted, environment, root, f"{FILE} at {base}"), bool(trusted), faults)


def read_settings(content: bytes, environment: str, root: Path, shown: str) -> Settings:
    """The settings in `content`, or a UsageError with a line per fault."""
    loaded = settings_module.load(content, environment, str(root))
    if loaded.settings is None:
        lines = [
            f"{shown}:{_place(f.span)}: error {f.message}" + (f" ({f.hint})" if f.hint else "") for f in loaded.faults
        ]
        raise UsageError("\n".join(lines))
    return loaded.settings


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
    absolute = Path.cwd() / os.path.normpath(path)
    if not os.path.lexists(absolute):
        raise UsageError(f"{path}: no such file or folder")
    if not absolute.is_relative_to(place.root):
        raise UsageError(f"{path}: is not below {place.root}, where {FILE} was found; run one command per repository")
    relative = absolute.relative_to(place.root).as_posix()
    if not absolute.is_dir():
        return [relative]
    below = [p for p in folder.paths() if relative == "." or p.startswith(f"{relative}/")]
    found = matching(below, place.settings.experiments)
    return found or [p for p in matching(below, YAML) if p != FILE]


def checks(settings: Settings) -> Mapping[str, Check]:
    """The built-in checks, and the third-party ones that the settings name."""
    from checks import CHECKS

    if not settings.plugins:
        return CHECKS
    from importlib.metadata import entry_points

    found = dict(CHECKS)
    available = {point.name: point for point in entry_points(group="sameday.checks")}
    for name in settings.plugins:
        if name in CHECKS:
            raise UsageError(f"the plugin '{name}' has the name of a built-in check")
        if name not in available:
            raise UsageError(f"the settings name the plugin '{name}', but no installed package provides it")
        try:
            module = available[name].load()
        except Exception as error:
            raise UsageError(f"the plugin '{name}' cannot be imported: {type(error).__name__}: {error}") from None
        if not isinstance(module, Check):
            raise UsageError(f"the plugin '{name}' lacks one of ID, RULES, REQUIRES, NEEDS, WANTS and check")
        if name != module.ID:
            raise UsageError(f"the plugin '{name}' calls itself '{module.ID}'; both must be the same")
        found[name] = module
    return found


def check_rules(settings: Settings, known: Mapping[str, Check]) -> None:
    """Refuse settings that speak of rules or checks that do not exist."""
    rules = {f"{check.ID}.{rule}" for check in known.values() for rule in check.RULES}
    for kind, names, there in (
        ("rules", settings.rules, rules),
        ("ignorable", settings.ignorable, rules),
        ("unreachable", settings.unreachable, set(known)),
    ):
        for name in names:
            if name not in there:
                raise UsageError(f"the settings' `{kind}` name '{name}', which is not known; see `sameday explain`")


def context(place: Place, repository: Repository, offline: bool, history: bool) -> Context:
    """What the checks may use."""
    settings = place.settings
    limit = settings.limits.check
    bare = Context(settings, repository, clock(), clock() + limit, history=history)
    if offline:
        return bare
    return Context(
        settings, repository, bare.now, bare.now + timedelta(hours=1), history=history,
        engine=engine(place) if settings.engine else None, warehouse=warehouse(settings), stores=stores(settings),
        evaluator=evaluator(),
    )  # fmt: skip


def engine(place: Place) -> Engine:
    """What runs jobs."""
    return local_engine(place)


def local_engine(place: Place) -> Local:
    """The local engine, which also knows how to do what a cron would do."""
    from bot.engines.local import Local

    if place.settings.engine is None:
        raise UsageError(f"{FILE} names no engine; add `engine: {{kind: local}}`")
    inherited = {name: os.environ[name] for name in JOBS_SEE if name in os.environ}
    # Jobs find the Python that sameday runs in, whether or not its environment is activated.
    inherited["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), inherited.get("PATH", os.defpath)])
    return Local(place.settings.engine, place.root, (sys.executable, "-I", "-m", "bot", "task"), inherited)


def warehouse(settings: Settings) -> Warehouse | None:
    """Where tables live."""
    if settings.warehouse is None:
        return None
    _need("duckdb", "pyarrow", what="a warehouse in a folder")
    from bot.warehouses.folder import Folder as FolderWarehouse

    return FolderWarehouse(settings.warehouse)


def stores(settings: Settings) -> dict[str, Store]:
    """Where serving reads."""
    if not settings.stores:
        return {}
    _need("duckdb", "pyarrow", what="a store in SQLite")
    from bot.stores.sqlite import Sqlite

    return {name: Sqlite(store) for name, store in settings.stores.items()}


def flags(settings: Settings) -> Flags | None:
    """Where flags are published."""
    from bot.flags.folder import Folder as FolderFlags

    return FolderFlags(settings.flags) if settings.flags else None


def evaluator() -> Evaluator | None:
    """The flag client, if it is installed."""
    if importlib.util.find_spec("openfeature") is None:
        return None
    from bot.flags.openfeature import OpenFeature

    return OpenFeature()


def ledger(settings: Settings) -> Ledger | None:
    """What is released."""
    from bot.ledgers.sqlite import Sqlite

    return Sqlite(settings.ledger) if settings.ledger else None


def entries(settings: Settings) -> Mapping[str, Sequence[Entry]]:
    """All that was released, or nothing where there is no ledger yet."""
    if settings.ledger is None or not Path(settings.ledger.path).exists():
        return {}
    found = ledger(settings)
    return found.entries() if found else {}


def _need(*packages: str, what: str) -> None:
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(f"{what} needs {' and '.join(missing)}: pip install 'sameday[embedded]'")


def images(settings: Settings, given: Iterable[str]) -> Settings:
    """The settings with images that were just built."""
    repos = dict(settings.repos)
    for word in given:
        repo, found, digest = word.partition("=")
        if not found or not digest:
            raise UsageError(f"--images {word}: write REPO=DIGEST, as in reco-batch=registry/reco@sha256:…")
        repos[repo] = settings.repo(repo).model_copy(update={"image": digest})
    return settings.model_copy(update={"repos": repos})
