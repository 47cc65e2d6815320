"""How places are made and changed: one transaction with the catalogue's row, and no statement but these."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.errors import Refused, Unreachable
from bot.ports import Version
from bot.warehouses.bigquery import BigQuery
from bot.warehouses.bigquery.content import TableState
from tests.far.bigquery import Fake, Said
from tests.far.bigquery.server import Call
from tests.warehouses.conftest import settings
from tests.warehouses.kept import CATALOGUE, COLUMNS, D24, D25, D26, NOW, catalogue, place, told, version

PLACE, SCRIPT = "acme-data.reco.v4__0badcafe", "BEGIN TRANSACTION"
DENIED = "Access Denied: Table x: no (or it may not exist)."


def proven(fake: Fake, of: Version) -> Version:
    """The version, whose run's own table is there as it was when it was proven."""
    own = f"acme-data.{place(of.spec).own(of)}"
    fake.table(own, dict(COLUMNS))
    return replace(of, digest=str(TableState.of(fake.tables[own], NOW)))


@pytest.fixture
def kept(fake: Fake) -> Version:
    """Today's version, whole, of a place that shows yesterday's."""
    found = proven(fake, version())
    catalogue(fake, place(), [found], [version(D25)])
    fake.table(PLACE, dict(COLUMNS))
    fake.rows["SELECT CURRENT_TIMESTAMP() AS now"] = [{"now": NOW}]
    fake.rows[SCRIPT] = [{"changed": 1}]
    return found


def test_a_day_is_put_in_one_transaction_with_the_row_that_says_so(
    fake: Fake, warehouse: BigQuery, kept: Version
) -> None:
    assert warehouse.put(place(), kept)
    (script,) = told(fake)
    lines = [re.sub(r'"[0-9a-f]{32}"', "NEW", line.strip()) for line in script.splitlines()]
    assert lines[:2] == ["DECLARE changed INT64 DEFAULT 0;", "BEGIN TRANSACTION;"]
    assert lines[2].startswith(f"UPDATE `{CATALOGUE}` SET revision = NEW, inside = ")
    assert lines[2].endswith("""WHERE place = "v4__0badcafe" AND run = "" AND revision = "r1";""")
    assert lines[4:] == [
        "IF changed = 1 THEN",
        f"DELETE FROM `{PLACE}` WHERE `dt` IN (DATE '2026-11-26');",
        f"INSERT INTO `{PLACE}` (`user_id`, `dt`) SELECT `user_id`, `dt` FROM `{PLACE}_20261126` "
        "FOR SYSTEM_TIME AS OF TIMESTAMP '2026-11-26 04:00:00.000000+00';",
        "END IF;",
        "COMMIT TRANSACTION;",
        "SELECT changed;",
    ]


def test_what_is_no_newest_day_any_more_goes_with_it(fake: Fake, warehouse: BigQuery, kept: Version) -> None:
    catalogue(fake, place(days=2), [kept], [version(D25), version(D24)])
    assert warehouse.put(place(days=2), kept)
    assert "WHERE `dt` IN (DATE '2026-11-24', DATE '2026-11-26')" in told(fake)[0], "never a scan of other days"


def test_a_whole_table_is_replaced(fake: Fake, warehouse: BigQuery, kept: Version) -> None:
    whole = place(partition=None, days=1)
    catalogue(fake, whole, [kept], [version(D25)])
    assert warehouse.put(whole, kept)
    assert f"DELETE FROM `{PLACE}` WHERE TRUE;" in told(fake)[0]


def test_the_moment_that_is_read_is_asked_for_before_the_table_is_looked_at(
    fake: Fake, warehouse: BigQuery, kept: Version
) -> None:
    """Whoever writes between that look and the transaction: the rows are those of before."""
    warehouse.put(place(), kept)
    asked = [call.body["configuration"]["query"]["query"] if call.body else call.parts[-1] for call in fake.calls]
    assert asked.index("SELECT CURRENT_TIMESTAMP() AS now") < asked.index("v4__0badcafe_20261126")
    assert asked.index("v4__0badcafe_20261126") < [SCRIPT in words for words in asked].index(True)


@pytest.mark.parametrize(("hours", "read"), [(1, 0), (23, 0), (24 * 9, 24 * 9)])
def test_what_was_proven_is_read_as_it_was_then_or_long_after_as_it_is(
    fake: Fake, warehouse: BigQuery, kept: Version, hours: int, read: int
) -> None:
    """BigQuery forgets what a table was; the same table holds the same rows."""
    fake.rows["SELECT CURRENT_TIMESTAMP() AS now"] = [{"now": NOW + timedelta(hours=hours)}]
    warehouse.put(place(), kept)
    assert f"AS OF TIMESTAMP '{NOW + timedelta(hours=read):%Y-%m-%d %H:%M:%S}.000000+00'" in told(fake)[0]


