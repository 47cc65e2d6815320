"""What PostgreSQL alone can do wrong: types, views that others read, rights, locks, names."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import adbc_driver_manager
import psycopg
import pyarrow as pa
import pytest
from psycopg.conninfo import make_conninfo

from bot.errors import Conflict, Refused, SamedayError, Unreachable, UsageError
from bot.experiment.types import SCALARS
from bot.ports import Place, Version
from bot.settings.kinds import PostgresqlStore
from bot.stores.postgresql import Postgresql, connect, state
from bot.sync.core import RowSource, keep
from bot.sync.digest import digest, word
from bot.sync.sample import sample
from tests.far.postgresql import Server

pytestmark = pytest.mark.slow

COLUMNS = (("user_id", "STRING"), ("rank", "INT64"))
SCORES = Place("demo", "scores", "0badcafe", COLUMNS, ("user_id",))
NEXT = replace(SCORES, spec="feedbeef")
DAYS = replace(SCORES, columns=(*COLUMNS, ("dt", "DATE")), key=("user_id", "dt"), partition="dt", days=3)
OLD, NEW = date(2026, 11, 22), date(2026, 11, 23)
BEGUN = datetime(2026, 11, 23, 4, tzinfo=UTC)
LATER = BEGUN + timedelta(days=1)


def version(place: Place, day: date = OLD) -> Version:
    """What a run of the place's spec makes for a day."""
    return Version(place.experiment, place.spec, day, BEGUN)


def of(declared: str) -> Place:
    """A place with one column of this type."""
    return Place("demo", "scores", "0badcafe", (("x", declared),))


class Database:
    """A database of its own, the store in it, and somebody who reads."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.store = Postgresql(PostgresqlStore(kind="postgresql"), dsn)

    def sql(self, first: str, *others: str) -> list[tuple[Any, ...]]:
        """Run statements; the rows of the last one."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.execute(first)
            for text in others:
                cursor = connection.execute(text)
            return cursor.fetchall() if cursor.description else []

    def load(self, place: Place, rows: RowSource) -> Version:
        """Load a version as a run does."""
        return keep(self.store, place, version(place), rows)

    def put(self, place: Place = SCORES, day: date = OLD, **columns: list[Any]) -> None:
        """Load a version and put it in its place."""
        values: dict[str, Any] = columns or {"user_id": ["ada"], "rank": [1]}
        if place.partition:
            values["dt"] = pa.array([day] * len(values["user_id"]), pa.date32())
        assert self.store.put(place, self.store.keep(place, version(place, day), pa.table(values).to_reader()))

    def show(self, place: Place = SCORES, day: date = OLD, **columns: list[Any]) -> None:
        """The same, and let the declared name show the place."""
        self.put(place, day, **columns)
        self.store.point([place])

    def parts(self) -> list[str]:
        """The tables of versions."""
        sql = "SELECT tablename FROM pg_tables WHERE schemaname = 'sameday' AND tablename ~ '^v[0-9]+$' ORDER BY 1"
        return [name for (name,) in self.sql(sql)]


@pytest.fixture
def base(server: Server) -> Database:
    """A new database."""
    return Database(server.database())


@pytest.fixture
def app(base: Database) -> Iterator[str]:
    """A role that the application has; it may look into the schema, and no more."""
    base.sql("DROP ROLE IF EXISTS app", "CREATE ROLE app")
    yield "app"
    base.sql("RESET ROLE", "DROP OWNED BY app", "DROP ROLE app")


def wider(*more: tuple[str, str]) -> Place:
    """The next spec's place, with more columns at its end."""
    return replace(NEXT, columns=(*COLUMNS, *more))


@pytest.mark.parametrize("declared", [*(s for s in SCALARS if s != "INTERVAL"), "ARRAY<STRING>", "ARRAY<BYTES>",
                                      "STRUCT<a INT64, b ARRAY<NUMERIC>>"])  # fmt: skip
def test_every_type_comes_back_as_it_went(base: Database, declared: str) -> None:
    place = of(declared)
    assert base.load(place, lambda: sample(place.columns)).rows == 6
    ((kind,),) = base.sql("SELECT format_type(atttypid, atttypmod) FROM pg_attribute "
                          "WHERE attrelid = 'sameday.v1'::regclass AND attnum = 1")  # fmt: skip
    assert kind == {
        "STRING": "text", "GEOGRAPHY": "text", "BYTES": "bytea", "BOOL": "boolean", "INT64": "bigint",
        "FLOAT64": "double precision", "NUMERIC": "numeric(38,9)", "BIGNUMERIC": "numeric(76,38)", "DATE": "date",
        "DATETIME": "timestamp without time zone", "TIME": "time without time zone",
        "TIMESTAMP": "timestamp with time zone",
    }.get(declared, "json")  # fmt: skip


