"""The production warehouse."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field

from bot.document.faults import PROJECT
from bot.document.fields import Tuple
from bot.settings.kinds.backend import Backend, Needs

DATASET = r"^[A-Za-z0-9_]+$"
RELEASED = re.compile(r"__[0-9a-f]{8}(_[0-9]{8}(_[0-9]+)?)?\Z")  # ends the names of places, and of what runs write
PLACE = rf"^({PROJECT[1:-1]}\.)?[A-Za-z0-9_]+$"


class BigQueryWarehouse(Backend):
    """Datasets of Google BigQuery."""

    opener: ClassVar[str] = "bot.warehouses.bigquery:open_warehouse"
    needs: ClassVar[Needs | None] = Needs(
        "BigQuery", ("google.cloud.bigquery", "google.cloud.bigquery_storage"), "bigquery"
    )
    ahead: ClassVar[tuple[str, ...]] = ("google.cloud.bigquery", "google.cloud.bigquery_storage_v1")

    kind: Literal["bigquery"]
    project: str = Field(
        pattern=PROJECT, description="Where queries are billed, and tables without a project live, as in `acme-data`."
    )
    dataset: str = Field(
        pattern=DATASET, max_length=1024, description="Used for table names without one, as in `reco`."
    )
    places: str | None = Field(
        None, pattern=DATASET,
        description="A dataset for the releases' own tables, which their names show, as in `sameday_places`; absent: "
        "each is beside its name.",
    )  # fmt: skip
    datasets: Tuple[Annotated[str, Field(pattern=PLACE)]] = Field(
        (),
        description="Datasets that outputs may be in, as `reco` or `acme-data.reco`; absent: any that runs may write.",
    )
    location: str = Field(
        "US", pattern=r"^[A-Za-z0-9-]+$", description="Where the datasets are and queries run, as in EU."
    )
    max_gigabytes: int = Field(
        1024, ge=1, description="A query of sameday's own that would read more gigabytes is refused, as in `100`."
    )
    run_as: str | None = Field(
        None, pattern=r"^[^@\s]+@[^@\s]+$",
        description="The service account of the runs, as in `run@acme-data.iam.gserviceaccount.com`, if checks may "
        "impersonate it: then they test what it may do. In GitHub Actions they do so in the merge queue and on "
        "protected branches only, where no pull request's own workflow runs: grant the right to nobody else.",
    )  # fmt: skip
    endpoint: str | None = Field(
        None,
        pattern=r"^https?://",
        description="An emulator's address, as in `http://localhost:9050`; no login is sent.",
    )
    read_endpoint: str | None = Field(
        None, pattern=r"^[^/\s]+:[0-9]+$", description="The emulator's address for reads, as in `localhost:9060`."
    )

    def table(self, name: str) -> str:
        """The full name of a table an experiment names."""
        parts = [self.project, self.dataset][: max(0, 3 - len(name.rsplit(".", 2)))]
        full = ".".join((*parts, name))
        place, _, table = full.rpartition(".")
        project, _, dataset = place.rpartition(".")
        if self.places is None or dataset == self.places or not RELEASED.search(table):
            return full
        of = "" if project == self.project else f"{re.sub('[-.:]', '_', project)}__"
        return f"{self.project}.{self.places}.{of}{dataset}__{table}"

    def catalogue(self, table: str) -> tuple[str, str]:
        """The full name of the dataset whose catalogue has a table, by its full name, and its name there."""
        dataset, _, name = table.rpartition(".")
        if self.places is None or dataset == f"{self.project}.{self.places}":
            return dataset, name
        return f"{self.project}.{self.places}", table

    def apart(self, table: str) -> str | None:
        """A table that is where the releases' own of an output are, if that is a dataset of their own."""
        return self.table(f"{table}__{'0' * 8}") if self.places else None

    def address(self, table: str) -> str:
        """What a job gets: project.dataset.table."""
        return self.table(table)

    def refused(self, table: str) -> str:
        """Why BigQuery has no table of this name, or ''."""
        project, dataset, _ = self.table(table).rsplit(".", 2)
        if not re.match(PROJECT, project):
            return f"'{project}' is no project: 6 to 30 lower-case letters, digits and hyphens, beginning with a letter"
        if not re.match(DATASET, dataset):
            return f"'{dataset}' is no dataset: letters, digits and _ only"
        return ""

    def outside(self, table: str) -> str:
        """Why no output may be there, or ''."""
        place = self.table(table).rpartition(".")[0]
        if not self.datasets or place in {name if "." in name else f"{self.project}.{name}" for name in self.datasets}:
            return ""
        return f"{table} is in {place}, and the settings let outputs be in {', '.join(self.datasets)} only"

    @property
    def identity(self) -> str | None:
        """The runs' service account."""
        return self.run_as

    def as_itself(self) -> Self:
        """The same without `run_as`."""
        return self.model_copy(update={"run_as": None})
