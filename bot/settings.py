"""The platform team's side, `sameday.yaml`: where experiments live, what runs them, what blocks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from bot.document import faults
from bot.document.faults import shown
from bot.document.fields import Duration, Name, Part, Tuple, Word, by_kind, tag
from bot.document.nearest import nearest
from bot.document.read import read
from bot.document.tree import Tree
from bot.finding import Problem, Route, Span

FILE = "sameday.yaml"
DEFAULT_REPO = "default"  # the entry of `repos` for jobs without `option.repo`
CHOSEN = ("check", "release")  # environments that commands ask for by themselves, declared or not


class Repo(Part):
    """What jobs with this `option.repo` run in."""

    image: str | None = Field(None, description="By digest: registry/name@sha256:...")
    service_account: Name | None = None
    environment: dict[str, str] = Field(
        default_factory=dict, description="Plain values; secrets come from the cluster."
    )


UNKNOWN = Repo()


class LocalEngine(Part):
    """Jobs as processes on this machine."""

    kind: Literal["local"] = "local"
    path: str = Field(".sameday/engine", description="Where runs keep their logs and state.")
    workers: int = Field(8, ge=1, le=1000, description="Jobs that run at once.")


class FolderWarehouse(Part):
    """A folder with one Parquet file per table."""

    kind: Literal["folder"] = "folder"
    path: str = ".sameday/warehouse"
    dataset: str = Field("main", pattern=r"^[A-Za-z0-9_]+$", description="Used for table names without one.")

    def table(self, name: str) -> str:
        """The full name of a table an experiment names."""
        return name if "." in name else f"{self.dataset}.{name}"

    def address(self, table: str) -> str:
        """What a job is told: where it reads or writes the table."""
        return str(Path(self.path) / f"{self.table(table)}.parquet")


class SqliteStore(Part):
    """One SQLite file that serving reads."""

    kind: Literal["sqlite"] = "sqlite"
    path: str = ".sameday/serving.sqlite"


class PostgresqlStore(Part):
    """A database that serving reads."""

    kind: Literal["postgresql"]
    dsn: str = Field(
        "SAMEDAY_POSTGRESQL_DSN", pattern=faults.VARIABLE,
        description="The environment variable that holds the connection string.",
    )  # fmt: skip
    schema_name: Word = Field("public", description="The schema where serving reads.")
    state_schema: Word = Field("sameday", description="The schema where versions are kept; made if it is not there.")


Store = Annotated[
    Annotated[SqliteStore, tag("sqlite")] | Annotated[PostgresqlStore, tag("postgresql")], by_kind("sqlite")
]


class FolderFlags(Part):
    """A flagd file in a folder."""

    kind: Literal["folder"] = "folder"
    path: str = ".sameday/flags"
    set: Name = Field("experiments", description="The flag set's name; the file is <set>.flagd.json.")


class SqliteLedger(Part):
    """What is released, in one SQLite file."""

    kind: Literal["sqlite"] = "sqlite"
    path: str = ".sameday/ledger.sqlite"


class Manifests(Part):
    """What compiled Argo manifests say beyond the experiment."""

    namespace: Name = "experiments"
    image: str | None = Field(None, description="sameday's own image, for the last tasks of a run.")
    service_account: Name | None = None
    parallelism: int = Field(50, ge=1, description="Pods of one run at once.")


class GitHub(Part):
    """How the bot behaves on GitHub."""

    commands: Tuple[Literal["check", "release", "rollback"]] = Field(
        (), description="What a comment `/sameday ...` may ask for, by people who may write to the repository."
    )


class Limits(Part):
    """How long things may take."""

    check: Duration = Field(timedelta(seconds=60), description="One check of one experiment.")
    job: Duration = Field(timedelta(hours=6), description="A job that names no timeout.")
    inputs: Duration = Field(timedelta(hours=1), description="A run waits this long for its inputs.")
    staged: Duration = Field(timedelta(days=14), description="How long runs' own tables are kept.")
    release: Duration = Field(timedelta(minutes=45), description="A release waits this long for first runs.")


class Settings(Part):
    """All settings; every part has a default, and a part that is absent is a backend that is not there."""

    experiments: Tuple[str] = ("experiments/**/*.yaml", "experiments/**/*.yml")
    engine: LocalEngine | None = None
    warehouse: FolderWarehouse | None = None
    stores: dict[Word, Store] = Field(default_factory=dict)
    flags: FolderFlags | None = None
    ledger: SqliteLedger | None = None
    manifests: Manifests = Field(default_factory=Manifests)
    repos: dict[str, Repo] = Field(default_factory=dict, description="By `option.repo`; `default` for jobs without.")
    options: dict[str, Tuple[str]] = Field(default_factory=dict, description="Values allowed per option; absent: any.")
    limits: Limits = Field(default_factory=Limits)
    github: GitHub = Field(default_factory=GitHub)
    rules: dict[str, Literal["error", "warning", "notice", "off"]] = Field(default_factory=dict)
    ignorable: Tuple[str] = Field((), description="Rules that a file may ignore, with a reason.")
    unreachable: dict[str, Literal["block", "warn"]] = Field(
        default_factory=dict, description="Per check; absent: block."
    )
    plugins: Tuple[str] = Field((), description="Ids of third-party checks to run; nothing else is imported.")
    environments: dict[Word, dict[str, Any]] = Field(
        default_factory=dict, description="Overrides of the above, by name."
    )

    def repo(self, option: str | None) -> Repo:
        """What a job with this `option.repo` runs in; nothing is known of an undeclared one."""
        return self.repos.get(option or DEFAULT_REPO, UNKNOWN)


EMBEDDED: dict[str, Any] = {"engine": {}, "warehouse": {}, "stores": {"serving": {}}, "flags": {}, "ledger": {}}
"""The parts of the embedded stack, each with its defaults."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the settings, and where."""

    span: Span
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, or what is wrong with them."""

    settings: Settings | None
    faults: tuple[Fault, ...] = ()


def load(content: bytes, environment: str, root: str = "") -> Loaded:
    """The settings in `content` with the overrides of `environment`; relative paths start at the folder `root`."""
    tree = read(content)
    if tree.data is None and not tree.faults:
        tree.data = {}
    plain, problems = faults.validate(tree, Settings, "settings")
    if plain is None or problems:
        return Loaded(None, tuple(_fault(tree, problem, ()) for problem in problems))
    base = {key: value for key, value in tree.data.items() if key != "environments"}
    found: dict[str, Settings] = {}
    wrong: list[Fault] = []
    for name, override in plain.environments.items():  # all of them: a check finds what a release would stumble over
        settings, problems = faults.validate(Tree(merge(base, override), tree.root), Settings, "settings")
        wrong += [_fault(tree, problem, ("environments", name)) for problem in problems]
        if settings is not None:
            found[name] = settings
    if environment not in (*CHOSEN, *found) and not wrong:
        message, close = f"there is no environment {shown(environment)}", nearest(environment, found)
        hint = f"did you mean '{close}'?" if close else f"declared: {', '.join(found) or 'none'}"
        wrong.append(Fault(tree.span(("environments",), "key"), message, hint))
    if wrong:
        return Loaded(None, tuple(wrong))
    chosen = found.get(environment, plain)
    return Loaded(chosen.model_validate(rooted(chosen.model_dump(exclude_unset=True), root)))


def _fault(tree: Tree, problem: Problem, below: Route) -> Fault:
    route = below + problem.route if tree.written(below + problem.route) else problem.route
    return Fault(tree.span(route, problem.on), problem.message, problem.hint)


def merge(base: Any, override: Any) -> Any:
    """`override` over `base`, mappings key by key; everything else is replaced."""
    if not isinstance(base, dict) or not isinstance(override, dict):
        return override
    return {**base, **{key: merge(base[key], value) if key in base else value for key, value in override.items()}}


def rooted(data: dict[str, Any], root: str) -> dict[str, Any]:
    """The settings' raw values with every backend's path made absolute below `root`."""
    if not root:
        return data
    result = dict(data)
    for part in ("engine", "warehouse", "flags", "ledger"):
        if isinstance(data.get(part), dict):
            result[part] = _rooted(data[part], part, root)
    result["stores"] = {name: _rooted(store, "stores", root) for name, store in data.get("stores", {}).items()}
    return result


_PATHS: dict[str, type[Part]] = {
    "engine": LocalEngine,
    "warehouse": FolderWarehouse,
    "flags": FolderFlags,
    "ledger": SqliteLedger,
    "stores": SqliteStore,
}


def _rooted(part: dict[str, Any], kind: str, root: str) -> dict[str, Any]:
    if part.get("kind") == "postgresql":
        return part
    default = _PATHS[kind].model_fields["path"].default
    return {**part, "path": str(Path(root, part.get("path", default)))}
