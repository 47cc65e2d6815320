"""What the settings say of each backend: one part per kind, each with its defaults."""

from __future__ import annotations

import os
import re
from typing import Annotated, Literal

from pydantic import Field

from bot.document import faults
from bot.document.fields import Name, Part, Word, by_kind, tag

PROJECT = r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$"
DATASET = r"^[A-Za-z0-9_]+$"


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
    dataset: str = Field("main", pattern=DATASET, description="Used for table names without one.")

    def table(self, name: str) -> str:
        """The full name of a table an experiment names."""
        return name if "." in name else f"{self.dataset}.{name}"

    def address(self, table: str) -> str:
        """What a job is told: where it reads or writes the table."""
        return os.path.join(self.path, f"{self.table(table)}.parquet")  # noqa: PTH118  a thousand experiments name many

    def refused(self, table: str) -> str:
        """Why no table can have this name, or ''."""
        return ""


class BigQueryWarehouse(Part):
    """Datasets of Google BigQuery."""

    kind: Literal["bigquery"]
    project: str = Field(pattern=PROJECT, description="Where queries are billed, and tables without a project live.")
    dataset: str = Field(pattern=DATASET, max_length=1024, description="Used for table names without one.")
    location: str = Field(
        "US", pattern=r"^[A-Za-z0-9-]+$", description="Where the datasets are and queries run, as in EU."
    )
    max_gigabytes: int = Field(1024, ge=1, description="A query of sameday's own that would read more is refused.")
    run_as: str | None = Field(
        None, pattern=r"^[^@\s]+@[^@\s]+$",
        description="The service account of the runs, if checks may impersonate it: then they test what it may do. In "
        "GitHub Actions they do so in the merge queue and on protected branches only, where no pull request's own "
        "workflow runs: grant the right to nobody else.",
    )  # fmt: skip
    endpoint: str | None = Field(None, pattern=r"^https?://", description="An emulator's address; no login is sent.")
    read_endpoint: str | None = Field(
        None, pattern=r"^[^/\s]+:[0-9]+$", description="The emulator's address for reads: host and port."
    )

    def table(self, name: str) -> str:
        """The full name of a table an experiment names."""
        parts = [self.project, self.dataset][: max(0, 3 - len(name.split(".")))]
        return ".".join((*parts, name))

    def address(self, table: str) -> str:
        """What a job is told: project.dataset.table."""
        return self.table(table)

    def refused(self, table: str) -> str:
        """Why BigQuery has no table of this name, or ''."""
        project, dataset, _ = self.table(table).split(".")
        if not re.match(PROJECT, project):
            return f"'{project}' is no project: 6 to 30 lower-case letters, digits and hyphens, beginning with a letter"
        if not re.match(DATASET, dataset):
            return f"'{dataset}' is no dataset: letters, digits and _ only"
        return ""


Warehouse = Annotated[
    Annotated[FolderWarehouse, tag("folder")] | Annotated[BigQueryWarehouse, tag("bigquery")], by_kind("folder")
]


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
