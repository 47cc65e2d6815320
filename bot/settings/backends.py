"""What the settings say of each backend: one part per kind, each with its defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from bot.document import faults
from bot.document.fields import Name, Part, Word, by_kind, tag


class LocalEngine(Part):
    """Jobs as processes on this machine."""

    kind: Literal["local"] = "local"
    path: str = Field(".sameday/engine", description="Where runs keep their logs and state.")
    workers: int = Field(8, ge=1, le=1000, description="Jobs that run at once.")


class ArgoEngine(Part):
    """Jobs as pods, by Argo Workflows; where and as whom they run, `manifests` says."""

    kind: Literal["argo"]
    context: str | None = Field(None, description="Of the kubeconfig; absent: its current one, or the pod's own.")
    version: Literal["3.6", "3.7", "4.0", "4.1"] = Field("4.1", description="The installed Argo Workflows.")


Engine = Annotated[Annotated[LocalEngine, tag("local")] | Annotated[ArgoEngine, tag("argo")], by_kind("local")]


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


class InCluster(Part):
    """What is kept in the cluster, beside the engine unless something else is said."""

    context: str | None = Field(None, description="Of the kubeconfig; absent: the engine's.")
    namespace: Name | None = Field(None, description="Absent: where the manifests go.")


class FolderFlags(Part):
    """A flagd file in a folder."""

    kind: Literal["folder"] = "folder"
    path: str = ".sameday/flags"
    set: Name = Field("experiments", description="The flag set's name; the file is <set>.flagd.json.")


class ConfigMapFlags(InCluster):
    """A flagd file in a ConfigMap."""

    kind: Literal["configmap"]
    set: Name = Field("experiments", description="The ConfigMap's name; the file in it is <set>.flagd.json.")


Flags = Annotated[
    Annotated[FolderFlags, tag("folder")] | Annotated[ConfigMapFlags, tag("configmap")], by_kind("folder")
]


class SqliteLedger(Part):
    """What is released, in one SQLite file."""

    kind: Literal["sqlite"] = "sqlite"
    path: str = ".sameday/ledger.sqlite"


class ConfigMapLedger(InCluster):
    """What is released, in the cluster: a ConfigMap per experiment, and a Lease."""

    kind: Literal["configmap"]
    name: Name = Field("sameday", description="What its objects' names begin with; one ledger per repository.")


Ledger = Annotated[
    Annotated[SqliteLedger, tag("sqlite")] | Annotated[ConfigMapLedger, tag("configmap")], by_kind("sqlite")
]
