"""What every store does."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from bot.errors import Refused
from bot.ports import Target
from bot.sync.digest import digest
from tests.ports.conftest import StoreCase
from tests.some import some

COLUMNS = (("user_id", "STRING"), ("rank", "INT64"))
SCORES = Target("scores", COLUMNS, ("user_id",))
ITEMS = Target("items", COLUMNS, ("user_id", "rank"))
OLD, NEW = "demo-0badcafe-20261122", "demo-0badcafe-20261123"


def load(
    store: StoreCase, rows: Callable[..., pa.RecordBatchReader], target: Target, version: str, **ranks: int
) -> Any:
    """Load a row per user."""
    return store.open().load(target, version, rows(user_id=list(ranks), rank=list(ranks.values())))


def shown(store: StoreCase, table: str = "scores") -> dict[str, int]:
    """What an application reads."""
    return dict(store.ask(f"SELECT user_id, rank FROM {table}"))


def test_plan_of_a_new_table(store: StoreCase) -> None:
    plan = store.open().plan(SCORES)
    assert (plan.action, plan.refused, plan.conversions) == ("create", (), ())
    assert all(word in plan.ddl for word in ("scores", "user_id", "rank"))


def test_plan_of_a_table_of_ours(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    load(store, rows, SCORES, OLD, ada=1)
    assert store.open().plan(SCORES).action == "create", "nobody reads it yet"
    store.open().activate({SCORES: [OLD]})
    plan = store.open().plan(SCORES)
    assert (plan.action, plan.refused) == ("replace", ())


def test_plan_of_somebody_elses_table(store: StoreCase) -> None:
    store.do("CREATE TABLE scores (user_id TEXT, rank BIGINT)", "INSERT INTO scores VALUES ('ada', 7)")
    ((where, reason),) = store.open().plan(SCORES).refused
    assert (where, "adopt" in reason) == ("", True)
    plan = store.open().plan(Target("scores", COLUMNS, ("user_id",), adopt=True))
    assert (plan.action, plan.refused) == ("adopt", ())
    assert shown(store) == {"ada": 7}, "a plan changes nothing"


def test_plan_tells_what_readers_would_miss(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    load(store, rows, SCORES, OLD, ada=1)
    store.open().activate({SCORES: [OLD]})
    assert store.open().plan(SCORES).breaks == ()
    added = Target("scores", (*COLUMNS, ("score", "FLOAT64")))
    assert store.open().plan(added).breaks == ()
    other = Target("scores", (("user", "STRING"), ("rank", "STRING")))
    gone, changed = store.open().plan(other).breaks
    assert gone == "the column user_id would be gone"
    assert re.fullmatch(r"the column rank would be text instead of (bigint|integer)", changed, re.IGNORECASE)
    store.do("CREATE TABLE taken (user_id TEXT, old BIGINT)")
    assert store.open().plan(Target("taken", COLUMNS, adopt=True)).breaks == ("the column old would be gone",)


def test_plan_tells_what_is_kept_in_another_form(store: StoreCase) -> None:
    plan = store.open().plan(Target("scores", (*COLUMNS, ("tags", "ARRAY<STRING>"), ("place", "GEOGRAPHY"))))
    assert [column for column, _ in plan.conversions] == ["tags", "place"]
    assert all(form for _, form in plan.conversions)


@pytest.mark.parametrize("kind", ["INTERVAL", "ARRAY<INTERVAL>", "STRUCT<n INT64, every INTERVAL>"])
def test_plan_refuses_types_by_column(store: StoreCase, kind: str) -> None:
    plan = store.open().plan(Target("scores", (*COLUMNS, ("every", kind))))
    assert [column for column, _ in plan.refused] == ["every"]


@pytest.mark.parametrize("adopt", [True, False])
def test_plan_refuses_names_that_are_not_free(
    store: StoreCase, rows: Callable[..., pa.RecordBatchReader], adopt: bool
) -> None:
    load(store, rows, SCORES, OLD, ada=1)
    for table in store.taken:
        assert store.open().plan(Target(table, COLUMNS, adopt=adopt)).refused, table
    assert store.open().versions(SCORES) == [OLD]


def test_nothing_is_there_yet(store: StoreCase) -> None:
    assert store.open().active(SCORES) == ()
    assert list(store.open().versions(SCORES)) == []
    store.open().prune(SCORES, [])


def test_loaded_version_is_seen_by_nobody(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    got = load(store, rows, SCORES, OLD, ada=1, bob=2)
    assert got == digest(rows(user_id=["bob", "ada"], rank=[2, 1]), COLUMNS)
    assert store.open().active(SCORES) == ()
    assert store.open().versions(SCORES) == [OLD]
    store.open().activate({SCORES: [OLD]})
    load(store, rows, SCORES, NEW, cleo=3)
    assert (store.open().active(SCORES), shown(store)) == ((OLD,), {"ada": 1, "bob": 2})


def test_loading_again_loads_nothing(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    first = load(store, rows, SCORES, OLD, ada=1)
    store.open().activate({SCORES: [OLD]})
    assert load(store, rows, SCORES, OLD, ada=1, bob=2) == first
    assert shown(store) == {"ada": 1}
    assert store.open().versions(SCORES) == [OLD]


@pytest.mark.parametrize("count", [0, 1, 100_000])
def test_rows_come_back(store: StoreCase, rows: Callable[..., pa.RecordBatchReader], count: int) -> None:
    names, numbers = pa.array([f"u{i}" for i in range(count)], pa.string()), pa.array(range(count), pa.int64())
    got = store.open().load(SCORES, OLD, rows(user_id=names, rank=numbers))
    assert got == digest(rows(user_id=names, rank=numbers), COLUMNS)
    assert got.rows == count
    store.open().activate({SCORES: [OLD]})
    assert store.ask("SELECT count(*), coalesce(sum(rank), 0) FROM scores") == [(count, sum(range(count)))]


def test_duplicate_keys(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    load(store, rows, ITEMS, OLD, ada=1)
    store.open().activate({ITEMS: [OLD]})
    twice = rows(user_id=["a", "a", "b", "b", "b", "c", "c"], rank=[1, 1, 2, 2, 2, 3, 4])
    with pytest.raises(Refused, match=r"items: 2 keys \(user_id, rank\) stand more than once"):
        store.open().load(ITEMS, NEW, twice)
    assert store.open().versions(ITEMS) == [OLD]
    assert shown(store, "items") == {"ada": 1}
    assert load(store, rows, ITEMS, NEW, bob=2).rows == 1, "the name of the refused version is free"


def test_refused_value_leaves_nothing(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    good, bad = pa.array(["1"] * 150), pa.array(["1"] * 149 + ["x"])
    users = [f"u{i}" for i in range(150)]
    with pytest.raises(Refused, match="rank"):
        store.open().load(SCORES, NEW, rows(user_id=users, rank=bad))
    assert list(store.open().versions(SCORES)) == []
    assert store.open().load(SCORES, NEW, rows(user_id=users, rank=good)).rows == 150


def test_targets_are_shown_together(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    for target in (SCORES, ITEMS):
        load(store, rows, target, OLD, ada=1)
        load(store, rows, target, NEW, bob=2)
    store.open().activate({SCORES: [OLD], ITEMS: [OLD]})
    assert (shown(store), shown(store, "items")) == ({"ada": 1}, {"ada": 1})
    with pytest.raises(Refused, match="items has no version demo-0badcafe-20261130"):
        store.open().activate({SCORES: [NEW], ITEMS: ["demo-0badcafe-20261130"]})
    assert (shown(store), shown(store, "items")) == ({"ada": 1}, {"ada": 1})
    assert (store.open().active(SCORES), store.open().active(ITEMS)) == ((OLD,), (OLD,))
    store.open().activate({SCORES: [NEW], ITEMS: [NEW]})
    assert (shown(store), shown(store, "items")) == ({"bob": 2}, {"bob": 2})


def test_rolling_back_is_activating(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    load(store, rows, SCORES, OLD, ada=1)
    load(store, rows, SCORES, NEW, bob=2)
    for version, expected in ((OLD, {"ada": 1}), (NEW, {"bob": 2}), (OLD, {"ada": 1}), (OLD, {"ada": 1})):
        store.open().activate({SCORES: [version]})
        assert (store.open().active(SCORES), shown(store)) == ((version,), expected)
    assert store.open().versions(SCORES) == [NEW, OLD], "newest first, whichever is shown"


def test_several_versions_are_shown_as_one(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    days = [f"demo-0badcafe-2026112{i}" for i in range(4)]
    for i, day in enumerate(days):
        load(store, rows, ITEMS, day, ada=i)
    store.open().activate({ITEMS: days[:2]})
    store.open().activate({ITEMS: [days[2], days[1], days[3]]})
    assert set(store.open().active(ITEMS)) == set(days[1:])
    assert store.ask("SELECT rank FROM items WHERE user_id = 'ada' ORDER BY rank") == [(1,), (2,), (3,)]
    store.open().prune(ITEMS, [])
    assert store.open().versions(ITEMS) == [days[3], days[2], days[1]], "what is shown stays"
    with pytest.raises(Refused, match="items has no version demo-0badcafe-20261120"):
        store.open().activate({ITEMS: [days[1], days[0]]})
    store.open().activate({ITEMS: [days[3]]})
    assert shown(store, "items") == {"ada": 3}


def test_prune(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    names = [f"demo-0badcafe-2026112{i}" for i in range(5)]
    for i, name in enumerate(names):
        load(store, rows, SCORES, name, ada=i)
    load(store, rows, ITEMS, names[0], ada=1)
    store.open().activate({SCORES: [names[1]]})
    for _ in range(2):
        store.open().prune(SCORES, [names[3], "demo-0badcafe-20260101"])
        assert store.open().versions(SCORES) == [names[3], names[1]]
    assert (store.open().active(SCORES), shown(store)) == ((names[1],), {"ada": 1})
    assert store.open().versions(ITEMS) == [names[0]]
    with pytest.raises(Refused):
        store.open().activate({SCORES: [names[0]]})
    assert load(store, rows, SCORES, names[0], bob=9).rows == 1


def test_columns_may_change(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    wider = Target("scores", (("score", "FLOAT64"), ("user_id", "STRING")), ("user_id",))
    load(store, rows, SCORES, OLD, ada=1)
    store.open().activate({SCORES: [OLD]})
    store.open().load(wider, NEW, rows(user_id=["ada"], score=[0.5]))
    store.open().activate({wider: [NEW]})
    assert store.ask("SELECT * FROM scores") == [(0.5, "ada")]
    store.open().activate({SCORES: [OLD]})
    assert store.ask("SELECT * FROM scores") == [("ada", 1)]


def test_adopting_keeps_the_old_rows_aside(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    store.do("CREATE TABLE scores (user_id TEXT, rank BIGINT)", "INSERT INTO scores VALUES ('before', 7)")
    load(store, rows, SCORES, OLD, ada=1)
    with pytest.raises(Refused, match="adopt"):
        store.open().activate({SCORES: [OLD]})
    assert shown(store) == {"before": 7}
    adopting = Target("scores", COLUMNS, ("user_id",), adopt=True)
    for _ in range(2):
        store.open().activate({adopting: [OLD]})
        assert shown(store) == {"ada": 1}
        assert shown(store, "scores__before_sameday") == {"before": 7}
    assert store.open().plan(SCORES).action == "replace"


WRITER = """
import pyarrow as pa
from bot.ports import Target
target = Target(sys.argv[2], (("user_id", "STRING"), ("rank", "INT64")), ("user_id",))
sys.stdin.readline()
for i in range(5):
    port.load(target, f"v{i}", pa.table({"user_id": ["ada"], "rank": [i]}).to_reader())
    port.activate({target: [f"v{i}"]})
    port.prune(target, [])
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
