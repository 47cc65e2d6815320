"""What every store does, beside what it has in common with a warehouse (`test_places.py`)."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from bot.errors import Refused
from bot.ports import Place, Version
from bot.sync.digest import digest, word
from tests.ports.conftest import StoreCase
from tests.some import some

COLUMNS = (("user_id", "STRING"), ("rank", "INT64"))
SCORES = Place("demo", "scores", "0badcafe", COLUMNS, ("user_id",))
ITEMS = Place("demo", "items", "0badcafe", COLUMNS, ("user_id", "rank"))
NEXT = replace(SCORES, spec="feedbeef")
BEGUN = datetime(2026, 11, 23, 4, tzinfo=UTC)
OLD, NEW = date(2026, 11, 22), date(2026, 11, 23)


def made(place: Place, day: date = OLD) -> Version:
    """The version that a run of the place's spec makes for a day."""
    return Version(place.experiment, place.spec, day, BEGUN)


def keep(
    store: StoreCase, rows: Callable[..., pa.RecordBatchReader], place: Place, day: date = OLD, **ranks: int
) -> Version:
    """Load a row per user."""
    return store.open().keep(place, made(place, day), rows(user_id=list(ranks), rank=list(ranks.values())))


def show(
    store: StoreCase, rows: Callable[..., pa.RecordBatchReader], place: Place, day: date = OLD, **ranks: int
) -> None:
    """Load a row per user, put the version, and let the declared name show its place."""
    assert store.open().put(place, keep(store, rows, place, day, **ranks))
    store.open().point([place])


def shown(store: StoreCase, table: str = "scores") -> dict[str, int]:
    """What an application reads."""
    return dict(store.ask(f"SELECT user_id, rank FROM {table}"))


def test_plan_of_a_new_table(store: StoreCase) -> None:
    plan = store.open().plan(SCORES)
    assert (plan.action, plan.refused, plan.conversions) == ("create", (), ())
    assert all(name in plan.ddl for name in ("scores__0badcafe", "user_id", "rank"))


