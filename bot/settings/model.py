"""The settings as a whole: where experiments live, what runs them, what blocks."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from bot.document import faults
from bot.document.fields import Duration, Name, Part, Resources, Timezone, Tuple, Word
from bot.document.glob import MOST, Glob
from bot.settings.events import Event
from bot.settings.kinds import Engine, Flags, Ledger, Row, Store, Warehouse
from bot.settings.manifests import Manifests, Secrets
from bot.settings.metric import Metric
from bot.settings.traffic import Freeze, Holdout, Layer

Capability = Annotated[str, Field(pattern=faults.CAPABILITY)]
DEFAULT_REPO = "default"  # the entry of `repos` for jobs without `option.repo`


class Repo(Part):
    """What jobs with this `option.repo` run in."""

    image: str | None = Field(None, description="By digest, as in `registry/name@sha256:...`; a tag is remarked.")
    experiments: Tuple[Glob] | None = Field(
        None,
        description="Globs over paths of experiment files, as in `payments/**`: only their jobs may run in it, and "
        "so use its account and secrets; absent: those of any. CODEOWNERS says who may change files at these paths.",
    )
    service_account: Name | None = Field(
        None, description="Absent: the namespace's `default`. Never one of sameday's own (`manifests`)."
    )
    token: bool = Field(False, description="Whether jobs get a token of their account, to talk to the Kubernetes API.")
    capabilities: Tuple[Capability] = Field(
        (), description="Linux capabilities that jobs keep, such as CHOWN; all others are dropped."
    )
    environment: dict[str, str] = Field(
        default_factory=dict, description="Plain values, as in `{TEAM: reco}`; secrets come from the cluster."
    )
    secrets: Secrets = Field(
        default_factory=dict, description="Variable, and where its value is, as in `API_KEY: reco/api-key`."
    )
    resources: Resources = Field(default_factory=Resources, description="For jobs that ask for nothing themselves.")
    nodes: dict[str, str] = Field(
        default_factory=dict, description="Labels of the nodes that jobs run on, as in `{pool: batch}`."
    )
    tolerates: Tuple[str] = Field((), description="Keys of the nodes' taints that jobs may ignore, as in `[gpu]`.")


UNKNOWN = Repo()


class GitHub(Part):
    """How the bot behaves on GitHub."""

    commands: Tuple[Literal["check", "release", "rollback", "off", "on"]] = Field(
        (), description="What a comment `/sameday ...` may ask for, by people who may write to the repository."
    )


Language = Literal["en", "ja"]


class Reports(Part):
    """What is shown, where, and in which language."""

    language: Language = Field(
        "en",
        description="The language of the frame of comments and summaries (verdict, headings, what is next), as in "
        "`ja`; findings, reasons and steps stay English.",
    )
    logs: Literal["comment", "summary", "none"] | None = Field(
        None,
        description="Where the end of a failed job's log is shown: in the pull request's comment too, in the run's "
        "summary and log only, or nowhere. Absent: `comment` in a private repository, `summary` in a public one.",
    )


class Limits(Part):
    """How long things may take."""

    check: Duration = Field(timedelta(seconds=60), description="One check of one experiment, as in `60s`.")
    job: Duration = Field(timedelta(hours=6), description="A job that names no timeout, as in `6h`.")
    inputs: Duration = Field(timedelta(hours=1), description="A run waits this long for its inputs, as in `1h`.")
    pending: Duration = Field(
        timedelta(minutes=15),
        description="How long a job of a first run may wait to begin, as in `15m`, for its image, a Secret or a node "
        "that takes it; then its release fails and ends the run.",
    )
    staged: Duration = Field(timedelta(days=14), description="How long runs' own tables are kept, as in `14d`.")
    release: Duration = Field(
        timedelta(minutes=45), description="A release waits this long for first runs, as in `45m`."
    )
    late: Duration = Field(
        timedelta(hours=6),
        description="`sameday alarm` tells of a date that is not shown this long after its run was to begin, as in "
        "`3h`.",
    )


class Keep(Part):
    """How long data is kept that is shown no longer."""

    named_for: Duration = Field(
        timedelta(days=1),
        description="A place is kept this long after a flag or name last named it: longer than any application uses "
        "a flag's value that it has read, such as a mail batch (7d).",
    )
    at_most: Duration | None = Field(
        None,
        description="A place that was not live for this long, as in `90d`, is removed, though a rollback may want "
        "it: what has to be erased by a deadline. Absent: the release before the live one is kept.",
    )


class Settings(Part):
    """All settings; every part has a default, and a part that is absent is a backend that is not there."""

    experiments: Tuple[Glob] = Field(
        ("experiments/**/*.yaml", "experiments/**/*.yml"),
        max_length=MOST,
        description="Globs of experiment files, as in `experiments/**/*.yaml`.",
    )
    timezone: Timezone = Field(
        "UTC", description="IANA name such as `Asia/Tokyo`; that of every schedule and period that names none."
    )
    engine: Engine | None = Field(None, description="What runs jobs; a release needs one.")
    warehouse: Warehouse | None = Field(None, description="Where the jobs' tables are.")
    stores: dict[Word, Store] = Field(
        default_factory=dict, description="Where serving reads; an output's `sync.store` names one."
    )
    flags: Flags | None = Field(None, description="Where the flags of served experiments are published.")
    ledger: Ledger | None = Field(None, description="What remembers what is released; a release needs one.")
    manifests: Manifests = Field(
        default_factory=Manifests, description="With `engine: {kind: argo}`: what every run's manifest says."
    )
    repos: dict[str, Repo] = Field(default_factory=dict, description="By `option.repo`; `default` for jobs without.")
    options: dict[str, Tuple[str]] = Field(
        default_factory=dict, description="Values allowed per option, as in `{repo: [reco-batch]}`; absent: any."
    )
    layers: dict[Name, Layer] = Field(
        default_factory=dict, description="Tests of one layer never meet; `default` is there by itself."
    )
    holdouts: dict[Name, Holdout] = Field(
        default_factory=dict, description="Users kept out of all experiments for a time, by name."
    )
    events: dict[Word, Event] = Field(
        default_factory=dict, description="What users do, by the name that an interleaving test gives credit for."
    )
    metrics: dict[Word, Metric] = Field(
        default_factory=dict,
        description="What tests are read by, by the name that an experiment gives, as in "
        "`applications`; `sameday measure` measures them.",
    )
    freezes: dict[Name, Freeze] = Field(
        default_factory=dict, description="Days on which no test should begin, by name."
    )
    limits: Limits = Field(default_factory=Limits, description="How long things may take.")
    keep: Keep = Field(default_factory=Keep, description="How long data is kept that is shown no longer.")
    github: GitHub = Field(default_factory=GitHub, description="How the bot behaves on GitHub.")
    report: Reports = Field(default_factory=Reports, description="What is shown, and where.")
    rules: dict[str, Literal["error", "warning", "notice", "off"]] = Field(
        default_factory=dict, description="Another level for a rule, as in `tables.stale-table: error`."
    )
    ignorable: Tuple[str] = Field(
        (), description="Rules that a file may ignore, with a reason, as in `[flags.small-arm]`."
    )
    unreachable: dict[str, Literal["block", "warn"]] = Field(
        default_factory=dict, description="Per check; absent: block."
    )
    plugins: Tuple[str] = Field(
        (), description="Ids of third-party checks to run, as in `[acme_naming]`; nothing else is imported."
    )
    environments: dict[Word, dict[str, Any]] = Field(
        default_factory=dict, description="Overrides of the above, by name, as in `{release: {limits: {job: 12h}}}`."
    )

    def repo(self, option: str | None) -> Repo:
        """What a job with this `option.repo` runs in; nothing is known of an undeclared one."""
        return self.repos.get(option or DEFAULT_REPO, UNKNOWN)

    @property
    def backends(self) -> tuple[Row, ...]:
        """All that are there."""
        return (*self._parts().values(), *self.stores.values())

    def rooted(self, root: str) -> Self:
        """The same; relative paths of backends start at the folder `root`."""
        parts: dict[str, Any] = {name: part.rooted(root) for name, part in self._parts().items()}
        if self.stores:
            parts["stores"] = {name: store.rooted(root) for name, store in self.stores.items()}
        return self.model_copy(update=parts)

    def _parts(self) -> dict[str, Row]:
        parts = {"engine": self.engine, "warehouse": self.warehouse, "flags": self.flags, "ledger": self.ledger}
        return {name: part for name, part in parts.items() if part is not None}


EMBEDDED: dict[str, Any] = {"engine": {}, "warehouse": {}, "stores": {"serving": {}}, "flags": {}, "ledger": {}}
"""The parts of the embedded stack, each with its defaults."""

STATE = ".sameday"
"""Where the embedded stack keeps all it has, unless the settings say something else."""
