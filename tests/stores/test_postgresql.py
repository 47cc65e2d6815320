"""What PostgreSQL alone can do wrong: types, views that others read, rights, locks, names."""

from __future__ import annotations

import random
import threading
from decimal import Decimal
from typing import Any

import adbc_driver_manager
import psycopg
import pyarrow as pa
import pytest
from psycopg.conninfo import make_conninfo

from bot.errors import Conflict, Refused, SamedayError, Unreachable, UsageError
from bot.experiment.types import SCALARS
from bot.ports import Target
from bot.settings.kinds import PostgresqlStore
from bot.stores.postgresql import Postgresql, connect, state
from bot.sync.core import load
from bot.sync.digest import digest
from bot.sync.sample import sample
from tests.far.postgresql import Server

pytestmark = pytest.mark.slow

COLUMNS = (("user_id", "STRING"), ("rank", "INT64"))
SCORES = Target("scores", COLUMNS, ("user_id",))
OLD, NEW = "demo-0badcafe-20261122", "demo-0badcafe-20261123"


class Place:
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

    def show(self, version: str = OLD, target: Target = SCORES, **columns: list[Any]) -> None:
        """Load a version and show it."""
        rows = columns or {"user_id": ["ada"], "rank": [1]}
        self.store.load(target, version, pa.table(rows).to_reader())
        self.store.activate({target: [version]})


@pytest.fixture
def place(server: Server) -> Place:
    """A new database."""
    return Place(server.database())


def wider(*more: tuple[str, str]) -> Target:
    """The target with more columns at its end."""
    return Target("scores", (*COLUMNS, *more), ("user_id",))


@pytest.mark.parametrize("declared", [*(s for s in SCALARS if s != "INTERVAL"), "ARRAY<STRING>", "ARRAY<BYTES>",
                                      "STRUCT<a INT64, b ARRAY<NUMERIC>>"])  # fmt: skip
def test_every_type_comes_back_as_it_went(place: Place, declared: str) -> None:
    target = Target("types", (("x", declared),))
    found = load(place.store, target, OLD, lambda: sample(target.columns))
    assert found.rows == 6
    ((kind,),) = place.sql("SELECT format_type(atttypid, atttypmod) FROM pg_attribute "
                           "WHERE attrelid = 'sameday.v1'::regclass AND attnum = 1")  # fmt: skip
    assert kind == {
        "STRING": "text", "GEOGRAPHY": "text", "BYTES": "bytea", "BOOL": "boolean", "INT64": "bigint",
        "FLOAT64": "double precision", "NUMERIC": "numeric(38,9)", "BIGNUMERIC": "numeric(76,38)", "DATE": "date",
        "DATETIME": "timestamp without time zone", "TIME": "time without time zone",
        "TIMESTAMP": "timestamp with time zone",
    }.get(declared, "json")  # fmt: skip


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 5e-324, 0.1])
def test_floats_are_kept_to_the_last_bit(place: Place, value: float) -> None:
    target = Target("floats", (("x", "FLOAT64"),))
    rows = lambda: pa.table({"x": pa.array([value], pa.float64(), from_pandas=False)}).to_reader()  # noqa: E731
    assert load(place.store, target, OLD, rows).rows == 1


def test_digits_are_all_there(place: Place) -> None:
    target = Target("digits", (("n", "NUMERIC"), ("b", "BIGNUMERIC")))
    n, b = Decimal("99999999999999999999999999999.999999999"), Decimal("9" * 38 + "." + "9" * 38)
    rows = pa.table({"n": pa.array([n], pa.decimal128(38, 9)), "b": pa.array([b], pa.decimal256(76, 38))})
    load(place.store, target, OLD, rows.to_reader)
    assert place.sql("SELECT n, b FROM sameday.v1") == [(n, b)]


