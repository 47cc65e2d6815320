"""`warehouse: {kind: bigquery}` in the settings, and what jobs are told of their tables."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.compile.names import moment
from bot.compile.work import environment, work
from bot.experiment.repository import Repository
from bot.settings import Settings, load
from bot.settings.kinds import BigQueryWarehouse
from tests.checks.conftest import Memory
from tests.conftest import Repo

WAREHOUSE = {"kind": "bigquery", "project": "acme-data", "dataset": "reco"}
EXPERIMENT = """\
name: reco
inputs:
  events: {table: "logs.events_{date}"}
  users: {table: other-data.logs.users}
jobs: [{name: j, command: x}]
outputs:
  scores: {table: scores, job: j, columns: {a: STRING}}
"""


def test_defaults() -> None:
    loaded = load(yaml.safe_dump({"warehouse": WAREHOUSE}).encode(), "check", "/somewhere").settings
    assert loaded is not None
    warehouse = loaded.warehouse
    assert isinstance(warehouse, BigQueryWarehouse)
    assert (warehouse.location, warehouse.max_gigabytes, warehouse.run_as, warehouse.endpoint) == (
        "US",
        1024,
        None,
        None,
    )
    names = [warehouse.table(name) for name in ("a", "logs.a", "other-data.logs.a")]
    assert names == ["acme-data.reco.a", "acme-data.logs.a", "other-data.logs.a"]


def test_projects_of_a_domain() -> None:
    """Projects from before Google Cloud have a domain before their name, with a dot in it."""
    warehouse = BigQueryWarehouse.model_validate({**WAREHOUSE, "project": "acme.com:data-1", "places": "made"})
    names = [warehouse.table(name) for name in ("a", "logs.a", "acme.com:other-1.logs.a", "acme-x.logs.a")]
    assert names == ["acme.com:data-1.reco.a", "acme.com:data-1.logs.a", "acme.com:other-1.logs.a", "acme-x.logs.a"]
    assert warehouse.table("acme.com:other-2.logs.a__0badcafe") == (
        "acme.com:data-1.made.acme_com_other_2__logs__a__0badcafe"
    )
    assert [warehouse.refused(name) for name in names] == [""] * 4
    text = EXPERIMENT.replace("other-data.logs", "acme.com:other-1.logs")
    experiment = Repository.load(Memory({"x.yaml": text.encode()}), ["*.yaml"]).by_name["reco"]
    assert experiment.spec.inputs["users"].table == "acme.com:other-1.logs.users"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"project": None}, "the key 'project' is missing"),
        ({"dataset": None}, "the key 'dataset' is missing"),
        ({"project": "Acme"},
         "warehouse.project is 'Acme', but should be a project's id such as acme-data (6 to 30 characters)"),
        ({"dataset": "my-reco"}, "warehouse.dataset is 'my-reco', but may hold only letters, digits and _"),
        ({"location": "US;"}, "warehouse.location is 'US;', but may hold only letters, digits and hyphens"),
        ({"max_gigabytes": 0}, "warehouse.max_gigabytes is 0, but should be at least 1"),
        ({"run_as": "run"},
         "warehouse.run_as is 'run', but should be a service account such as run@acme-data.iam.gserviceaccount.com"),
        ({"endpoint": "localhost"},
         "warehouse.endpoint is 'localhost', but should be an address such as http://localhost:9050"),
        ({"read_endpoint": "http://x"},
         "warehouse.read_endpoint is 'http://x', but should be host and port, such as localhost:9060"),
        ({"path": "x"}, "unknown key 'path'"),
        ({"kind": "bigtable"}, "warehouse.kind should be 'folder' or 'bigquery', not 'bigtable'"),
    ],
)  # fmt: skip
def test_what_it_does_not_take(wrong: dict[str, Any], said: str) -> None:
    part = {key: value for key, value in {**WAREHOUSE, **wrong}.items() if value is not None}
    loaded = load(yaml.safe_dump({"warehouse": part}).encode(), "check")
    assert loaded.settings is None
    assert [fault.message for fault in loaded.faults] == [said]


def test_what_jobs_are_told() -> None:
    repository = Repository.load(Memory({"x.yaml": EXPERIMENT.encode()}), ["*.yaml"])
    settings = Settings.model_validate({"warehouse": WAREHOUSE})
    found = work(repository.by_name["reco"], repository, settings, date(2026, 11, 23), attempt=2)
    told = environment(found, moment(found.run, found.date, found.attempt))
    assert {name: value for name, value in told.items() if "PUT_" in name} == {
        "SAMEDAY_INPUT_EVENTS": "acme-data.logs.events_20261123",
        "SAMEDAY_INPUT_USERS": "other-data.logs.users",
        "SAMEDAY_OUTPUT_SCORES": f"acme-data.reco.scores__{found.key}_20261123_2",
    }


def test_manifests_say_the_same_for_every_date(repo: Repo) -> None:
    repo.write("sameday.yaml", yaml.safe_dump({"warehouse": WAREHOUSE}))
    repo.write("experiments/reco.yaml", EXPERIMENT)
    said = repo.sameday("render", "experiments/reco.yaml")
    assert said.code == 0
    template = next(part for part in yaml.safe_load_all(said.out) if part["kind"] == "WorkflowTemplate")
    text = yaml.safe_dump(template, width=10_000)
    day = "{{=sprig.dateInZone('20060102'"
    assert f"acme-data.logs.events_{day}" in text.replace("''", "'")


WRITE = "import duckdb, os; duckdb.sql('select 1 as n').write_parquet(os.environ['SAMEDAY_OUTPUT_SCORES'])"


@pytest.mark.slow
def test_a_rehearsal_without_bigquery(repo: Repo) -> None:
    """The embedded stack stands in for it: nobody is asked, and no login is needed."""
    made = {
        "name": "reco",
        "jobs": [{"name": "j", "commands": ["python", "-c", WRITE]}],
        "outputs": {"scores": {"table": "scores", "job": "j", "columns": {"n": "INT64"}}},
    }
    repo.write("sameday.yaml", yaml.safe_dump({"warehouse": WAREHOUSE}))
    repo.write("experiments/reco.yaml", yaml.safe_dump(made))
    said = repo.sameday("rehearse")
    assert said.code == 0, said.out + said.err
    assert (repo.root / "rehearsal" / "warehouse" / "reco.scores.parquet").is_file()


def test_without_googles_clients(repo: Repo) -> None:
    """What needs no warehouse is checked all the same."""
    repo.write("sameday.yaml", yaml.safe_dump({"warehouse": WAREHOUSE}))
    repo.write("experiments/a.yaml", "name: a\ninputs: {b: {table: c}}\njobs: [{name: j, command: 'true'}]\n")
    program = "import sys; sys.modules['google'] = None; from bot.cli import main; sys.exit(main(['check']))"
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", program], cwd=repo.root, env=env, capture_output=True, text=True)
    wanted = "BigQuery needs google.cloud.bigquery and google.cloud.bigquery_storage: pip install 'sameday[bigquery]'"
    assert (done.returncode, done.stderr) == (3, "")
    assert f"  errored  tables: {wanted}\n" in done.stdout