@pytest.mark.parametrize(
    ("declared", "array"),
    [
        ("NUMERIC", pa.array([Decimal("1.5"), None], pa.decimal128(18, 3))),
        ("NUMERIC", pa.array([Decimal(7)], pa.decimal128(10, 0))),
        ("NUMERIC", pa.array([7], pa.int64())),
        ("BIGNUMERIC", pa.array([Decimal("1.5")], pa.decimal128(18, 3))),
        ("TIME", pa.array([7], pa.time32("s"))),
        ("TIME", pa.array([7], pa.time32("ms"))),
        ("TIME", pa.array([7_000], pa.time64("ns"))),
        ("DATE", pa.array([date(2026, 11, 23)], pa.date64())),
        ("DATETIME", pa.array([7], pa.timestamp("s"))),
        ("TIMESTAMP", pa.array([7], pa.timestamp("ms", "Asia/Tokyo"))),
        ("FLOAT64", pa.array([0.5], pa.float32())),
        ("INT64", pa.array([7], pa.int8())),
    ],
)
def test_a_file_may_have_another_scale_or_unit(base: Database, declared: str, array: pa.Array) -> None:
    """DuckDB writes decimal(18, 3) where nobody says more."""
    assert base.load(of(declared), pa.table({"x": array}).to_reader).rows == len(array)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 5e-324, 0.1])
def test_floats_are_kept_to_the_last_bit(base: Database, value: float) -> None:
    rows = lambda: pa.table({"x": pa.array([value], pa.float64(), from_pandas=False)}).to_reader()  # noqa: E731
    assert base.load(of("FLOAT64"), rows).rows == 1


def test_digits_are_all_there(base: Database) -> None:
    place = replace(SCORES, columns=(("n", "NUMERIC"), ("b", "BIGNUMERIC")), key=())
    n, b = Decimal("99999999999999999999999999999.999999999"), Decimal("9" * 38 + "." + "9" * 38)
    rows = pa.table({"n": pa.array([n], pa.decimal128(38, 9)), "b": pa.array([b], pa.decimal256(76, 38))})
    base.load(place, rows.to_reader)
    assert base.sql("SELECT n, b FROM sameday.v1") == [(n, b)]


@pytest.mark.parametrize(
    ("declared", "value", "kind", "said"),
    [
        ("STRING", "a\0b", pa.string(), "0x00"),
        ("INT64", 2**64 - 1, pa.uint64(), "does not hold INT64"),
        ("JSON", "{no json", pa.string(), "json"),
        ("ARRAY<FLOAT64>", [float("nan")], pa.list_(pa.float64()), "does not hold ARRAY<FLOAT64>"),
        ("NUMERIC", Decimal("1e29"), pa.decimal128(38, 0), "does not hold NUMERIC"),
    ],
)
def test_what_it_cannot_hold_is_refused(base: Database, declared: str, value: object, kind: Any, said: str) -> None:
    place = of(declared)
    with pytest.raises(Refused, match=said):
        base.load(place, pa.table({"x": pa.array([value], kind)}).to_reader)
    assert [one for one in base.store.versions(place) if one.whole] == []
    base.load(place, pa.table({"x": pa.array([None], kind)}).to_reader)
    assert base.parts() == ["v1"], "what was refused left nothing"


def test_grants_comments_and_readers_survive_a_switch(base: Database, app: str) -> None:
    base.show()
    base.sql("GRANT SELECT ON scores TO app WITH GRANT OPTION", "GRANT SELECT ON scores TO PUBLIC",
             "COMMENT ON VIEW scores IS 'it''s ours'",
             "CREATE VIEW best AS SELECT user_id FROM scores WHERE rank = 1")  # fmt: skip
    base.show(SCORES, NEW, user_id=["bob"], rank=[1])
    assert base.sql("SELECT * FROM best") == [("bob",)]
    base.show(wider(("score", "FLOAT64")), user_id=["cleo"], rank=[1], score=[0.5])
    assert base.sql("SELECT * FROM best") == [("cleo",)]
    assert base.sql("SET ROLE app", "SELECT score FROM scores") == [(0.5,)]
    base.sql("DROP VIEW best")
    narrow = replace(SCORES, spec="00c0ffee", columns=COLUMNS[:1])
    base.show(narrow, user_id=["dan"])
    assert base.sql("SET ROLE app", "SELECT * FROM scores") == [("dan",)], "the view was made anew, with its grants"
    assert base.sql("SELECT obj_description('scores'::regclass)") == [("it's ours",)]
    granted = base.sql("SELECT relacl::text FROM pg_class WHERE oid = 'scores'::regclass")[0][0]
    assert "app=r*/" in granted
    assert "=r/" in granted