@pytest.mark.parametrize(
    ("declared", "value", "kind", "said"),
    [
        ("STRING", "a\0b", pa.string(), "0x00"),
        ("INT64", 2**64 - 1, pa.uint64(), "does not hold INT64"),
        ("JSON", "{no json", pa.string(), "json"),
        ("NUMERIC", Decimal("1e29"), pa.decimal128(38, 0), "does not hold NUMERIC"),
    ],
)
def test_what_it_cannot_hold_is_refused(place: Place, declared: str, value: object, kind: Any, said: str) -> None:
    target = Target("scores", (("x", declared),))
    with pytest.raises(Refused, match=said):
        place.store.load(target, OLD, pa.table({"x": pa.array([value], kind)}).to_reader())
    assert place.store.versions(target) == []
    place.store.load(target, OLD, pa.table({"x": pa.array([None], kind)}).to_reader())
    assert place.sql("SELECT count(*) FROM sameday.versions") == [(1,)], "what was refused left nothing"


def test_grants_comments_and_readers_survive_a_swap(place: Place) -> None:
    place.show()
    place.sql("DROP ROLE IF EXISTS app", "CREATE ROLE app", "GRANT SELECT ON scores TO app WITH GRANT OPTION",
              "GRANT SELECT ON scores TO PUBLIC", "COMMENT ON VIEW scores IS 'it''s ours'",
              "CREATE VIEW best AS SELECT user_id FROM scores WHERE rank = 1")  # fmt: skip
    place.show(NEW, user_id=["bob"], rank=[1])
    assert place.sql("SELECT * FROM best") == [("bob",)]
    place.show("demo-0badcafe-20261124", wider(("score", "FLOAT64")), user_id=["cleo"], rank=[1], score=[0.5])
    assert place.sql("SELECT * FROM best") == [("cleo",)]
    assert place.sql("SET ROLE app", "SELECT score FROM scores") == [(0.5,)]
    place.sql("DROP VIEW best")
    place.show("demo-0badcafe-20261125", Target("scores", (("user_id", "STRING"),)), user_id=["dan"])
    assert place.sql("SET ROLE app", "SELECT * FROM scores") == [("dan",)], "the view was made anew, with its grants"
    assert place.sql("SELECT obj_description('scores'::regclass)") == [("it's ours",)]
    granted = place.sql("SELECT relacl::text FROM pg_class WHERE oid = 'scores'::regclass")[0][0]
    assert "app=r*/" in granted
    assert "=r/" in granted
    place.sql("DROP OWNED BY app", "DROP ROLE app")


def test_a_table_that_is_taken_over_is_read_by_whom_it_was(place: Place) -> None:
    place.sql("CREATE TABLE scores (user_id text, rank bigint)", "DROP ROLE IF EXISTS app", "CREATE ROLE app",
              "GRANT SELECT ON scores TO app", "COMMENT ON TABLE scores IS 'ours'",
              "CREATE VIEW best AS SELECT user_id FROM scores")  # fmt: skip
    adopting = Target("scores", COLUMNS, ("user_id",), adopt=True)
    assert place.store.plan(adopting).breaks == ("best would go on reading what is there now",)
    place.show(target=adopting)
    assert place.sql("SET ROLE app", "SELECT user_id FROM scores") == [("ada",)]
    assert place.sql("SELECT obj_description('scores'::regclass)") == [("ours",)]
    assert place.store.plan(adopting).breaks == ()
    place.sql("DROP OWNED BY app", "DROP ROLE app")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ((("user_id", "STRING"),), "best read scores, and the column rank would be gone"),
        ((("user_id", "STRING"), ("rank", "STRING")), "the column rank would be text instead of bigint"),
        ((("rank", "INT64"), ("user_id", "STRING")), "its columns would change their order"),
    ],
)
def test_what_would_break_a_reader_is_told_before(place: Place, columns: Any, said: str) -> None:
    place.show()
    place.sql("CREATE VIEW best AS SELECT user_id, rank FROM scores")
    target = Target("scores", columns)
    ((where, reason),) = place.store.plan(target).refused
    assert (where, said in reason) == ("", True), reason
    place.store.load(target, NEW, sample(columns))
    with pytest.raises(Refused, match="best"):
        place.store.activate({target: [NEW]})
    assert place.sql("SELECT * FROM best") == [("ada", 1)]
    place.sql("DROP VIEW best")
    assert place.store.plan(target).refused == ()


