"""A BigQuery of the tests' own: an emulator in a process and a Python environment of its own, gone at the end."""

from __future__ import annotations

import io
import itertools
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bot.settings.kinds import BigQueryWarehouse
from bot.warehouses.folder import bigquery_type

INSTALL = "BigQuery's emulator is not installed: bash .ci/bigquery"
SERVE = Path(__file__).parent / "serve.py"
PROJECT = "acme-data"


def python() -> Path:
    """The emulator's own Python, where `.ci/bigquery` puts it."""
    beside = Path(os.environ.get("SAMEDAY_BIN", Path.home() / ".cache" / "sameday" / "bin"))
    return beside.parent / "bqemulator" / "bin" / "python"


def fields(schema: pa.Schema) -> list[Any]:
    """The columns as BigQuery's client declares them."""
    from google.cloud import bigquery

    return [bigquery.SchemaField.from_api_repr(_field(each.name, bigquery_type(each.type))) for each in schema]


def _field(name: str, kind: str) -> dict[str, Any]:
    from bot.experiment.types import split

    if kind.startswith("ARRAY<"):
        return {**_field(name, kind[6:-1]), "mode": "REPEATED"}
    if kind.startswith("STRUCT<"):
        inner = [_field(*part.strip().split(" ", 1)) for part in split(kind[7:-1])]
        return {"name": name, "type": "RECORD", "mode": "NULLABLE", "fields": inner}
    return {"name": name, "type": {"INT64": "INTEGER", "FLOAT64": "FLOAT"}.get(kind, kind), "mode": "NULLABLE"}


@dataclass
class Emulator:
    """A running emulator; every `settings()` is for a project with nothing in it."""

    url: str
    read: str
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def settings(self, url: str = "", **more: Any) -> BigQueryWarehouse:
        """The settings of a project of its own, which has the datasets `main`, `logs` and `reco`."""
        project = f"{PROJECT}-{next(self.numbers)}"
        for dataset in ("main", "logs", "reco"):
            self.client(project).create_dataset(f"{project}.{dataset}")
        return BigQueryWarehouse(
            kind="bigquery", project=project, dataset="main", endpoint=url or self.url, read_endpoint=self.read, **more
        )

    def client(self, project: str) -> Any:
        """Google's own client, as a job uses it."""
        return client(self.url, project)


def client(url: str, project: str) -> Any:
    """Google's own client against an emulator."""
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import bigquery

    options = {"api_endpoint": url}
    nobody = AnonymousCredentials()  # type: ignore[no-untyped-call]
    return bigquery.Client(project, nobody, location="US", client_options=options)


def put(connected: Any, table: str, rows: pa.Table) -> None:
    """Write a table as a job does that replaces it."""
    from google.cloud import bigquery

    connected.delete_table(table, not_found_ok=True)
    connected.create_table(bigquery.Table(table, schema=fields(rows.schema)))  # the emulator loads into nothing new
    content = io.BytesIO()
    pq.write_table(rows, content)
    content.seek(0)
    config = bigquery.LoadJobConfig(source_format="PARQUET")
    connected.load_table_from_file(content, table, job_config=config).result()


@contextmanager
def launched() -> Iterator[Emulator]:
    """An emulator with nothing in it."""
    if not python().exists():
        pytest.skip(INSTALL)
    process = subprocess.Popen([python(), "-I", SERVE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        yield Emulator(said["rest"], said["grpc"])
    finally:
        process.terminate()
        process.communicate()
