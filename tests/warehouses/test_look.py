"""What is known of tables: exact, with what was meant, in few requests."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.ports import Absent, Dataset, Denied, Table
from bot.warehouses.bigquery import BigQuery
from tests.far.bigquery import Fake, Said

DENIED = Said(403, "Access Denied: Table x: Permission bigquery.tables.get denied (or it may not exist).")


def test_everything_about_a_table(fake: Fake, warehouse: BigQuery) -> None:
    fake.table(
        "acme-data.reco.v4", {"user_id": "STRING", "dt": "DATE"}, location="EU", numRows="7",
        lastModifiedTime="1795000000000", expirationTime="1796000000000",
        timePartitioning={"type": "DAY", "field": "dt", "expirationMs": "86400000"},
    )  # fmt: skip
    assert warehouse.describe(["reco.v4"]) == {
        "reco.v4": Table(
            {"user_id": "STRING", "dt": "DATE"}, 7, datetime.fromtimestamp(1795000000, UTC), "table", "EU", "dt",
            timedelta(days=1), datetime.fromtimestamp(1796000000, UTC),
        )
    }  # fmt: skip


FIELDS: dict[str, Any] = {
    "INTEGER": "INT64", "INT64": "INT64", "FLOAT": "FLOAT64", "FLOAT64": "FLOAT64", "BOOLEAN": "BOOL", "BOOL": "BOOL",
    "NUMERIC": "NUMERIC", "BIGNUMERIC": "BIGNUMERIC", "STRING": "STRING", "BYTES": "BYTES", "DATE": "DATE",
    "DATETIME": "DATETIME", "TIME": "TIME", "TIMESTAMP": "TIMESTAMP", "JSON": "JSON", "GEOGRAPHY": "GEOGRAPHY",
    "INTERVAL": "INTERVAL",
}  # fmt: skip
NESTED = {
    "tags": ({"type": "STRING", "mode": "REPEATED"}, "ARRAY<STRING>"),
    "deep": (
        {"type": "RECORD", "mode": "REPEATED", "fields": [
            {"name": "a", "type": "INTEGER"},
            {"name": "b", "type": "STRUCT", "fields": [{"name": "c", "type": "FLOAT", "mode": "REPEATED"}]},
        ]},
        "ARRAY<STRUCT<a INT64, b STRUCT<c ARRAY<FLOAT64>>>>",
    ),
    "days": ({"type": "RANGE", "rangeElementType": {"type": "DATE"}}, "RANGE<DATE>"),
}  # fmt: skip


def test_a_column_of_every_type(fake: Fake, warehouse: BigQuery) -> None:
    wanted = {f"c{i}": kind for i, kind in enumerate(FIELDS.values())} | {c: kind for c, (_, kind) in NESTED.items()}
    columns = {f"c{i}": kind for i, kind in enumerate(FIELDS)} | {c: field for c, (field, _) in NESTED.items()}
    fake.table("acme-data.main.types", columns)
    table = warehouse.describe(["types"])["types"]
    assert isinstance(table, Table)
    assert table.columns == wanted


def test_ten_thousand_columns(fake: Fake, warehouse: BigQuery) -> None:
    fake.table("acme-data.main.wide", {f"c{i}": "INTEGER" for i in range(10_000)})
    table = warehouse.describe(["wide"])["wide"]
    assert isinstance(table, Table)
    assert len(table.columns) == 10_000


def test_what_was_meant(fake: Fake, warehouse: BigQuery) -> None:
    for name in ("applications", "applicants", "users", "applications__0badcafe_20261123"):
        fake.table(f"acme-data.logs.{name}")
    fake.table("other-data.logs.applications")
    asked = [
        "logs.aplications",
        "log.applications",
        "log.nothing",
        "other-data.logs.application",
        "nowhere.at.all",
        "x",
    ]
    known = warehouse.describe(asked)
    us = Dataset("US")
    assert known == {
        "logs.aplications": Absent(("logs.applications",), us),
        "log.applications": Absent(("logs.applications",), None),
        "log.nothing": Absent((), None),
        "other-data.logs.application": Absent(("other-data.logs.applications",), us),
        "nowhere.at.all": Absent((), None),
        "x": Absent((), None),
    }


def test_who_may_not_look(fake: Fake, warehouse: BigQuery) -> None:
    """Neither table nor list nor dataset: each is told as it is, and the others are still seen."""
    fake.table("acme-data.logs.users")
    fake.table("acme-data.logs.secret")
    fake.refuse("tables.get", DENIED, '"secret"')
    fake.refuse("tables.list", DENIED)
    fake.refuse("datasets.get", Said(403, "Access Denied: Dataset"))
    known = warehouse.describe(["logs.users", "logs.secret", "logs.missing"])
    assert isinstance(known["logs.users"], Table)
    assert known["logs.secret"] == Denied(DENIED.message)
    assert known["logs.missing"] == Absent((), Denied("Access Denied: Dataset"))


def test_datasets_that_forget(fake: Fake, warehouse: BigQuery) -> None:
    fake.dataset("acme-data.tmp", defaultTableExpirationMs="3600000", defaultPartitionExpirationMs="7200000")
    wanted = Dataset("US", timedelta(hours=1), timedelta(hours=2))
    assert warehouse.describe(["tmp.x"])["tmp.x"] == Absent((), wanted)


def test_views_are_as_fresh_as_what_they_read(fake: Fake, warehouse: BigQuery) -> None:
    fake.table("acme-data.logs.old", lastModifiedTime="1000000")
    fake.table("acme-data.logs.new", lastModifiedTime="2000000")
    fake.view("acme-data.logs.both", ["acme-data.logs.old", "acme-data.logs.new"], {"a": "INTEGER"})
    fake.view("acme-data.logs.torn", Said(404, "Not found: Table acme-data:logs.gone"))
    fake.view("acme-data.logs.wrong", Said(400, "Unrecognized name: nope", "invalidQuery"))
    fake.view("acme-data.logs.shut", DENIED)
    known = warehouse.describe(["logs.both", "logs.torn", "logs.wrong", "logs.shut"])
    views = {name.rpartition(".")[2]: table for name, table in known.items() if isinstance(table, Table)}
    assert {table.kind for table in views.values()} == {"view"}
    assert views["both"].modified == datetime.fromtimestamp(2000, UTC)
    assert views["torn"].broken == "Not found: Table acme-data:logs.gone"
    assert views["wrong"].doubt == "it could not be seen what it reads: Unrecognized name: nope"
    assert views["shut"].doubt == f"what it reads may not be looked at: {DENIED.message}"
    assert all(call.body["configuration"]["dryRun"] for call in fake.asked("jobs.insert")), "nothing is ever run"


@pytest.mark.parametrize(
    ("kind", "wanted"), [("EXTERNAL", "external"), ("SNAPSHOT", "snapshot"), ("NEWEST", "external")]
)
def test_what_is_no_plain_table(fake: Fake, warehouse: BigQuery, kind: str, wanted: str) -> None:
    fake.table("acme-data.main.x", type=kind)
    table = warehouse.describe(["x"])["x"]
    assert isinstance(table, Table)
    assert table.kind == wanted


@pytest.mark.slow
def test_requests_grow_with_tables_and_datasets(fake: Fake, warehouse: BigQuery) -> None:
    """1,000 tables of 10 datasets, ten of each not there: one request a table, and two a dataset."""
    for i in range(990):
        fake.table(f"acme-data.d{i % 10}.t{i}")
    warehouse.connection.pace.last = type(warehouse.connection.pace.last)(maxlen=100_000)  # time is not what is tested
    known = warehouse.describe([f"d{i % 10}.t{i}" for i in range(1_000)])
    assert sum(isinstance(table, Table) for table in known.values()) == 990
    counts = {method: len(fake.asked(method)) for method in ("tables.get", "datasets.get", "tables.list")}
    assert counts == {"tables.get": 1_000, "datasets.get": 10, "tables.list": 10}
    assert len(fake.calls) == 1_020


@pytest.mark.slow
def test_a_thousand_slips_in_a_large_dataset(fake: Fake, warehouse: BigQuery) -> None:
    """Each is told what was meant; the dataset is listed once, and no further than it makes sense."""
    for i in range(300):
        fake.table(f"acme-data.logs.{'abcdefghij'[i % 10] * 9}_{i}")
    fake.dataset("acme-data.large")
    for i in range(11_000):
        fake.table(f"acme-data.large.t{i:06}")
    warehouse.connection.pace.last = type(warehouse.connection.pace.last)(maxlen=100_000)
    began = time.monotonic()
    known = warehouse.describe([f"logs.{'abcdefghij'[i % 10] * 8}_{i}" for i in range(300)] + ["large.x"])
    meant = {table.similar for table in known.values() if isinstance(table, Absent)}
    assert meant == {(f"logs.{'abcdefghij'[i % 10] * 9}_{i}",) for i in range(300)} | {()}
    assert len(fake.asked("tables.list")) == 1 + 10
    assert time.monotonic() - began < 30