def test_options_and_owner_of_a_view_survive_a_switch(base: Database, app: str) -> None:
    """A plain replace would let the view run with its owner's rights again."""
    base.show()
    base.sql(
        "ALTER VIEW scores SET (security_invoker = true, security_barrier = true)", "ALTER VIEW scores OWNER TO app"
    )
    options = "SELECT reloptions, pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'scores'::regclass"
    for place in (NEXT, replace(SCORES, spec="00c0ffee", columns=COLUMNS[:1]), SCORES):
        values: dict[str, list[Any]] = {"user_id": ["bob"], "rank": [1]}
        base.show(place, NEW, **{column: values[column] for column, _ in place.columns})
        ((kept, owner),) = base.sql(options)
        assert (sorted(kept), owner) == (["security_barrier=true", "security_invoker=true"], "app")
        assert base.sql("SET ROLE app", "SELECT user_id FROM scores") == [("bob",)]


def test_a_rollback_fits_under_other_peoples_views(base: Database) -> None:
    """The place of before has no such column, and a view that is read cannot lose one."""
    base.put()
    base.show(wider(("score", "FLOAT64")), user_id=["cleo"], rank=[1], score=[0.5])
    base.sql("CREATE VIEW best AS SELECT user_id, score FROM scores")
    assert base.store.plan(SCORES).breaks == ("the column score would be NULL",)
    assert base.store.plan(SCORES).refused == ()
    base.store.point([SCORES])
    assert base.sql("SELECT * FROM best") == [("ada", None)]
    assert base.sql("SELECT * FROM scores") == [("ada", 1, None)]
    base.store.point([wider(("score", "FLOAT64"))])
    assert base.sql("SELECT * FROM best") == [("cleo", 0.5)]


def test_a_table_that_is_taken_over_is_read_by_whom_it_was(base: Database, app: str) -> None:
    base.sql("CREATE ROLE before", "CREATE TABLE scores (user_id text, rank bigint)", "GRANT SELECT ON scores TO app",
             "ALTER TABLE scores OWNER TO before", "COMMENT ON TABLE scores IS 'ours'",
             "CREATE VIEW best AS SELECT user_id FROM scores")  # fmt: skip
    adopting = replace(SCORES, adopt=True)
    assert base.store.plan(adopting).breaks == ("best would go on reading what is there now",)
    base.show(adopting)
    for role in ("app", "before"):
        for name in ("scores", "scores__0badcafe"):
            assert base.sql(f"SET ROLE {role}", f"SELECT user_id FROM {name}") == [("ada",)]
    assert base.sql("SELECT obj_description('scores'::regclass)") == [("ours",)]
    assert base.store.plan(adopting).breaks == ()
    base.sql("DROP OWNED BY before CASCADE", "DROP ROLE before")


@pytest.mark.parametrize("grant", ["SELECT", "SELECT (user_id)"])
def test_who_may_read_the_name_may_read_the_next_place_before_it_is_named(base: Database, app: str, grant: str) -> None:
    """The flag names the place itself, and is written before the declared name is pointed."""
    base.show()
    base.sql(f"GRANT {grant} ON scores TO app")
    base.put(NEXT, user_id=["bob"], rank=[2])
    assert base.sql("SET ROLE app", "SELECT user_id FROM scores__feedbeef") == [("bob",)]
    base.sql("CREATE ROLE late", "GRANT SELECT ON scores__0badcafe TO late")
    base.store.point([NEXT])
    assert base.sql("SET ROLE late", "SELECT user_id FROM scores__feedbeef") == [("bob",)], "those of the shown place"
    if grant != "SELECT":
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            base.sql("SET ROLE app", "SELECT rank FROM scores__feedbeef")
    base.sql("DROP OWNED BY late", "DROP ROLE late")


def test_who_may_read_a_place_of_days_may_read_the_next_one(base: Database, app: str) -> None:
    base.show(DAYS)
    base.sql("GRANT SELECT ON scores TO app")
    old, new = DAYS, replace(DAYS, spec="feedbeef")
    assert [one.date for one in base.store.carry(new, old)] == [OLD]
    assert base.sql("SET ROLE app", "SELECT user_id FROM scores__feedbeef") == [("ada",)]