def test_plan_of_a_table_of_ours(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    store.open().put(SCORES, keep(store, rows, SCORES, ada=1))
    assert store.open().plan(SCORES).action == "create", "no name shows it yet"
    store.open().point([SCORES])
    for place in (SCORES, NEXT):
        plan = store.open().plan(place)
        assert (plan.action, plan.refused) == ("replace", ())


def test_plan_of_another_experiments_name(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    show(store, rows, SCORES, ada=1)
    theirs = replace(NEXT, experiment="other", adopt=True)
    ((where, reason),) = store.open().plan(theirs).refused
    assert (where, reason) == ("", "scores shows scores__0badcafe of demo: a name has one owner")


def test_plan_of_somebody_elses_table(store: StoreCase) -> None:
    store.do("CREATE TABLE scores (user_id TEXT, rank BIGINT)", "INSERT INTO scores VALUES ('ada', 7)")
    ((where, reason),) = store.open().plan(SCORES).refused
    assert (where, "adopt" in reason) == ("", True)
    plan = store.open().plan(replace(SCORES, adopt=True))
    assert (plan.action, plan.refused) == ("adopt", ())
    assert shown(store) == {"ada": 7}, "a plan changes nothing"


def test_plan_tells_what_readers_would_miss(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    show(store, rows, SCORES, ada=1)
    assert store.open().plan(SCORES).breaks == ()
    added = replace(NEXT, columns=(*COLUMNS, ("score", "FLOAT64")))
    assert store.open().plan(added).breaks == ()
    other = replace(NEXT, columns=(("user", "STRING"), ("rank", "STRING")), key=())
    gone, changed = store.open().plan(other).breaks
    assert gone == "the column user_id would be gone"
    assert re.fullmatch(r"the column rank would be text instead of (bigint|integer)", changed, re.IGNORECASE)
    store.do("CREATE TABLE taken (user_id TEXT, old BIGINT)")
    taken = replace(SCORES, table="taken", adopt=True)
    assert store.open().plan(taken).breaks == ("the column old would be gone",)


def test_plan_tells_what_is_kept_in_another_form(store: StoreCase) -> None:
    plan = store.open().plan(replace(SCORES, columns=(*COLUMNS, ("tags", "ARRAY<STRING>"), ("spot", "GEOGRAPHY"))))
    assert [column for column, _ in plan.conversions] == ["tags", "spot"]
    assert all(form for _, form in plan.conversions)


@pytest.mark.parametrize("kind", ["INTERVAL", "ARRAY<INTERVAL>", "STRUCT<n INT64, every INTERVAL>"])
def test_plan_refuses_types_by_column(store: StoreCase, kind: str) -> None:
    plan = store.open().plan(replace(SCORES, columns=(*COLUMNS, ("every", kind))))
    assert [column for column, _ in plan.refused] == ["every"]


@pytest.mark.parametrize("adopt", [True, False])
def test_plan_refuses_names_that_are_not_free(
    store: StoreCase, rows: Callable[..., pa.RecordBatchReader], adopt: bool
) -> None:
    kept = keep(store, rows, SCORES, ada=1)
    for table in store.taken:
        assert store.open().plan(replace(SCORES, table=table, adopt=adopt)).refused, table
    assert list(store.open().versions(SCORES)) == [kept]


def test_nothing_is_there_yet(store: StoreCase) -> None:
    assert store.open().inside(SCORES) == ()
    assert list(store.open().versions(SCORES)) == []
    assert (store.open().shown("scores"), store.open().owner("scores")) == (None, None)
    assert list(store.open().prune("demo", "scores", [], BEGUN)) == []
    store.open().unname(["scores"])


def test_loaded_version_is_seen_by_nobody(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    kept = keep(store, rows, SCORES, ada=1, bob=2)
    assert kept.digest == word(digest(rows(user_id=["bob", "ada"], rank=[2, 1]), COLUMNS))
    assert store.open().inside(SCORES) == ()
    assert list(store.open().versions(SCORES)) == [kept]
    store.open().put(SCORES, kept)
    store.open().point([SCORES])
    keep(store, rows, SCORES, NEW, cleo=3)
    assert (store.open().inside(SCORES), shown(store)) == ((kept,), {"ada": 1, "bob": 2})


def test_loading_again_loads_nothing(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    for place in (SCORES, replace(ITEMS, partition="dt", days=3, columns=(*COLUMNS, ("dt", "DATE")))):
        days = {"dt": pa.array([OLD], pa.date32())} if place.daily else {}
        kept = store.open().keep(place, made(place), rows(user_id=["ada"], rank=[1], **days))
        for _ in range(2):
            assert store.open().keep(place, made(place), rows(user_id=["ada", "bob"], rank=[1, 2])) == kept
            store.open().put(place, kept)
        assert shown(store, place.name) == {"ada": 1}
        assert list(store.open().versions(place)) == [kept]


@pytest.mark.parametrize("count", [0, 1, 100_000])
def test_rows_come_back(store: StoreCase, rows: Callable[..., pa.RecordBatchReader], count: int) -> None:
    names, numbers = pa.array([f"u{i}" for i in range(count)], pa.string()), pa.array(range(count), pa.int64())
    kept = store.open().keep(SCORES, made(SCORES), rows(user_id=names, rank=numbers))
    assert kept.digest == word(digest(rows(user_id=names, rank=numbers), COLUMNS))
    assert kept.rows == count
    store.open().put(SCORES, kept)
    store.open().point([SCORES])
    assert store.ask("SELECT count(*), coalesce(sum(rank), 0) FROM scores") == [(count, sum(range(count)))]


def test_duplicate_keys(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    show(store, rows, ITEMS, ada=1)
    twice = rows(user_id=["a", "a", "b", "b", "b", "c", "c"], rank=[1, 1, 2, 2, 2, 3, 4])
    with pytest.raises(Refused, match=r"items: 2 keys \(user_id, rank\) stand more than once"):
        store.open().keep(ITEMS, made(ITEMS, NEW), twice)
    assert [one.date for one in store.open().versions(ITEMS) if one.whole] == [OLD]
    assert shown(store, "items") == {"ada": 1}
    assert keep(store, rows, ITEMS, NEW, bob=2).rows == 1, "the name of the refused version is free"


def test_refused_value_leaves_nothing(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    good, bad = pa.array(["1"] * 150), pa.array(["1"] * 149 + ["x"])
    users = [f"u{i}" for i in range(150)]
    with pytest.raises(Refused, match="rank"):
        store.open().keep(SCORES, made(SCORES, NEW), rows(user_id=users, rank=bad))
    assert [one for one in store.open().versions(SCORES) if one.whole] == []
    assert store.open().keep(SCORES, made(SCORES, NEW), rows(user_id=users, rank=good)).rows == 150


def test_a_day_has_no_rows_of_another(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    """In a place of several days they would stand beside those of their own day, or in their place."""
    days = replace(ITEMS, columns=(*COLUMNS, ("dt", "DATE")), key=("user_id", "dt"), partition="dt", days=3)
    for wrong in (NEW, None):
        dates = pa.array([OLD, wrong], pa.date32())
        with pytest.raises(Refused, match="items"):
            store.open().keep(days, made(days), rows(user_id=["a", "b"], rank=[1, 2], dt=dates))
    assert [one for one in store.open().versions(days) if one.whole] == []


def test_a_lost_version_is_loaded_anew(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    """Somebody dropped the place: it shows nothing, and what is kept again is put again."""
    days = replace(ITEMS, columns=(*COLUMNS, ("dt", "DATE")), key=("user_id", "dt"), partition="dt", days=3)
    for place, kind in ((SCORES, "VIEW"), (days, "TABLE")):
        dates = {"dt": pa.array([OLD], pa.date32())} if place.daily else {}
        for _ in range(2):
            kept = store.open().keep(place, made(place), rows(user_id=["ada"], rank=[1], **dates))
            assert store.open().put(place, kept)
            assert shown(store, place.name) == {"ada": 1}
            store.do(f"DROP {kind} {place.name}")
            assert store.open().inside(place) == ()


def test_places_are_named_together(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    for place in (SCORES, ITEMS):
        show(store, rows, place, ada=1)
    store.open().put(NEXT, keep(store, rows, NEXT, bob=2))
    empty = replace(ITEMS, spec="feedbeef")
    for order in ([NEXT, empty], [empty, NEXT]):
        with pytest.raises(Refused, match="items__feedbeef"):
            store.open().point(order)
        assert (shown(store), shown(store, "items")) == ({"ada": 1}, {"ada": 1})
        assert store.open().shown("scores") == "scores__0badcafe"


def test_columns_may_change(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    wider = replace(NEXT, columns=(("score", "FLOAT64"), ("user_id", "STRING")))
    show(store, rows, SCORES, ada=1)
    store.open().put(wider, store.open().keep(wider, made(wider), rows(user_id=["ada"], score=[0.5])))
    store.open().point([wider])
    assert store.ask("SELECT score, user_id FROM scores") == [(0.5, "ada")]
    store.open().point([SCORES])
    assert store.ask("SELECT user_id, rank FROM scores") == [("ada", 1)]


def test_adopting_keeps_the_old_rows_aside(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    store.do("CREATE TABLE scores (user_id TEXT, rank BIGINT)", "INSERT INTO scores VALUES ('before', 7)")
    store.open().put(SCORES, keep(store, rows, SCORES, ada=1))
    with pytest.raises(Refused, match="adopt"):
        store.open().point([SCORES])
    assert shown(store) == {"before": 7}
    for _ in range(2):
        store.open().point([replace(SCORES, adopt=True)])
        assert shown(store) == {"ada": 1}
        assert shown(store, "scores__before_sameday") == {"before": 7}
    assert store.open().plan(SCORES).action == "replace"


def test_a_place_that_somebody_made_is_not_taken(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    store.do("CREATE TABLE scores__0badcafe (user_id TEXT)", "INSERT INTO scores__0badcafe VALUES ('theirs')")
    kept = keep(store, rows, SCORES, ada=1)
    with pytest.raises(Refused, match="scores__0badcafe is there already and is not sameday's"):
        store.open().put(SCORES, kept)
    assert store.ask("SELECT * FROM scores__0badcafe") == [("theirs",)]


def test_a_place_has_one_owner(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    """An experiment that has another name has places of its own."""
    show(store, rows, SCORES, ada=1)
    theirs = replace(SCORES, experiment="other")
    for ask in (
        lambda: store.open().begin(theirs, made(theirs)),
        lambda: keep(store, rows, theirs, NEW, bob=2),
        lambda: store.open().put(theirs, made(theirs)),
        lambda: store.open().take_out(theirs, OLD),
        lambda: store.open().point([theirs]),
    ):
        with pytest.raises(Refused, match="scores__0badcafe is a place of demo"):
            ask()
    assert (list(store.open().versions(theirs)), shown(store)) == ([], {"ada": 1})


def test_a_place_that_somebodys_view_reads_stays(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    show(store, rows, SCORES, ada=1)
    show(store, rows, NEXT, bob=2)
    other = replace(SCORES, spec="00c0ffee")
    store.open().put(other, keep(store, rows, other, cleo=3))
    store.do("CREATE VIEW mine AS SELECT * FROM scores__0badcafe")
    with pytest.raises(Refused, match="scores__0badcafe stays while mine read it"):
        store.open().prune("demo", "scores", [], BEGUN)
    assert shown(store, "mine") == {"ada": 1}
    assert store.open().inside(other) == (), "the others are gone"
    store.do("DROP VIEW mine")
    assert list(store.open().prune("demo", "scores", [], BEGUN)) == ["scores__0badcafe"]
    assert list(store.open().versions(SCORES)) == []


WRITER = """
import pyarrow as pa
from dataclasses import replace
from datetime import date
from tests.ports.test_store import BEGUN, SCORES, made
place = replace(SCORES, table=sys.argv[2])
sys.stdin.readline()
for i in range(5):
    version = made(place, date(2026, 11, 20 + i))
    port.begin(place, version)
    rows = pa.table({"user_id": ["ada"], "rank": [i]}).to_reader()
    port.put(place, port.keep(place, version, rows))
    port.point([place])
    port.prune("demo", place.table, [place.spec], BEGUN)
"""


@pytest.mark.slow
def test_processes_at_once(store: StoreCase, elsewhere: Callable[..., subprocess.Popen[str]]) -> None:
    tables = [f"scores_{i}" for i in range(4)]
    processes = [elsewhere(WRITER, store.open, table) for table in tables]
    for process in processes:
        some(process.stdin).write("\n")
        some(process.stdin).flush()
    assert [process.wait() for process in processes] == [0] * 4
    assert [shown(store, table) for table in tables] == [{"ada": 4}] * 4
