"""Every job says on whose behalf it is, may read so much and no more, and is found again by a rerun."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from bot.errors import Refused, Unreachable
from bot.experiment.model import Output
from bot.ports import Work
from bot.tasks.verify import verify
from bot.warehouses.bigquery import BigQuery
from tests.far.bigquery import Fake, Said
from tests.far.bigquery.server import Call
from tests.warehouses.conftest import settings
from tests.warehouses.kept import NOW

DAY = date(2026, 11, 23)
STAGED = "reco.v4__0badcafe_20261123_2"
COLUMNS = {"user_id": "STRING", "dt": "DATE"}
DAILY = Output.model_validate(
    {"table": "reco.v4", "job": "infer", "columns": COLUMNS, "key": ["user_id"], "partition": {"column": "dt"}}
)
LABELS = {"sameday_experiment": "reco", "sameday_run": "reco-0badcafe-20261123"}
COUNTS = [{"n": 3, "repeated": 0, "others": 0, "c0": 0, "c1": 0}]


@pytest.fixture(autouse=True)
def staged(fake: Fake) -> None:
    """A run's own table, and what a query over it counts."""
    fake.table(f"acme-data.{STAGED}", COLUMNS)
    fake.rows["SELECT COALESCE(SUM(n), 0)"] = COUNTS
    fake.rows["WITH own AS"] = [{"content": 7, "units": 3, "alike": 1}]


def ids(fake: Fake) -> list[str]:
    """The jobs that were asked for, in order."""
    return [call.body["jobReference"]["jobId"] for call in fake.asked("jobs.insert")]


def is_read(call: Call) -> bool:
    """Whether the job counts rows of the run's own table."""
    return call.body["configuration"]["labels"]["sameday"] in ("verify", "watch")


def config(call: Call) -> dict[str, Any]:
    """What a job was told."""
    found: dict[str, Any] = call.body["configuration"]
    return found


def test_every_job_is_labelled_and_every_query_bounded(fake: Fake) -> None:
    warehouse = BigQuery(settings(fake, max_gigabytes=5), {"experiment": "Reco", "run": "r" * 80}, patience=1.0)
    fake.view("acme-data.logs.both", [])
    fake.rows["SELECT 1 AS found"] = [{"found": 1}]
    warehouse.describe(["logs.both"])
    warehouse.profile(STAGED, DAILY, DAY)
    assert warehouse.holds(STAGED, "dt", DAY)
    jobs = [config(call) for call in fake.asked("jobs.insert")]
    assert [job["labels"]["sameday"] for job in jobs] == ["check", "verify", "wait"]
    assert all(job["labels"].items() >= {("sameday_experiment", "reco"), ("sameday_run", "r" * 63)} for job in jobs)
    assert [job["query"]["maximumBytesBilled"] for job in jobs] == [str(5 * 2**30)] * 3


def test_profile_is_one_query_that_says_what_it_cost(fake: Fake, warehouse: BigQuery) -> None:
    fake.billed = 12 * 10**6
    fake.rows["SELECT COALESCE(SUM(n), 0)"] = [{"n": 9, "repeated": 2, "others": 1, "c0": 4, "c1": 0}]
    found = warehouse.profile(STAGED, DAILY, DAY)
    assert (found.rows, found.duplicates, found.other_days, found.billed) == (9, 2, 1, 12_000_000)
    assert found.nulls == {"user_id": 4, "dt": 0}
    job, keys = fake.asked("jobs.insert")
    assert config(job)["query"]["query"].count("acme-data.reco.v4") == 1, "the table is read once"
    assert "HAVING COUNT(*) > 1" in config(keys)["query"]["query"], "and once more where keys are repeated"


def test_verify_says_what_it_cost(fake: Fake, warehouse: BigQuery) -> None:
    fake.billed = 12 * 10**6
    work = Work(experiment="reco", key="0badcafe", date=DAY, attempt=2, steps=(), outputs={"scores": DAILY})
    assert verify(work, warehouse, lambda: NOW) == ["scores: 3 rows, 24 MB billed"]
    proven, counted = (config(call)["query"]["query"] for call in fake.asked("jobs.insert") if is_read(call))
    assert [proven.count("acme-data.reco.v4"), counted.count("acme-data.reco.v4")] == [1, 1], "each reads it once"