def test_rights_that_sameday_may_not_give_are_told(base: Database, app: str) -> None:
    base.show()
    base.put(NEXT)
    base.sql("GRANT SELECT ON scores TO app", "CREATE ROLE plain LOGIN", "GRANT USAGE ON SCHEMA sameday TO plain",
             "GRANT ALL ON ALL TABLES IN SCHEMA sameday TO plain", "GRANT ALL ON SCHEMA public TO plain")  # fmt: skip
    plain = Postgresql(PostgresqlStore(kind="postgresql"), base.dsn.replace("user=postgres", "user=plain"))
    said = 'GRANT SELECT ON "public"."scores__feedbeef" TO "app"'
    with pytest.raises(Refused, match="may not let them") as error:
        plain.point([NEXT])
    assert said in str(error.value)
    assert base.store.shown("scores") == "scores__0badcafe"
    base.sql(said)
    with pytest.raises(Refused) as error:
        plain.point([NEXT])
    assert said not in str(error.value)
    base.sql("DROP OWNED BY plain", "DROP ROLE plain")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ((("user_id", "STRING"), ("rank", "STRING")), "best read scores, and the column rank would be text instead of"),
        ((("rank", "FLOAT64"), ("user_id", "STRING")), "rank would be double precision instead of bigint"),
    ],
)
def test_what_would_break_a_reader_is_told_before(base: Database, columns: Any, said: str) -> None:
    base.show()
    base.sql("CREATE VIEW best AS SELECT user_id, rank FROM scores")
    place = replace(NEXT, columns=columns)
    ((where, reason),) = base.store.plan(place).refused
    assert (where, said in reason) == ("", True), reason
    base.store.put(place, base.store.keep(place, version(place), sample(columns, place.key)))
    with pytest.raises(Refused, match="best"):
        base.store.point([place])
    assert base.sql("SELECT * FROM best") == [("ada", 1)]
    base.sql("DROP VIEW best")
    assert base.store.plan(place).refused == ()
    base.store.point([place])


def test_columns_in_another_order_stay_where_they_are_for_readers(base: Database) -> None:
    base.show()
    base.sql("CREATE VIEW best AS SELECT * FROM scores")
    turned = replace(NEXT, columns=COLUMNS[::-1])
    assert base.store.plan(turned).refused == ()
    base.show(turned, user_id=["bob"], rank=[2])
    assert base.sql("SELECT * FROM scores") == base.sql("SELECT * FROM best") == [("bob", 2)]


def test_a_name_that_others_read_is_not_taken_away(base: Database) -> None:
    base.show()
    base.sql("CREATE VIEW best AS SELECT * FROM scores")
    with pytest.raises(Refused, match="scores stays while best read it"):
        base.store.unname(["scores"])
    assert base.sql("SELECT * FROM best") == [("ada", 1)]


def test_a_switch_waits_for_no_reader_for_long_and_lets_others_through(base: Database) -> None:
    """It tries for a moment at a time, so that reads that come while it waits are not behind it."""
    base.show()
    base.put(NEXT, user_id=["bob"], rank=[2])
    with psycopg.connect(base.dsn) as reader:
        reader.execute("SELECT * FROM scores")  # and its transaction stays open
        switch = threading.Thread(target=base.store.point, args=([NEXT],))
        switch.start()
        for _ in range(5):
            assert base.sql("SET statement_timeout = '2s'", "SELECT user_id FROM scores") == [("ada",)]
        reader.rollback()
        switch.join(20)
    assert base.sql("SELECT user_id FROM scores") == [("bob",)]


@pytest.mark.parametrize("place", [SCORES, DAYS], ids=["whole", "daily"])
def test_a_reader_that_never_lets_go_is_named_and_nothing_changes(base: Database, place: Place) -> None:
    base.show(place)
    later = replace(version(place), attempt=2)
    dates = {"dt": pa.array([OLD], pa.date32())} if place.daily else {}
    base.store.keep(place, later, pa.table({"user_id": ["bob"], "rank": [2], **dates}).to_reader())
    base.put(replace(place, spec="feedbeef"))
    hasty = Postgresql(PostgresqlStore(kind="postgresql"), base.dsn, held=0.5)
    with psycopg.connect(base.dsn) as reader:
        reader.execute("SELECT * FROM scores")
        with pytest.raises(Unreachable, match="a reader keeps scores__0badcafe in a transaction for too long"):
            hasty.put(place, later)
        with pytest.raises(Unreachable, match="a reader keeps scores in a transaction for too long"):
            hasty.point([replace(place, spec="feedbeef")])
        assert base.sql("SELECT user_id FROM scores") == [("ada",)]
        reader.rollback()
    assert hasty.put(place, later)
    assert base.sql("SELECT user_id FROM scores") == [("bob",)]