def test_a_swap_waits_for_no_reader_for_long_and_lets_others_through(place: Place) -> None:
    """The swap tries for a moment at a time, so that reads that come while it waits are not behind it."""
    place.show()
    place.store.load(SCORES, NEW, pa.table({"user_id": ["bob"], "rank": [2]}).to_reader())
    with psycopg.connect(place.dsn) as reader:
        reader.execute("SELECT * FROM scores")  # and its transaction stays open
        swap = threading.Thread(target=place.store.activate, args=({SCORES: [NEW]},))
        swap.start()
        for _ in range(5):
            assert place.sql("SET statement_timeout = '2s'", "SELECT user_id FROM scores") == [("ada",)]
        reader.rollback()
        swap.join(20)
    assert place.sql("SELECT user_id FROM scores") == [("bob",)]


def test_a_version_that_is_still_read_is_dropped_later(place: Place) -> None:
    place.show()
    with psycopg.connect(place.dsn) as reader:
        reader.execute("SELECT * FROM sameday.v1")
        place.show(NEW, user_id=["bob"], rank=[2])
        place.store.prune(SCORES, [])
        assert place.store.versions(SCORES) == [NEW, OLD]
    place.store.prune(SCORES, [])
    assert place.store.versions(SCORES) == [NEW]
    assert place.sql("SELECT to_regclass('sameday.v1')") == [(None,)]


def test_one_sync_of_a_target_at_a_time(place: Place) -> None:
    place.show()
    with state.lease(place.dsn, "sameday", "public.scores"):
        second = state.lease(place.dsn, "sameday", "public.scores", patience=0.5)
        with pytest.raises(Conflict, match=r"another sync of public\.scores is at work"), second:
            pytest.fail("two have it")
        waiting = threading.Thread(target=place.show, args=(NEW,), kwargs={"user_id": ["cleo"], "rank": [2]})
        waiting.start()
        other = Target("others", COLUMNS)
        assert place.store.load(other, NEW, pa.table({"user_id": ["bob"], "rank": [2]}).to_reader()).rows == 1
    waiting.join(20)
    assert place.sql("SELECT user_id FROM scores") == [("cleo",)], "which waited for its turn"
    place.sql("INSERT INTO sameday.leases VALUES ('public.scores', 'killed', now() - interval '1 s')")
    place.store.prune(SCORES, [])
    place.show(OLD)
    assert place.sql("SELECT count(*) FROM sameday.leases") == [(0,)]


def test_what_a_killed_load_left_is_gone_with_the_next(place: Place) -> None:
    place.show()
    place.sql(f"INSERT INTO sameday.versions (target, version) VALUES ('public.scores', '{NEW}')",
              "CREATE TABLE sameday.v2 (user_id text)", "INSERT INTO sameday.v2 VALUES ('half')")  # fmt: skip
    assert place.store.versions(SCORES) == [OLD]
    place.show(NEW, user_id=["bob"], rank=[2])
    assert place.sql("SELECT * FROM scores") == [("bob", 2)]
    assert place.sql("SELECT to_regclass('sameday.v2')") == [(None,)]


def test_what_a_killed_load_left_may_be_in_use(place: Place) -> None:
    """By a backup, or by a server that has not noticed yet that its client is gone."""
    place.show()
    place.sql(f"INSERT INTO sameday.versions (target, version) VALUES ('public.scores', '{NEW}')",
              "CREATE TABLE sameday.v2 (user_id text)")  # fmt: skip
    with psycopg.connect(place.dsn) as backup:
        backup.execute("SELECT * FROM sameday.v2")
        with pytest.raises(Conflict, match=f"what an earlier sync of {NEW} left is still in use"):
            place.show(NEW)
        place.show("demo-0badcafe-20261124", user_id=["bob"], rank=[2])
    place.show(NEW, user_id=["cleo"], rank=[3])
    assert place.sql("SELECT * FROM scores") == [("cleo", 3)]
    assert place.sql("SELECT to_regclass('sameday.v2')") == [(None,)]


