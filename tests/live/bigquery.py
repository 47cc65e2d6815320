"""What only a real project can prove: run by hand, `SAMEDAY_BIGQUERY_PROJECT=my-project pytest tests/live/bigquery.py`.

It makes a dataset of its own in that project, with credentials from where Google's clients look, and removes it at the
end. SAMEDAY_BIGQUERY_LOCATION says where (default: US). It reads a few kilobytes, and costs next to nothing.

Until it has run, these behaviours have been seen on the tests' own servers only, in the words of Google's documents:

| behaviour | seen on |
|---|---|
| a job's name that is taken is answered with 409, and the job is found by its name | the fake |
| a script's transaction changes a place and the catalogue's row, or neither; its last SELECT answers | the emulator |
| DELETE of one partition and INSERT in a transaction read no other day | nothing |
| of two transactions on the catalogue one is aborted, with words that we take for "try again" | the fake |
| FOR SYSTEM_TIME AS OF in the source of an INSERT within a transaction | the emulator |
| `expiration_timestamp=NULL` and `partition_expiration_days=NULL` win over the dataset's defaults | the fake |
| CREATE OR REPLACE VIEW keeps the view's rights; `view.query` of tables.get is what was written | the fake |
| after ALTER TABLE RENAME TO a view may have the old name at once | the emulator |
| `maximumBytesBilled` stops a query that would read more, with the reason bytesBilledLimitExceeded | the fake |
| a dry run of a view's SELECT names the tables that it reads, and fails where they are gone | the fake |
| a dry run of CREATE TABLE asks for the right to make one | the fake |
| tables.testIamPermissions answers with the permissions that there are | the fake |
| a read session with a snapshot time gives rows as they were, at BigQuery's own clock's now | the fake |
| a table's etag and last change are others after any change of its rows, and the same without one | the fake |
| tables.get tells location, expiration of table and partitions; datasets.get the defaults | the fake |
| a table, a dataset, a project that is not there: 404 or 403, with which reason | the fake |
| rows of BIGNUMERIC, GEOGRAPHY, JSON arrive as Arrow types that the sync knows | nothing |
| rights on a view outlive CREATE OR REPLACE VIEW, those on a table DELETE and INSERT of all its rows | nothing |
| tables.getIamPolicy and setIamPolicy of a table and a view, as Google's client asks for them | the fake |
| whom a row access policy names has roles/bigquery.filteredDataViewer in the table's rights | nothing |
| of a table with `require_partition_filter` all rows go by `column IS NULL OR column IS NOT NULL` | nothing |
| a copy of a table to where none is, and of one in the place of another | the emulator |
| tables.list and INFORMATION_SCHEMA.VIEWS tell what tables.get tells of kind, making and text | the emulator |
| impersonation (`run_as`) and the login of a workload in the cluster | nothing |
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import pyarrow as pa
import pytest
from google.cloud import bigquery

from bot.errors import Refused
from bot.experiment.model import Output
from bot.ports import Absent, Denied, Place, Table, Version
from bot.settings.kinds import BigQueryWarehouse
from bot.sync.canonical import canonical
from bot.warehouses.bigquery import BigQuery
from bot.warehouses.bigquery.readers import READER
from bot.warehouses.bigquery.rights import READ
from tests.far.emulator import put

PROJECT = os.environ.get("SAMEDAY_BIGQUERY_PROJECT", "")
LOCATION = os.environ.get("SAMEDAY_BIGQUERY_LOCATION", "US")
DAY = date(2026, 11, 23)
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
    made.default_partition_expiration_ms = 3_600_000
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


def place(table: str, **more: Any) -> Place:
    """The place of a whole table."""
    return Place(
        **{"experiment": "live", "table": table, "spec": "0badcafe", "columns": tuple(COLUMNS.items()), **more}
    )


def kept(warehouse: BigQuery, of: Place, day: date, *names: str, attempt: int = 1) -> Version:
    """A whole version of the place, which nobody sees yet."""
    version = Version("live", of.spec, day, datetime.now(UTC), attempt)
    warehouse.begin(of, version)
    fill(warehouse, of.own(version), day, *names)
    profile = warehouse.profile(of.own(version), DAILY if of.partition else WHOLE, day)
    whole = replace(version, whole=version.begun, rows=profile.rows, digest=profile.content)
    warehouse.keep(of, whole)
    return whole


def selected(warehouse: BigQuery, table: str) -> list[str]:
    """The first column, by a query, which reads views too."""
    name = warehouse.settings.table(table)
    job = warehouse.jobs.query(f"SELECT user_id FROM `{name}`", name, "read")
    return sorted(row["user_id"] for row in warehouse.jobs.rows(job, name))


def test_a_whole_table_and_again(warehouse: BigQuery) -> None:
    of = place("whole")
    for attempt, names in enumerate((("a",), ("b", "c")), 1):
        assert warehouse.put(of, kept(warehouse, of, DAY, *names, attempt=attempt))
        assert selected(warehouse, of.name) == sorted(names)


@pytest.mark.parametrize("partition", [None, "dt"], ids=["whole", "day"])
def test_what_was_verified_is_what_is_used(warehouse: BigQuery, partition: str | None) -> None:
    of = place(f"verified_{partition}", partition=partition, days=1 if partition is None else 0)
    version = kept(warehouse, of, DAY, "a")
    output = DAILY if partition else WHOLE
    assert warehouse.profile(of.own(version), output, DAY).content == version.digest, "looking changes nothing"
    sql(warehouse, f"UPDATE `$.{of.own(version)}` SET user_id = 'evil' WHERE TRUE")
    with pytest.raises(Refused, match="was changed after it was verified"):
        warehouse.put(of, version)


def test_days_at_once_each_read_alone(warehouse: BigQuery) -> None:
    of = place("daily", partition="dt", days=0)
    days = [DAY - timedelta(days=n) for n in range(5)]
    versions = {day: kept(warehouse, of, day, f"u{day.day}") for day in days}
    warehouse.connection.each(days, lambda day: warehouse.put(of, versions[day]))
    assert len(selected(warehouse, of.name)) == 5
    assert [one.date for one in warehouse.inside(of)] == days
    table = warehouse.describe([of.name])[of.name]
    assert isinstance(table, Table)
    assert (table.partition, table.location.upper()) == ("dt", LOCATION.upper())
    assert (table.expires, table.keeps) == (None, None), "whatever the dataset does to new tables"
    assert warehouse.holds(of.name, "dt", DAY)
    assert not warehouse.holds(of.name, "dt", DAY + timedelta(days=1))
    assert [one.date for one in warehouse.take_out(of, DAY)] == days[1:]


@pytest.mark.parametrize("form", ["view", "table"])
def test_names(warehouse: BigQuery, form: Literal["view", "table"]) -> None:
    table = f"named_{form}"
    fill(warehouse, table, DAY, "stranger")
    old, new = place(table, adopt=True, form=form), place(table, spec="feedbeef", form=form)
    for of, name in ((old, "a"), (new, "b")):
        warehouse.put(of, kept(warehouse, of, DAY, name))
        warehouse.point([of])
        for sight in (warehouse, warehouse.glance()):
            assert (sight.shown(table), sight.owner(table)) == (of.name, "live")
        assert selected(warehouse, table) == [name]
    warehouse.put(new, kept(warehouse, new, DAY, "c", attempt=2))
    assert selected(warehouse, table) == ["c"]
    assert list(warehouse.prune("live", table, [], datetime.now(UTC))) == [old.name]
    warehouse.unname([table])
    assert (warehouse.shown(table), selected(warehouse, table)) == (table, ["stranger"])


@pytest.mark.parametrize("form", ["view", "table"])
def test_who_may_read_the_name_may_read_the_next_place(warehouse: BigQuery, form: Literal["view", "table"]) -> None:
    """The account that runs this has rights of its own; any account of Google's may be given one on a table."""
    table, client = f"read_{form}", warehouse.connection.client
    member = f"serviceAccount:{client.get_service_account_email()}"
    old, new = place(table, form=form), place(table, spec="feedbeef", form=form)
    warehouse.put(old, kept(warehouse, old, DAY, "a"))
    warehouse.point([old])
    name = warehouse.settings.table(table)
    policy = client.get_iam_policy(name)
    policy.bindings = [{"role": READER, "members": {member}}]
    client.set_iam_policy(name, policy)
    warehouse.put(new, kept(warehouse, new, DAY, "b"))
    place_policy = client.get_iam_policy(warehouse.settings.table(new.name))
    assert member in {one for binding in place_policy.bindings for one in binding["members"]}
    warehouse.point([new])
    rights = client.get_iam_policy(name).bindings
    assert (READER, {member}) in [(binding["role"], set(binding["members"])) for binding in rights]


def test_what_a_row_access_policy_hides(warehouse: BigQuery) -> None:
    of = place("hidden", adopt=True)
    fill(warehouse, "hidden", DAY, "a")
    member = f"serviceAccount:{warehouse.connection.client.get_service_account_email()}"
    sql(warehouse, f"CREATE ROW ACCESS POLICY some ON `$.hidden` GRANT TO ('{member}') FILTER USING (user_id = 'a')")
    with pytest.raises(Refused, match="has row access policies"):
        warehouse.put(of, kept(warehouse, of, DAY, "a"))


def test_a_table_that_is_never_read_whole(warehouse: BigQuery) -> None:
    of = place("filtered", adopt=True, partition="dt", days=0)
    sql(warehouse, "CREATE TABLE `$.filtered` (user_id STRING, dt DATE) PARTITION BY dt "
                   "OPTIONS (require_partition_filter = TRUE)")  # fmt: skip
    warehouse.put(of, kept(warehouse, of, DAY, "a"))
    warehouse.point([of])
    found = warehouse.describe(["filtered"])["filtered"]
    assert isinstance(found, Table)
    assert found.rows == 1


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