def test_what_is_still_read_is_removed_later(base: Database) -> None:
    base.show()
    base.put(NEXT)
    base.store.point([NEXT])
    with psycopg.connect(base.dsn) as reader:
        reader.execute("SELECT * FROM scores__0badcafe")
        assert list(base.store.prune("demo", "scores", [], LATER)) == [], "no failure either"
        assert base.sql("SELECT count(*) FROM scores__0badcafe") == [(1,)]
    assert list(base.store.prune("demo", "scores", [], LATER)) == ["scores__0badcafe"]
    assert base.parts() == ["v2"]


def test_a_version_that_is_still_read_is_dropped_later(base: Database) -> None:
    for day in (date(2026, 11, 20), OLD, NEW):
        base.show(SCORES, day)
    with psycopg.connect(base.dsn) as reader:
        reader.execute("SELECT * FROM sameday.v1")
        base.store.prune("demo", "scores", ["0badcafe"], LATER)
        assert len(base.store.versions(SCORES)) == 3
    base.store.prune("demo", "scores", ["0badcafe"], LATER)
    assert [one.date for one in base.store.versions(SCORES)] == [NEW, OLD]
    assert base.parts() == ["v2", "v3"]


def test_a_version_that_somebody_elses_view_reads_is_kept_for_them(base: Database) -> None:
    base.put()
    base.show(NEXT)
    base.sql("CREATE VIEW mine AS SELECT * FROM sameday.v1")
    with pytest.raises(Refused, match=r"scores__0badcafe stays: view mine depends on table sameday\.v1"):
        base.store.prune("demo", "scores", [], LATER)
    assert base.sql("SELECT * FROM mine") == [("ada", 1)]
    base.sql("DROP VIEW mine")
    assert list(base.store.prune("demo", "scores", [], LATER)) == ["scores__0badcafe"]


def test_one_sync_of_a_place_at_a_time(base: Database) -> None:
    base.show()
    key = "public.scores__0badcafe"
    with state.lease(base.dsn, "sameday", key):
        second = state.lease(base.dsn, "sameday", key, patience=0.5)
        with pytest.raises(Conflict, match=r"another sync of public\.scores__0badcafe is at work"), second:
            pytest.fail("two have it")
        waiting = threading.Thread(target=base.show, args=(SCORES, NEW), kwargs={"user_id": ["cleo"], "rank": [2]})
        waiting.start()
        base.put(NEXT)
    waiting.join(20)
    assert base.sql("SELECT user_id FROM scores") == [("cleo",)], "which waited for its turn"
    base.sql(f"INSERT INTO sameday.leases VALUES ('{key}', 'killed', now() - interval '1 s')")
    base.show(SCORES, date(2026, 11, 24))
    assert base.sql("SELECT count(*) FROM sameday.leases") == [(0,)]


def test_what_a_killed_load_left_is_gone_with_the_next(base: Database) -> None:
    base.show()
    base.store.begin(SCORES, version(SCORES, NEW))
    base.sql("CREATE TABLE sameday.v2 (user_id text)", "INSERT INTO sameday.v2 VALUES ('half')")
    assert base.store.versions(SCORES)[0].whole is None
    with psycopg.connect(base.dsn) as backup:
        backup.execute("SELECT * FROM sameday.v2")  # or a server that has not noticed yet that its client is gone
        with pytest.raises(Conflict, match="scores__0badcafe: what an earlier sync of this version left is still in"):
            base.show(SCORES, NEW)
        base.show(SCORES, date(2026, 11, 24), user_id=["bob"], rank=[2])
    base.store.keep(SCORES, version(SCORES, NEW), pa.table({"user_id": ["cleo"], "rank": [3]}).to_reader())
    assert base.sql("SELECT user_id FROM sameday.v2") == [("cleo",)]