def test_a_version_that_somebody_elses_view_reads_is_kept_for_them(place: Place) -> None:
    place.show()
    place.sql("CREATE VIEW mine AS SELECT * FROM sameday.v1")
    place.show(NEW, user_id=["bob"], rank=[2])
    place.store.prune(SCORES, [])
    assert place.sql("SELECT * FROM mine") == [("ada", 1)]
    place.sql("DROP VIEW mine")
    place.store.prune(SCORES, [])
    assert place.store.versions(SCORES) == [NEW]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE %s SET rank = rank + 1 WHERE user_id = 'bob'", r"\(2 rows of 2, with other values\)"),
        ("UPDATE %s SET user_id = '' WHERE user_id IS NULL", r"\(2 rows of 2, with other values\)"),
        ("DELETE FROM %s WHERE user_id = 'bob'", r"\(1 rows of 2\)"),
        ("UPDATE %s SET rank = 3 - rank", r"\(2 rows of 2, with other values\)"),
    ],
)
def test_rows_that_changed_on_the_way_are_refused(place: Place, change: str, said: str) -> None:
    """A trigger of somebody else's does to every new table what a faulty disk would do."""
    place.show()
    place.sql(
        "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"EXECUTE format('{change.replace(chr(39), chr(39) * 2)}', TG_RELID::regclass); RETURN NULL; END $$",
        "CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS $$ DECLARE o record; BEGIN "
        "FOR o IN SELECT * FROM pg_event_trigger_ddl_commands() WHERE object_type = 'table' LOOP "
        "EXECUTE format('CREATE TRIGGER t AFTER INSERT ON %s EXECUTE FUNCTION spoil()', o.objid::regclass); "
        "END LOOP; END $$",
        "CREATE EVENT TRIGGER new_table ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION watch()",
    )
    target, rows = Target("scores", COLUMNS), pa.table({"user_id": [None, "bob"], "rank": [1, 2]})
    with pytest.raises(Refused, match=f"scores: the store gave back other rows than it was sent {said}"):
        place.store.load(target, NEW, rows.to_reader())
    assert (place.store.versions(target), place.sql("SELECT user_id FROM scores")) == ([OLD], [("ada",)])
    with pytest.raises(Refused, match=f"scores has no version {NEW}"):
        place.store.activate({target: [NEW]})
    place.sql("DROP EVENT TRIGGER new_table")
    assert place.store.load(target, NEW, rows.to_reader()).rows == 2


def test_a_version_that_is_there_is_not_read_again(place: Place) -> None:
    place.show()

    def gone() -> pa.RecordBatchReader:
        raise Refused("the run's own table was swept")

    assert load(place.store, SCORES, OLD, gone).rows == 1
    with pytest.raises(Refused, match="the run's own table was swept"):
        load(place.store, SCORES, NEW, gone)


def test_a_day_is_added_beside_the_others(place: Place) -> None:
    """The tables of the other days are neither read nor written."""
    days = Target("scores", (*COLUMNS, ("dt", "DATE")), ("user_id", "dt"), days=3)
    names = [f"demo-0badcafe-2026112{i}" for i in range(4)]
    for i, name in enumerate(names[:2]):
        place.store.load(days, name, day(i))
    place.store.activate({days: names[:2]})
    place.sql("GRANT SELECT ON scores TO PUBLIC", "CREATE VIEW best AS SELECT * FROM scores WHERE rank = 1")
    before = place.sql("SELECT relname, relfilenode, pg_stat_get_tuples_inserted(oid) FROM pg_class "
                       "WHERE relname IN ('v1', 'v2') ORDER BY 1")  # fmt: skip
    place.store.load(days, names[2], day(2))
    place.store.activate({days: names[:3]})
    assert place.sql("SELECT rank, dt::text FROM scores ORDER BY dt") == [
        (i, f"2026-11-2{i}") for i in range(3)
    ]  # fmt: skip
    assert place.sql("SELECT relname, relfilenode, pg_stat_get_tuples_inserted(oid) FROM pg_class "
                     "WHERE relname IN ('v1', 'v2') ORDER BY 1") == before  # fmt: skip
    place.store.load(days, names[3], day(3))
    place.store.activate({days: names[1:]})
    place.store.prune(days, [])
    assert place.sql("SELECT rank FROM best") == [(1,)]
    assert place.store.versions(days) == names[:0:-1]


def day(number: int) -> pa.RecordBatchReader:
    """One user's row of a day."""
    dt = pa.array([f"2026-11-2{number}"]).cast(pa.date32())
    return pa.table({"user_id": ["ada"], "rank": [number], "dt": dt}).to_reader()