def test_names_tell_task_table_attempt(fake: Fake, warehouse: BigQuery) -> None:
    warehouse.profile(STAGED, DAILY, DAY)
    assert [re.sub("[0-9a-f]{16}$", "", name) for name in ids(fake)] == [
        "sameday-verify-acme-data-reco-v4__0badcafe_20261123_2-"
    ]
    assert {call.body["jobReference"]["location"] for call in fake.asked("jobs.insert")} == {"US"}


def test_a_rerun_finds_the_job_of_the_one_that_was_cut_off(fake: Fake, warehouse: BigQuery) -> None:
    """The answer to the first insert is lost and the process with it: the rerun starts nothing."""
    fake.pending = 10**9  # it runs for as long as we look
    fake.refuse("jobs.get", Said(503, "down"))
    with pytest.raises(Unreachable):
        warehouse.profile(STAGED, DAILY, DAY)
    fake.strikes.clear()
    fake.pending = 0
    for job in fake.jobs.values():
        job["left"] = 1
    BigQuery(settings(fake), {}, patience=1.0).profile(STAGED, DAILY, DAY)
    assert len(fake.jobs) == 1
    assert len(set(ids(fake))) == 1


def test_what_has_changed_since_is_counted_anew(fake: Fake, warehouse: BigQuery) -> None:
    warehouse.profile(STAGED, DAILY, DAY)
    fake.tables[f"acme-data.{STAGED}"]["etag"] = "another"
    warehouse.profile(STAGED, DAILY, DAY)
    assert len(fake.jobs) == 2


def test_a_failed_job_keeps_its_name_and_the_next_gets_a_number(fake: Fake, warehouse: BigQuery) -> None:
    fake.rows["SELECT COALESCE(SUM(n), 0)"] = Said(400, "Resources exceeded", "resourcesExceeded")
    for _ in range(2):
        with pytest.raises(Refused, match=r"\Aacme-data\.reco\.v4__0badcafe_20261123_2: Resources exceeded\Z"):
            warehouse.profile(STAGED, DAILY, DAY)
    fake.rows["SELECT COALESCE(SUM(n), 0)"] = COUNTS
    warehouse.profile(STAGED, DAILY, DAY)
    first = ids(fake)[0]
    assert list(fake.jobs) == [first, f"{first}-2", f"{first}-3"]
    assert [job["status"].get("errorResult") is None for job in fake.jobs.values()] == [False, False, True]


def test_an_answer_that_is_forgotten_is_asked_for_anew(fake: Fake, warehouse: BigQuery) -> None:
    """BigQuery knows a job for months and its rows for a day."""
    assert warehouse.profile(STAGED, DAILY, DAY).rows == 3
    fake.refuse("jobs.getQueryResults", Said(404, "Not found: Table acme-data:_anon.result"), ids(fake)[0], times=1)
    assert warehouse.profile(STAGED, DAILY, DAY).rows == 3
    assert list(fake.jobs) == [ids(fake)[0], f"{ids(fake)[0]}-2"]


@pytest.mark.slow
def test_a_job_takes_its_time(fake: Fake, warehouse: BigQuery) -> None:
    fake.pending = 3
    assert warehouse.profile(STAGED, DAILY, DAY).rows == 3
    assert len(fake.asked("jobs.get")) >= 3


def test_rows_that_are_still_streamed_are_not_verified(fake: Fake, warehouse: BigQuery) -> None:
    """A query reads them, and a copy does not."""
    fake.tables[f"acme-data.{STAGED}"]["streamingBuffer"] = {"estimatedRows": "1"}
    with pytest.raises(Refused, match="some rows are on their way still"):
        warehouse.profile(STAGED, DAILY, DAY)


def test_a_table_that_changes_while_it_is_verified(fake: Fake, warehouse: BigQuery) -> None:
    def write(call: Call) -> None:
        if call.id == "bigquery.jobs.insert":
            fake.tables[f"acme-data.{STAGED}"]["etag"] = "another"

    fake.strikes.append(write)
    with pytest.raises(Refused, match="was changed"):
        warehouse.profile(STAGED, DAILY, DAY)


@pytest.mark.parametrize("kind", ["VIEW", "EXTERNAL"])
def test_what_is_no_table_is_not_verified(fake: Fake, warehouse: BigQuery, kind: str) -> None:
    """Its rows are those of other tables, and change without it."""
    fake.tables[f"acme-data.{STAGED}"]["type"] = kind
    work = Work(experiment="reco", key="0badcafe", date=DAY, attempt=2, steps=(), outputs={"scores": DAILY})
    with pytest.raises(Refused, match="whose rows may change after they are verified"):
        verify(work, warehouse, lambda: NOW)