def test_a_load_that_is_killed_after_a_loss_is_not_whole(base: Database) -> None:
    """The version was whole once; its table was dropped, and the half one must not be taken for it."""
    base.put()
    base.sql("DROP TABLE sameday.v1 CASCADE")
    bad = pa.RecordBatchReader.from_batches(
        pa.schema([("user_id", pa.string()), ("rank", pa.int64())]), (1 / 0 for _ in range(1))
    )
    with pytest.raises((Refused, ZeroDivisionError)):
        base.store.keep(SCORES, version(SCORES), bad)
    assert base.store.versions(SCORES)[0].whole is None
    with pytest.raises(Refused, match="is not whole"):
        base.store.put(SCORES, version(SCORES))
    base.put(user_id=["bob"], rank=[2])
    assert base.sql("SELECT user_id FROM scores__0badcafe") == [("bob",)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE %s SET rank = rank + 1 WHERE user_id = 'bob'", r"\(2 rows of 2, with other values\)"),
        ("UPDATE %s SET user_id = '' WHERE user_id IS NULL", r"\(2 rows of 2, with other values\)"),
        ("DELETE FROM %s WHERE user_id = 'bob'", r"\(1 rows of 2\)"),
        ("UPDATE %s SET rank = 3 - rank", r"\(2 rows of 2, with other values\)"),
    ],
)
def test_rows_that_changed_on_the_way_are_refused(base: Database, change: str, said: str) -> None:
    """A trigger of somebody else's does to every new table what a faulty disk would do."""
    base.show()
    base.sql(
        "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"EXECUTE format('{change.replace(chr(39), chr(39) * 2)}', TG_RELID::regclass); RETURN NULL; END $$",
        "CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS $$ DECLARE o record; BEGIN "
        "FOR o IN SELECT * FROM pg_event_trigger_ddl_commands() WHERE object_type = 'table' LOOP "
        "EXECUTE format('CREATE TRIGGER t AFTER INSERT ON %s EXECUTE FUNCTION spoil()', o.objid::regclass); "
        "END LOOP; END $$",
        "CREATE EVENT TRIGGER new_table ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION watch()",
    )
    place, rows = replace(SCORES, key=()), pa.table({"user_id": [None, "bob"], "rank": [1, 2]})
    with pytest.raises(Refused, match=f"scores: the store gave back other rows than it was sent {said}"):
        base.store.keep(place, version(place, NEW), rows.to_reader())
    assert [one.date for one in base.store.versions(place) if one.whole] == [OLD]
    with pytest.raises(Refused, match="demo-0badcafe-20261123 is not whole"):
        base.store.put(place, version(place, NEW))
    assert base.sql("SELECT user_id FROM scores") == [("ada",)]
    base.sql("DROP EVENT TRIGGER new_table")
    assert base.store.keep(place, version(place, NEW), rows.to_reader()).rows == 2


def test_a_day_is_added_beside_the_others(base: Database) -> None:
    """The tables of the other days are neither read nor written, and a day that falls out is dropped."""
    days = [date(2026, 11, 20 + i) for i in range(4)]
    for i, day in enumerate(days[:2]):
        base.show(DAYS, day, user_id=["ada"], rank=[i])
    base.sql("GRANT SELECT ON scores TO PUBLIC", "CREATE VIEW best AS SELECT * FROM scores WHERE rank = 1")
    written = ("SELECT relname, relfilenode, pg_stat_get_tuples_inserted(oid) FROM pg_class "
               "WHERE relname IN ('v1', 'v2') ORDER BY 1")  # fmt: skip
    before = base.sql(written)
    base.put(DAYS, days[2], user_id=["ada"], rank=[2])
    assert base.sql("SELECT rank, dt FROM scores ORDER BY dt") == [(i, days[i]) for i in range(3)]
    assert base.sql(written) == before
    base.put(DAYS, days[3], user_id=["ada"], rank=[3])
    assert base.sql("SELECT rank FROM best") == [(1,)]
    assert base.parts() == ["v2", "v3", "v4"]
    plan = base.sql(f"EXPLAIN SELECT * FROM scores WHERE dt = '{days[2]}' AND user_id = 'ada'")
    assert {part for part in ("v2", "v3", "v4") if part in str(plan)} == {"v3"}, "a query with a day reads that day"


def test_a_day_that_is_still_read_is_dropped_later(base: Database) -> None:
    base.show(DAYS)
    with psycopg.connect(base.dsn) as reader:
        reader.execute("SELECT * FROM sameday.v1")
        for i in (1, 2):
            base.put(DAYS, OLD + timedelta(days=i))
        reader.rollback()
        base.sql("CREATE VIEW mine AS SELECT * FROM sameday.v1")
        base.put(DAYS, OLD + timedelta(days=3))
    assert "v1" in base.parts(), "somebody's view reads it"
    base.sql("DROP VIEW mine")
    base.store.prune("demo", "scores", ["0badcafe"], BEGUN)
    assert base.parts() == ["v2", "v3", "v4"]


