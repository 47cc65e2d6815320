"""What only a real project can prove: run by hand, `SAMEDAY_BIGQUERY_PROJECT=my-project pytest tests/live/bigquery.py`.

It makes a dataset of its own in that project, with credentials from where Google's clients look, and removes it at the
end. SAMEDAY_BIGQUERY_LOCATION says where (default: US). It reads a few kilobytes, and costs next to nothing.

Until it has run, these behaviours have been seen on the tests' own servers only, in the words of Google's documents:

| behaviour | seen on |
|---|---|
| a job's name that is taken is answered with 409, and the job is found by its name | the fake |
| a copy with WRITE_TRUNCATE replaces a table that is there, its columns with it, and makes one that is not | both |
| one MERGE replaces a day of a table that is partitioned by it, and reads no other day | the emulator, not the cost |
| MERGE statements for several days of a table at once all succeed | the emulator |
| `maximumBytesBilled` stops a query that would read more, with the reason bytesBilledLimitExceeded | the fake |
| a dry run of a view's SELECT names the tables that it reads, and fails where they are gone | the fake |
| a dry run of CREATE TABLE asks for the right to make one | the fake |
| tables.testIamPermissions answers with the permissions that there are | the fake |
| a read session with a snapshot time gives rows as they were, at BigQuery's own clock's now | the fake |
| a table's etag and last change are others after any change of its rows, and the same without one | the fake |
| a copy of `table@milliseconds` and FOR SYSTEM_TIME AS OF in a MERGE's source give rows as they were | the emulator |
| tables.get tells location, expiration of table and partitions, clustering; datasets.get the defaults | the fake |
| a table, a dataset, a project that is not there: 404 or 403, with which reason | the fake |
| rows of BIGNUMERIC, GEOGRAPHY, JSON arrive as Arrow types that the sync knows | nothing |
| impersonation (`run_as`) and the login of a workload in the cluster | nothing |
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from google.cloud import bigquery

from bot.errors import Refused
from bot.experiment.model import Output
from bot.ports import Absent, Denied, Table
from bot.settings.kinds import BigQueryWarehouse
from bot.sync.canonical import canonical
from bot.warehouses.bigquery import BigQuery
from bot.warehouses.bigquery.rights import READ
from tests.far.emulator import put

PROJECT = os.environ.get("SAMEDAY_BIGQUERY_PROJECT", "")
LOCATION = os.environ.get("SAMEDAY_BIGQUERY_LOCATION", "US")
DAY, BEFORE = date(2026, 11, 23), date(2026, 11, 22)
STAGED = "v4__0badcafe_20261123"
COLUMNS = {"user_id": "STRING", "dt": "DATE"}
WHOLE = Output(table="v4", job="infer", columns=COLUMNS, key=("user_id",))
DAILY = Output.model_validate({**WHOLE.model_dump(mode="json"), "partition": {"column": "dt"}})

pytestmark = pytest.mark.skipif(not PROJECT, reason="SAMEDAY_BIGQUERY_PROJECT names no project")


@pytest.fixture(scope="module")
def settings() -> Iterator[BigQueryWarehouse]:
    """A dataset of its own, gone at the end."""
    name = f"sameday_live_{uuid.uuid4().hex[:8]}"
    client = bigquery.Client(PROJECT, location=LOCATION)
    made = bigquery.Dataset(f"{PROJECT}.{name}")
    made.location = LOCATION
    made.default_table_expiration_ms = 3_600_000
    client.create_dataset(made)
    try:
        yield BigQueryWarehouse(kind="bigquery", project=PROJECT, dataset=name, location=LOCATION)
    finally:
        client.delete_dataset(f"{PROJECT}.{name}", delete_contents=True, not_found_ok=True)


@pytest.fixture
def warehouse(settings: BigQueryWarehouse) -> BigQuery:
    """The dataset, by the adapter."""
    return BigQuery(settings, {"experiment": "live"})


def fill(warehouse: BigQuery, table: str, day: date, *users: str) -> None:
    """Write a table as a job does."""
    rows = pa.table({"user_id": list(users), "dt": pa.array([day] * len(users), pa.date32())})
    put(warehouse.connection.client, warehouse.settings.table(table), rows)


def users(warehouse: BigQuery, table: str) -> list[str]:
    """The first column."""
    rows = pa.RecordBatchReader.from_stream(warehouse.read(table)).read_all()
    return sorted(rows.column("user_id").to_pylist())


def sql(warehouse: BigQuery, statement: str) -> None:
    """What somebody else does; `$` stands for the dataset."""
    place = f"{warehouse.settings.project}.{warehouse.settings.dataset}"
    warehouse.connection.client.query(statement.replace("$", place)).result()


def test_a_whole_table_and_again(warehouse: BigQuery) -> None:
    for names in (("a",), ("b", "c")):
        fill(warehouse, STAGED, DAY, *names)
        warehouse.promote(STAGED, WHOLE, DAY)
        assert users(BigQuery(warehouse.settings), "v4") == sorted(names)
    sql(warehouse, "DROP TABLE `$.v4`")


@pytest.mark.parametrize("output", [WHOLE, DAILY], ids=["whole", "day"])
def test_what_was_verified_is_what_is_used(warehouse: BigQuery, output: Output) -> None:
    fill(warehouse, STAGED, DAY, "a")
    content = warehouse.profile(STAGED, output, DAY).content
    assert warehouse.profile(STAGED, output, DAY).content == content, "looking at a table changes nothing"
    warehouse.promote(STAGED, output, DAY, content)
    assert users(BigQuery(warehouse.settings), "v4") == ["a"]
    sql(warehouse, f"UPDATE `$.{STAGED}` SET user_id = 'evil' WHERE TRUE")
    with pytest.raises(Refused, match="was changed after it was verified"):
        warehouse.promote(STAGED, output, DAY, content)
    sql(warehouse, "DROP TABLE `$.v4`")


def test_days_at_once_each_read_alone(warehouse: BigQuery) -> None:
    fill(warehouse, STAGED, DAY, "a")
    warehouse.promote(STAGED, DAILY, DAY)
    days = [BEFORE - timedelta(days=n) for n in range(4)]
    staged = {day: f"v4__0badcafe_{day:%Y%m%d}" for day in days}
    for day, name in staged.items():
        fill(warehouse, name, day, f"u{day.day}")
    warehouse.connection.each(days, lambda day: warehouse.promote(staged[day], DAILY, day))
    assert len(users(warehouse, "v4")) == 5
    table = warehouse.describe(["v4"])["v4"]
    assert isinstance(table, Table)
    assert (table.partition, table.location.upper()) == ("dt", LOCATION.upper())
    assert table.expires is not None
    assert warehouse.holds("v4", "dt", DAY)
    assert not warehouse.holds("v4", "dt", DAY + timedelta(days=1))


def test_a_rerun_finds_the_job(warehouse: BigQuery) -> None:
    name = f"live-{uuid.uuid4().hex}"

    def start(job_id: str) -> bigquery.QueryJob:
        job: bigquery.QueryJob = warehouse.connection.client.query("SELECT 1", job_id=job_id, job_retry=None)
        return job

    first = warehouse.jobs._finished(name, start, "live")
    assert warehouse.jobs._finished(name, start, "live").created == first.created


def test_a_query_that_would_read_too_much(warehouse: BigQuery) -> None:
    least = BigQuery(warehouse.settings.model_copy(update={"max_gigabytes": 1}))
    with pytest.raises(Refused, match="max_gigabytes"):
        least.jobs.query(
            "SELECT * FROM `bigquery-public-data.wikipedia.pageviews_2020` WHERE datehour > '2020'", "x", "t"
        )


def test_views(warehouse: BigQuery) -> None:
    fill(warehouse, "base", DAY, "a")
    sql(warehouse, "CREATE VIEW `$.fine` AS SELECT * FROM `$.base`")
    sql(warehouse, "CREATE VIEW `$.torn` AS SELECT * FROM `$.base`")
    sql(warehouse, "CREATE TABLE `$.other` AS SELECT 1 AS x")
    sql(warehouse, "CREATE OR REPLACE VIEW `$.torn` AS SELECT * FROM `$.other`")
    sql(warehouse, "DROP TABLE `$.other`")
    known = warehouse.describe(["fine", "torn", "base"])
    fine, torn, base = (known[name] for name in ("fine", "torn", "base"))
    assert isinstance(fine, Table)
    assert isinstance(torn, Table)
    assert isinstance(base, Table)
    assert (fine.kind, fine.broken, fine.modified) == ("view", "", base.modified)
    assert torn.broken


def test_a_read_is_of_one_moment(warehouse: BigQuery) -> None:
    fill(warehouse, "moving", DAY, "a")
    assert users(warehouse, "moving") == ["a"]
    sql(warehouse, "INSERT `$.moving` VALUES ('b', DATE '2026-11-23')")
    assert users(warehouse, "moving") == ["a"]
    assert users(BigQuery(warehouse.settings), "moving") == ["a", "b"]


def test_what_is_not_there(warehouse: BigQuery) -> None:
    fill(warehouse, "applications", DAY, "a")
    missing = warehouse.describe(["aplications"])["aplications"]
    assert isinstance(missing, Absent)
    assert missing.similar == (f"{warehouse.settings.dataset}.applications",)
    nowhere = warehouse.describe(["sameday_nowhere.x"])["sameday_nowhere.x"]
    assert isinstance(nowhere, Absent)
    assert nowhere.dataset is None
    other = "sameday-no-such-project.d.t"
    assert isinstance(warehouse.describe([other])[other], Absent | Denied)


def test_rights(warehouse: BigQuery) -> None:
    fill(warehouse, "mine", DAY, "a")
    table = warehouse.settings.table("mine")
    answer = warehouse.connection.client.test_iam_permissions(table, [READ])
    assert answer["permissions"] == [READ]
    with pytest.raises(Exception, match=r"(?i)denied|not found|permission"):
        warehouse.jobs.dry("CREATE TABLE `bigquery-public-data.samples.sameday` (a INT64)")


def test_every_type_arrives(warehouse: BigQuery) -> None:
    sql(
        warehouse,
        "CREATE TABLE `$.types` AS SELECT 'a' AS s, b'x' AS b, TRUE AS t, 1 AS i, 0.5 AS f, NUMERIC '1.5' AS n, "
        "BIGNUMERIC '2.5' AS g, DATE '2026-11-23' AS d, DATETIME '2026-11-23 01:02:03' AS dt, TIME '01:02:03' AS h, "
        "TIMESTAMP '2026-11-23 01:02:03+00' AS ts, JSON '{\"a\": 1}' AS j, ST_GEOGPOINT(1, 2) AS p, [1, 2] AS l, "
        "STRUCT(1 AS a) AS r",
    )
    table = warehouse.describe(["types"])["types"]
    assert isinstance(table, Table)
    (batch,) = canonical(warehouse.read("types"), tuple(table.columns.items()))
    assert batch.num_rows == 1


def test_sweep(warehouse: BigQuery) -> None:
    fill(warehouse, "v4__0badcafe_20261101", DAY, "a")
    assert warehouse.sweep(["v4"], ["0badcafe"], datetime.now(UTC) - timedelta(hours=1)) == []
    swept = warehouse.sweep(["v4"], ["0badcafe"], datetime.now(UTC) + timedelta(hours=1))
    assert f"{warehouse.settings.dataset}.v4__0badcafe_20261101" in swept
