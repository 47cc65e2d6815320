"""What every warehouse does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import product

import pyarrow as pa
import pytest

from bot.errors import Refused
from bot.experiment.model import Output
from bot.ports import Absent, Dataset, Denied, Repeated, Table
from tests.ports.conftest import WarehouseCase, of_warehouse
from tests.ports.test_places import daily, put, whole

DAY, BEFORE = date(2026, 11, 23), date(2026, 11, 22)
STAGED = "reco.v4__0badcafe_20261123"
WHOLE = Output(table="reco.v4", job="infer", columns={"user_id": "STRING", "score": "FLOAT64"}, key=("user_id",))
DAILY = Output.model_validate(
    {
        "table": "reco.v4",
        "job": "infer",
        "columns": {"user_id": "STRING", "score": "FLOAT64", "dt": "DATE"},
        "key": ["user_id"],
        "partition": {"column": "dt"},
    }
)
PLACE = daily(table="reco.v4")


def scores(day: date | None = None, **users: float | None) -> pa.Table:
    """Rows of a user each, with a day if there is one."""
    days = {} if day is None else {"dt": pa.array([day] * len(users), pa.date32())}
    return pa.table({"user_id": list(users), "score": pa.array(list(users.values()), pa.float64()), **days})


def test_describe_in_one_round(warehouse: WarehouseCase) -> None:
    warehouse.put("logs.users", scores(a=1.0, b=2.0))
    warehouse.put("logs.spoilt", scores(a=1.0))
    warehouse.spoil("logs.spoilt")
    known = warehouse.port.describe(["logs.users", "logs.user", "logs.spoilt", "elsewhere.entirely"])
    assert set(known) == {"logs.users", "logs.user", "logs.spoilt", "elsewhere.entirely"}
    table = known["logs.users"]
    assert isinstance(table, Table)
    assert (table.columns, table.rows) == ({"user_id": "STRING", "score": "FLOAT64"}, 2)
    assert abs(datetime.now(UTC) - table.modified) < timedelta(minutes=5)
    missing = known["logs.user"]
    assert isinstance(missing, Absent)
    assert missing.similar[0] == "logs.users"
    nowhere = known["elsewhere.entirely"]
    assert isinstance(nowhere, Absent)
    assert nowhere.similar == ()
    spoilt = known["logs.spoilt"]
    assert isinstance(spoilt, Denied)
    assert spoilt.reason
    assert "\n" not in spoilt.reason


def test_describe_nothing(warehouse: WarehouseCase) -> None:
    assert warehouse.port.describe([]) == {}


def test_runs_own_tables_are_no_suggestions(warehouse: WarehouseCase) -> None:
    warehouse.put(STAGED, scores(a=1.0))
    missing = warehouse.port.describe(["reco.v4__0badcafe_20261124"])["reco.v4__0badcafe_20261124"]
    assert isinstance(missing, Absent)
    assert missing.similar == ()
    assert isinstance(missing.dataset, Dataset)


TYPES = {
    "STRING": pa.string(), "BYTES": pa.binary(), "BOOL": pa.bool_(), "INT64": pa.int64(), "FLOAT64": pa.float64(),
    "NUMERIC": pa.decimal128(38, 9), "BIGNUMERIC": pa.decimal256(76, 38), "DATE": pa.date32(),
    "DATETIME": pa.timestamp("us"), "TIME": pa.time64("us"), "TIMESTAMP": pa.timestamp("us", "UTC"),
    "ARRAY<INT64>": pa.list_(pa.int64()), "STRUCT<a INT64, b ARRAY<STRING>>": pa.struct(
        [("a", pa.int64()), ("b", pa.list_(pa.string()))]
    ),
}  # fmt: skip


def test_column_types(warehouse: WarehouseCase) -> None:
    kinds = {name: kind for name, kind in TYPES.items() if name not in warehouse.lacks}
    columns = {f"c{i}": pa.array([None], kind) for i, kind in enumerate(kinds.values())}
    warehouse.put("types", pa.table(columns))
    table = warehouse.port.describe(["types"])["types"]
    assert isinstance(table, Table)
    assert list(table.columns.values()) == list(kinds)


def test_profile_counts(warehouse: WarehouseCase) -> None:
    rows = pa.concat_tables(
        [scores(DAY, a=1.0, b=None), scores(DAY, a=3.0), scores(DAY, a=4.0), scores(BEFORE, c=None)]
    )
    warehouse.put(
        STAGED, pa.concat_tables([rows, scores(DAY, d=0.5).set_column(2, "dt", pa.array([None], pa.date32()))])
    )
    profile = warehouse.port.profile(STAGED, DAILY, DAY)
    assert profile.rows == 6
    assert profile.duplicates == 2, "two rows repeat the key of another one"
    assert profile.nulls == {"user_id": 0, "score": 2, "dt": 1}
    assert profile.other_days == 2, "no day is another day"


def test_profile_of_an_empty_table(warehouse: WarehouseCase) -> None:
    warehouse.put(STAGED, scores(a=1.0).slice(0, 0))
    profile = warehouse.port.profile(STAGED, WHOLE, DAY)
    assert (profile.rows, profile.duplicates, profile.nulls, profile.other_days) == (
        0,
        0,
        {"user_id": 0, "score": 0},
        0,
    )


def test_profile_of_names_that_need_quotes(warehouse: WarehouseCase) -> None:
    output = Output(table="t", job="j", columns={"select": "STRING", "Order": "INT64"}, key=("select", "Order"))
    warehouse.put("t", pa.table({"select": ["x", "x"], "Order": [1, 1]}))
    profile = warehouse.port.profile("t", output, DAY)
    assert (profile.duplicates, profile.nulls) == (1, {"select": 0, "Order": 0})


def test_profile_of_columns_that_are_called_as_the_counts_are(warehouse: WarehouseCase) -> None:
    output = Output(table="t", job="j", columns={"n": "INT64", "c0": "INT64", "source": "INT64"}, key=("n", "source"))
    warehouse.put("t", pa.table({"n": [1, 1, 2], "c0": [5, None, 5], "source": [1, 1, 1]}))
    profile = warehouse.port.profile("t", output, DAY)
    assert (profile.rows, profile.duplicates, profile.nulls) == (3, 1, {"n": 0, "c0": 1, "source": 0})
    assert profile.repeated == (Repeated(("1", "1"), 2),)


def test_profile_names_the_keys_that_most_rows_repeat(warehouse: WarehouseCase) -> None:
    names = [*"abbccccddddeee", None, None, None, None, None]
    warehouse.put(STAGED, pa.table({"user_id": pa.array(names, pa.string()), "score": pa.array([0.0] * len(names))}))
    profile = warehouse.port.profile(STAGED, WHOLE, DAY)
    assert profile.repeated == (Repeated(("NULL",), 5), Repeated(("c",), 4), Repeated(("d",), 4))


def test_holds(warehouse: WarehouseCase) -> None:
    warehouse.put("reco.v3", scores(DAY, a=1.0))
    assert warehouse.port.holds("reco.v3", "dt", DAY)
    assert not warehouse.port.holds("reco.v3", "dt", BEFORE)


@pytest.mark.parametrize("zone", ["UTC", None])
def test_holds_of_times(warehouse: WarehouseCase, zone: str | None) -> None:
    """The last moment of a day is of that day, the first of the next is not: of a TIMESTAMP, of UTC's."""
    times = [datetime.combine(DAY, time.max), datetime.combine(DAY + timedelta(days=2), time.min)]
    warehouse.put("reco.v3", pa.table({"at": pa.array(times, pa.timestamp("us", zone))}))
    held = [warehouse.port.holds("reco.v3", "at", DAY + timedelta(days=days)) for days in (-1, 0, 1, 2, 3)]
    assert held == [False, True, False, True, False]