@pytest.mark.parametrize("key", ["etag", "lastModifiedTime", "creationTime", "numRows", "type"])
def test_a_table_that_differs_from_what_was_verified_is_not_used(
    fake: Fake, warehouse: BigQuery, kept: Version, key: str
) -> None:
    fake.tables[f"{PLACE}_20261126"][key] = "12345"
    with pytest.raises(Refused, match="was changed after it was verified"):
        warehouse.put(place(), kept)
    with pytest.raises(Refused, match="was changed after it was verified"):
        warehouse.read(place().own(kept), None, kept.digest)
    assert told(fake) == []


def test_who_lost_the_race_looks_again(fake: Fake, warehouse: BigQuery, kept: Version) -> None:
    """Another process puts a later attempt between the look and the transaction: the condition in it says so."""

    def another(call: Call) -> None:
        if call.id == "bigquery.jobs.insert" and SCRIPT in str(call.body):
            catalogue(fake, place(), [kept], [version(attempt=2)], "r2")

    fake.rows[SCRIPT] = [{"changed": 0}]
    fake.strikes.append(another)
    assert not warehouse.put(place(), kept)
    assert len(told(fake)) == 1


@pytest.mark.slow
def test_a_place_that_others_change_all_the_time(fake: Fake, warehouse: BigQuery, kept: Version) -> None:
    fake.rows[SCRIPT] = [{"changed": 0}]
    with pytest.raises(Unreachable, match=r"v4__0badcafe was changed by others 100 times"):
        warehouse.put(place(), kept)