def test_a_lost_schema_of_versions_is_no_place_of_ours(base: Database) -> None:
    """What is left of a place without its catalogue is told, not taken."""
    base.show(DAYS)
    base.sql("DROP SCHEMA sameday CASCADE")
    assert (base.store.shown("scores"), base.store.owner("scores"), base.store.inside(DAYS)) == ("scores", None, ())
    with pytest.raises(Refused, match="scores__0badcafe is there already and is not sameday's"):
        base.put(DAYS)


def test_grants_and_comments_of_columns_outlive_a_change_of_columns(base: Database) -> None:
    base.show(wider(("score", "FLOAT64")), user_id=["ada"], rank=[1], score=[0.5])
    base.sql("DROP ROLE IF EXISTS narrow", "CREATE ROLE narrow", "GRANT SELECT (user_id, score) ON scores TO narrow",
              "COMMENT ON COLUMN scores.user_id IS 'whose'", "COMMENT ON COLUMN scores.score IS 'gone'",
              "COMMENT ON VIEW scores IS 'all of it'")  # fmt: skip
    base.show(SCORES, NEW, user_id=["bob"], rank=[2])
    assert base.sql("SET ROLE narrow", "SELECT user_id FROM scores") == [("bob",)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        base.sql("SET ROLE narrow", "SELECT rank FROM scores")
    told = base.sql("SELECT col_description('scores'::regclass, 1), obj_description('scores'::regclass)")
    assert told == [("whose", "all of it")]


def test_somebody_elses_view_is_no_plain_table_but_is_seen(base: Database) -> None:
    base.sql("CREATE VIEW scores AS SELECT 'x'::text AS user_id, 1::bigint AS rank")
    ((_, reason),) = base.store.plan(SCORES).refused
    assert "adopt" in reason


def test_names_that_postgresql_would_cut_are_refused(base: Database) -> None:
    assert [where for where, _ in base.store.plan(replace(SCORES, table="a" * 60)).refused] == [""]


def test_a_server_that_is_away(base: Database) -> None:
    away = Postgresql(PostgresqlStore(kind="postgresql"), "host=127.0.0.1 port=1 user=ada password=secret dbname=x")
    for ask in (lambda: away.plan(SCORES), lambda: away.inside(SCORES), lambda: away.point([SCORES]),
                lambda: away.keep(SCORES, version(SCORES), sample(COLUMNS)),
                lambda: away.prune("demo", "scores", [], BEGUN)):  # fmt: skip
        with pytest.raises(Unreachable) as error:
            ask()
        assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    "dsn",
    ["host=h password=hun tersecret", "postgresql://u:%zzsecret@h/x", "postgresql://u:p@secret@h/x",
     "postgres:/u:secret@h", "secret"],
)  # fmt: skip
def test_a_connection_string_that_cannot_be_read_is_not_repeated(dsn: str) -> None:
    with pytest.raises(UsageError, match="connection string cannot be read") as error:
        Postgresql(PostgresqlStore(kind="postgresql"), dsn).plan(SCORES)
    assert "secret" not in str(error.value)


OPTIONS = ["sslmode", "channel_binding", "gssencmode", "target_session_attrs", "load_balance_hosts", "require_auth",
           "ssl_min_protocol_version", "keepalives", "tcp_user_timeout", "hostaddr", "service", "connect_timeout",
           "sslcert", "client_encoding", "options", "krbsrvname", "application_name"]  # fmt: skip


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("value", ["hunter2", "it is hunter2", "hunter2'; x"])
def test_a_nonsense_option_is_not_repeated(option: str, value: str) -> None:
    """A password that was put into the wrong place, for one."""
    dsn = make_conninfo("postgresql://u:pw@127.0.0.1:1/db", **{option: value})
    with pytest.raises(SamedayError, match=r"\A[^\n]+\Z") as error:
        Postgresql(PostgresqlStore(kind="postgresql"), dsn).plan(SCORES)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    "password", ["hunter2/more", "12345/hunter2", "hunter2?x=y", "hunter2#1", "hunter2:1", "a@hunter2"]
)
def test_a_password_with_marks_in_it_is_not_repeated(password: str) -> None:
    dsn = f"postgresql://u:{password}@127.0.0.1:1/db"
    with pytest.raises(SamedayError) as error:
        Postgresql(PostgresqlStore(kind="postgresql"), dsn).plan(SCORES)
    assert "hunter2" not in str(error.value)
    assert "12345" not in str(error.value)