def test_a_reader_that_never_lets_go_is_named_and_nothing_changes(place: Place) -> None:
    place.show()
    place.store.load(SCORES, NEW, pa.table({"user_id": ["bob"], "rank": [2]}).to_reader())
    hasty = Postgresql(PostgresqlStore(kind="postgresql"), place.dsn, held=0.5)
    with psycopg.connect(place.dsn) as reader:
        reader.execute("SELECT * FROM scores")
        with pytest.raises(Unreachable, match="a reader keeps scores in a transaction for too long"):
            hasty.activate({SCORES: [NEW]})
        assert place.sql("SELECT user_id FROM scores") == [("ada",)]
        reader.rollback()
    hasty.activate({SCORES: [NEW]})
    assert place.sql("SELECT user_id FROM scores") == [("bob",)]


def test_grants_and_comments_of_columns_outlive_a_change_of_columns(place: Place) -> None:
    place.show(OLD, wider(("score", "FLOAT64")), user_id=["ada"], rank=[1], score=[0.5])
    place.sql("DROP ROLE IF EXISTS narrow", "CREATE ROLE narrow", "GRANT SELECT (user_id, score) ON scores TO narrow",
              "COMMENT ON COLUMN scores.user_id IS 'whose'", "COMMENT ON COLUMN scores.score IS 'gone'",
              "COMMENT ON VIEW scores IS 'all of it'")  # fmt: skip
    place.show(NEW, user_id=["bob"], rank=[2])
    assert place.sql("SET ROLE narrow", "SELECT user_id FROM scores") == [("bob",)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        place.sql("SET ROLE narrow", "SELECT rank FROM scores")
    told = place.sql("SELECT col_description('scores'::regclass, 1), obj_description('scores'::regclass)")
    assert told == [("whose", "all of it")]


def test_somebody_elses_view_is_no_plain_table_but_is_seen(place: Place) -> None:
    place.sql("CREATE VIEW scores AS SELECT 'x'::text AS user_id, 1::bigint AS rank")
    ((_, reason),) = place.store.plan(SCORES).refused
    assert "adopt" in reason


def test_names_that_postgresql_would_cut_are_refused(place: Place) -> None:
    assert [where for where, _ in place.store.plan(Target("a" * 60, COLUMNS)).refused] == [""]


def test_a_server_that_is_away(place: Place) -> None:
    away = Postgresql(PostgresqlStore(kind="postgresql"), "host=127.0.0.1 port=1 user=ada password=secret dbname=x")
    for ask in (lambda: away.plan(SCORES), lambda: away.active(SCORES), lambda: away.activate({SCORES: [OLD]}),
                lambda: away.load(SCORES, OLD, sample(COLUMNS))):  # fmt: skip
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
def test_no_value_of_a_row_is_told(place: Place, declared: str, value: object, kind: Any) -> None:
    target = Target("scores", (("x", declared),))
    with pytest.raises(Refused) as error:
        place.store.load(target, OLD, pa.table({"x": pa.array([value], kind)}).to_reader())
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


def test_what_postgresql_has_no_room_for_is_no_outage(place: Place) -> None:
    wide = Target("wide", tuple((f"c{i}", "INT64") for i in range(1_601)))
    with pytest.raises(Refused, match="at most 1600 columns"):
        place.store.load(wide, OLD, sample(wide.columns))
    long = "".join(random.Random(1).choices("0123456789abcdef", k=20_000))
    rows = pa.table({"user_id": [long], "rank": [1]})
    with pytest.raises(Refused, match="index row"):
        place.store.load(Target("scores", COLUMNS, ("user_id",)), OLD, rows.to_reader())


def test_rows_that_are_not_sorted_or_equal_have_the_same_digest_here_and_there(place: Place) -> None:
    rows = pa.table({"user_id": [f"u{i}" for i in range(5_000)], "rank": list(range(5_000))})
    target = Target("scores", COLUMNS, ("user_id",))
    shuffled = rows.take([(i * 2_999) % 5_000 for i in range(5_000)])
    assert place.store.load(target, OLD, shuffled.to_reader()) == digest(rows.to_reader(), COLUMNS)