BUSY = {
    "a transaction": Said(400, "Transaction is aborted due to concurrent update against table x", "invalidQuery"),
    "a statement": Said(400, "Could not serialize access to table x due to concurrent update", "invalidQuery"),
    "a queue": Said(400, "Too many DML statements outstanding against table x, limit is 20.", "resourcesExceeded"),
    "a quota": Said(403, "Exceeded rate limits: too many table update operations", "quotaExceeded"),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", BUSY)
def test_where_others_stand_in_the_way_it_is_tried_again(fake: Fake, kept: Version, case: str) -> None:
    fake.refuse("jobs.insert", BUSY[case], SCRIPT, times=2)
    assert BigQuery(settings(fake), {}).put(place(), kept)
    assert len([call for call in fake.asked("jobs.insert") if SCRIPT in str(call.body)]) == 3


@pytest.mark.slow
def test_where_they_never_go_nothing_failed(fake: Fake, kept: Version) -> None:
    fake.refuse("jobs.insert", BUSY["a transaction"], SCRIPT)
    with pytest.raises(Unreachable, match=r"\Aacme-data\.reco\.v4__0badcafe is being changed by others: Transaction"):
        BigQuery(settings(fake), {}, patience=0.2).put(place(), kept)


def test_a_place_is_made_partitioned_and_never_expires(fake: Fake, warehouse: BigQuery, kept: Version) -> None:
    """Whatever its dataset does to new tables; with the types of what fills it."""
    del fake.tables[PLACE]
    fake.tables[f"{PLACE}_20261126"]["schema"]["fields"].insert(0, {"name": "more", "type": "INTEGER"})
    kept = replace(kept, digest=str(TableState.of(fake.tables[f"{PLACE}_20261126"], NOW)))
    catalogue(fake, place(), [kept])
    assert warehouse.put(place(), kept)
    assert told(fake)[0] == (
        f"CREATE TABLE IF NOT EXISTS `{PLACE}` (`user_id` STRING, `dt` DATE) PARTITION BY `dt` OPTIONS ("
        'description="Made by sameday for one version of an experiment\'s file: do not write to it", '
        'labels=[("sameday", "place"), ("sameday_experiment", "reco"), ("sameday_spec", "0badcafe")], '
        "expiration_timestamp=NULL, partition_expiration_days=NULL)"
    )


def test_a_strangers_table_is_no_place(fake: Fake, warehouse: BigQuery, kept: Version) -> None:
    """Whatever its name: nothing was ever put into it, and it has rows."""
    catalogue(fake, place(), [kept], revision="")
    with pytest.raises(Refused, match=f"there is a table {PLACE} already, which sameday did not make"):
        warehouse.put(place(), kept)
    assert told(fake) == []


def test_a_version_without_a_column_of_the_place(fake: Fake, warehouse: BigQuery, kept: Version) -> None:
    del fake.tables[PLACE]
    with pytest.raises(Refused, match="what is to fill it has no column 'rank'"):
        warehouse.put(place(columns=(*COLUMNS, ("rank", "INT64"))), kept)


def test_the_catalogue_is_made_when_it_is_first_needed(fake: Fake, warehouse: BigQuery) -> None:
    fake.dataset("acme-data.reco")
    assert list(warehouse.versions(place())) == []
    assert warehouse.inside(place()) == ()
    assert (warehouse.shown("reco.v4"), warehouse.owner("reco.v4")) == (None, None)
    assert told(fake) == [], "questions make nothing"
    for day in (D25, D26):
        warehouse.begin(place(), version(day))
    made, *merges = told(fake)
    assert made.startswith(f"CREATE TABLE IF NOT EXISTS `{CATALOGUE}` (")
    assert made.endswith('labels=[("sameday", "catalogue")], expiration_timestamp=NULL)')
    assert [statement.split(" ")[:2] for statement in merges] == [["MERGE", f"`{CATALOGUE}`"]] * 2


def test_every_job_is_labelled_and_bounded(fake: Fake, kept: Version) -> None:
    warehouse = BigQuery(settings(fake, max_gigabytes=5), {"experiment": "Reco", "run": "r" * 80}, patience=1.0)
    warehouse.begin(place(), kept)
    warehouse.keep(place(), kept)
    warehouse.put(place(), kept)
    jobs = [call.body["configuration"] for call in fake.asked("jobs.insert")]
    assert [job["labels"]["sameday"] for job in jobs] == ["begin", "keep", "read", "read", "put"]
    assert all(job["labels"].items() >= {("sameday_experiment", "reco"), ("sameday_run", "r" * 63)} for job in jobs)
    assert {job["query"]["maximumBytesBilled"] for job in jobs} == {str(5 * 2**30)}


def verbs(warehouse: BigQuery, kept: Version) -> dict[str, tuple[Callable[[], object], str, str]]:
    """Each verb, the words of its statement that are refused, and the right that is lacking."""
    old = place("feedbeef")
    return {
        "begin": (lambda: warehouse.begin(place(), kept), "MERGE", "bigquery.tables.updateData"),
        "keep": (lambda: warehouse.keep(place(), kept), "MERGE", "bigquery.tables.updateData"),
        "make": (lambda: warehouse.put(place(), kept), "CREATE TABLE", "bigquery.tables.create"),
        "put": (lambda: warehouse.put(place(), kept), SCRIPT, "bigquery.tables.updateData"),
        "carry": (lambda: warehouse.carry(place(), old), "MERGE", "bigquery.tables.updateData"),
        "point": (lambda: warehouse.point([place()]), "CREATE OR REPLACE VIEW", "bigquery.tables.create"),
    }


@pytest.mark.parametrize("verb", ["begin", "keep", "make", "put", "carry", "point"])
def test_the_right_that_is_lacking_is_named(fake: Fake, warehouse: BigQuery, kept: Version, verb: str) -> None:
    ask, words, right = verbs(warehouse, kept)[verb]
    if verb == "make":
        del fake.tables[PLACE]
        catalogue(fake, place(), [kept])
    fake.refuse("jobs.insert", Said(403, DENIED), words)
    with pytest.raises(Refused) as lacking:
        ask()
    assert str(lacking.value).endswith(f": {DENIED} (it takes the right {right})")


@pytest.mark.parametrize("verb", ["begin", "keep", "make", "put", "carry", "point"])
def test_an_outage_is_no_failure(fake: Fake, warehouse: BigQuery, kept: Version, verb: str) -> None:
    fake.refuse("tables.get", Said(503, "Try later"))
    with pytest.raises(Unreachable, match=r"\ABigQuery did not answer: Try later\Z"):
        verbs(warehouse, kept)[verb][0]()


def test_a_day_comes_of_one_moment_and_no_other_is_read(fake: Fake, kept: Version) -> None:
    import pyarrow as pa

    from tests.far.bigquery.rows import Rows

    with Rows() as rows:
        port = BigQuery(settings(fake, read_endpoint=rows.address), patience=2.0)
        pa.RecordBatchReader.from_stream(port.day(place(), D25)).read_all()
        (session,) = (asked.read_session for asked in rows.sessions)
    assert session.table.endswith("/tables/v4__0badcafe")
    assert session.read_options.row_restriction == "`dt` = DATE '2026-11-25'"
    assert list(session.read_options.selected_fields) == ["user_id", "dt"]
    assert datetime.timestamp(session.table_modifiers.snapshot_time) == NOW.timestamp()