def test_a_wrong_option_is_named() -> None:
    with pytest.raises(UsageError, match="does not know its sslmode as it is"):
        Postgresql(PostgresqlStore(kind="postgresql"), "host=127.0.0.1 port=1 sslmode=hunter2").plan(SCORES)


@pytest.mark.parametrize(
    ("declared", "value", "kind"),
    [
        ("JSON", '{"patient": 4711', pa.string()), ("STRING", "patient\0 4711", pa.string()),
        ("NUMERIC", Decimal("4711e28"), pa.decimal128(38, 0)), ("INT64", "4711x", pa.string()),
        ("DATE", "patient 4711", pa.string()), ("DATE", 'a " patient 4711', pa.string()),
    ],
)  # fmt: skip
def test_no_value_of_a_row_is_told(base: Database, declared: str, value: object, kind: Any) -> None:
    with pytest.raises(Refused) as error:
        base.store.keep(of(declared), version(SCORES), pa.table({"x": pa.array([value], kind)}).to_reader())
    assert "4711" not in str(error.value)
    assert "patient" not in str(error.value)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ('ERROR:  invalid input syntax for type integer: "4711"', "22P02"),
        ('ERROR:  value "4711" is out of range for type smallint', "22003"),
        ('ERROR:  invalid input syntax for type date: "a"4711"b', "22007"),
        ('ERROR:  invalid input syntax for type date: "a\n4711"', "22007"),
        (
            'ERROR:  duplicate key value violates unique constraint "k"\nDETAIL:  Key (user_id)=(4711) already exists.',
            "23505",
        ),
        ("ERROR:  user 4711 is not of age", "P0001"),
        ('ERROR:  invalid byte sequence for encoding "UTF8": 0x4711', "22021"),
    ],
)
def test_what_the_server_says_of_a_row_is_told_without_it(said: str, code: str) -> None:
    found = connect.told("scores", adbc_driver_manager.Error(said, status_code=10, sqlstate=code))
    assert isinstance(found, Refused)
    assert "4711" not in str(found)


@pytest.mark.parametrize(
    ("said", "code", "kind", "words"),
    [
        ("IO: [libpq] Failed to execute query '\nSELECT 1': server closed the connection", None, Unreachable,
         "SELECT 1': server closed the connection"),
        ("IO: [libpq] COPY: could not receive data from server: Connection reset by peer", None, Unreachable,
         "IO: [libpq] COPY: could not receive data from server: Connection reset by peer"),
        ("FATAL:  the database system is not yet accepting connections", "57P03", Unreachable,
         "FATAL:  the database system is not yet accepting connections"),
        ("ERROR:  invalid input\nCONTEXT:  COPY v1, line 1: server closed", "22P02", Refused, "ERROR:  invalid input"),
    ],
)  # fmt: skip
def test_a_lost_connection_is_told_from_a_no(said: str, code: str | None, kind: type, words: str) -> None:
    """As ADBC says it: the first one over several lines, the last one with a value of the rows."""
    found = connect.told("scores", adbc_driver_manager.Error(said, status_code=10, sqlstate=code))
    assert (type(found), str(found).endswith(words)) == (kind, True), found


def test_what_postgresql_has_no_room_for_is_no_outage(base: Database) -> None:
    wide = replace(SCORES, columns=tuple((f"c{i}", "INT64") for i in range(1_601)), key=())
    with pytest.raises(Refused, match="at most 1600 columns"):
        base.store.keep(wide, version(wide), sample(wide.columns))
    long = "".join(random.Random(1).choices("0123456789abcdef", k=20_000))
    rows = pa.table({"user_id": [long], "rank": [1]})
    with pytest.raises(Refused, match="index row"):
        base.store.keep(SCORES, version(SCORES), rows.to_reader())


def test_rows_that_are_not_sorted_or_equal_have_the_same_digest_here_and_there(base: Database) -> None:
    rows = pa.table({"user_id": [f"u{i}" for i in range(5_000)], "rank": list(range(5_000))})
    shuffled = rows.take([(i * 2_999) % 5_000 for i in range(5_000)])
    kept = base.store.keep(SCORES, version(SCORES), shuffled.to_reader())
    assert kept.digest == word(digest(rows.to_reader(), COLUMNS))