@pytest.mark.parametrize(
    ("ask", "state"),
    [
        *product(("profile", "holds", "read"), ("absent", "spoilt")),
        *product(("profile", "holds"), ("without the columns",)),
    ],
)
def test_table_that_cannot_be_used(warehouse: WarehouseCase, ask: str, state: str) -> None:
    if state != "absent":
        warehouse.put(STAGED, pa.table({"other": [1]}))
    if state == "spoilt":
        warehouse.spoil(STAGED)
    asked: dict[str, Callable[[], object]] = {
        "profile": lambda: warehouse.port.profile(STAGED, DAILY, DAY),
        "holds": lambda: warehouse.port.holds(STAGED, "dt", DAY),
        "read": lambda: warehouse.rows(STAGED),
    }
    with pytest.raises(Refused, match=r"\A[^\n]+\Z"):
        asked[ask]()


@pytest.mark.parametrize(
    ("limit", "count"), [(None, 150_000), (1, 1), (1_000, 1_000), (70_000, 70_000), (10**6, 150_000)]
)
def test_read(warehouse: WarehouseCase, limit: int | None, count: int) -> None:
    warehouse.put("numbers", pa.table({"n": pa.array(range(150_000), pa.int64())}))
    sizes = [len(batch) for batch in pa.RecordBatchReader.from_stream(warehouse.port.read("numbers", limit))]
    assert sum(sizes) == count
    assert max(sizes) < 150_000, "bounded memory"


def test_places_and_what_was_adopted_are_no_suggestions(warehouse: WarehouseCase) -> None:
    warehouse.put("reco.v4__before_sameday", scores(a=1.0))
    assert put(of_warehouse(warehouse), PLACE, DAY, 1.0)
    missing = warehouse.port.describe(["reco.v4__0badcaff"])["reco.v4__0badcaff"]
    assert isinstance(missing, Absent)
    assert missing.similar == ()


def test_the_rows_of_one_day(warehouse: WarehouseCase) -> None:
    places = of_warehouse(warehouse)
    for day in (BEFORE, DAY):
        put(places, PLACE, day, float(day.day))
    table = pa.RecordBatchReader.from_stream(warehouse.port.day(PLACE, BEFORE)).read_all()
    assert sorted(table.column_names) == ["dt", "score", "user_id"]
    assert sorted(table.column("user_id").to_pylist()) == ["a", "b"]
    assert set(table.column("score").to_pylist()) == {22.0}
    undated = whole(table="reco.v5")
    put(places, undated, DAY, 5.0)
    whole_table = pa.RecordBatchReader.from_stream(warehouse.port.day(undated, DAY)).read_all()
    assert whole_table.column("score").to_pylist() == [5.0, 5.0]


def test_rows_of_a_day_that_is_not_shown(warehouse: WarehouseCase) -> None:
    put(of_warehouse(warehouse), PLACE, DAY, 1.0)
    with pytest.raises(Refused, match="2026-11-22"):
        warehouse.port.day(PLACE, BEFORE)
