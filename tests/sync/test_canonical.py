"""One form for every declared type, and no value that its type cannot carry."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from bot.errors import Refused
from bot.experiment.types import SCALARS, normalise
from bot.ports import Place, Store, Version
from bot.settings.kinds import SqliteStore
from bot.stores.sqlite import SqliteTables
from bot.sync.canonical import canonical, canonical_batch
from bot.sync.core import RowSource, keep
from bot.sync.sample import sample

MOMENT = dt.datetime(2026, 11, 23, 4, 5, 6, 7, dt.UTC)
MICROS = 1_795_406_706_000_007
NESTED = pa.struct([("at", pa.timestamp("us", "UTC")), ("parts", pa.list_(pa.binary()))])
FORMS = [
    ("BOOL", pa.bool_(), True, pa.int64(), 1),
    ("INT64", pa.int64(), -(2**63), pa.int64(), -(2**63)),
    ("INT64", pa.int8(), -7, pa.int64(), -7),
    ("INT64", pa.uint64(), 2**63 - 1, pa.int64(), 2**63 - 1),
    ("FLOAT64", pa.float64(), 0.1, pa.float64(), 0.1),
    ("FLOAT64", pa.float32(), 0.5, pa.float64(), 0.5),
    ("STRING", pa.string(), "日本語\0", pa.string(), "日本語\0"),
    ("STRING", pa.large_string(), "a", pa.string(), "a"),
    ("STRING", pa.string_view(), "a", pa.string(), "a"),
    ("STRING", pa.dictionary(pa.int32(), pa.string()), "a", pa.string(), "a"),
    ("BYTES", pa.binary(), b"\x00\xff", pa.binary(), b"\x00\xff"),
    ("BYTES", pa.large_binary(), b"\x00\xff", pa.binary(), b"\x00\xff"),
    ("JSON", pa.string(), '{"a": 1}', pa.string(), '{"a": 1}'),
    ("GEOGRAPHY", pa.string(), "POINT(0 1)", pa.string(), "POINT(0 1)"),
    ("NUMERIC", pa.decimal128(38, 9), Decimal("1.5"), pa.string(), "1.500000000"),
    ("BIGNUMERIC", pa.decimal256(76, 38), Decimal("-1"), pa.string(), "-1." + "0" * 38),
    ("DATE", pa.date32(), dt.date(2026, 11, 23), pa.string(), "2026-11-23"),
    ("TIME", pa.time64("us"), dt.time(4, 5, 6, 7), pa.string(), "04:05:06.000007"),
    ("DATETIME", pa.timestamp("us"), MOMENT.replace(tzinfo=None), pa.string(), "2026-11-23 04:05:06.000007"),
    ("DATETIME", pa.timestamp("s"), MOMENT.replace(tzinfo=None), pa.string(), "2026-11-23 04:05:06.000000"),
    ("NUMERIC", pa.decimal128(18, 3), Decimal("1.5"), pa.string(), "1.500000000"),
    ("NUMERIC", pa.decimal128(10, 0), Decimal("7"), pa.string(), "7.000000000"),
    ("NUMERIC", pa.decimal256(50, 9), Decimal("1.5"), pa.string(), "1.500000000"),
    ("NUMERIC", pa.decimal128(38, 20), Decimal("1.500000000"), pa.string(), "1.500000000"),
    ("NUMERIC", pa.int64(), 7, pa.string(), "7.000000000"),
    ("NUMERIC", pa.string(), "1.5", pa.string(), "1.500000000"),
    ("BIGNUMERIC", pa.decimal128(18, 3), Decimal("1.5"), pa.string(), "1.5" + "0" * 37),
    ("BIGNUMERIC", pa.int32(), 7, pa.string(), "7." + "0" * 38),
    ("TIME", pa.time32("s"), dt.time(4, 5, 6), pa.string(), "04:05:06.000000"),
    ("TIME", pa.time32("ms"), dt.time(4, 5, 6, 7_000), pa.string(), "04:05:06.007000"),
    ("TIME", pa.time64("ns"), dt.time(4, 5, 6, 7), pa.string(), "04:05:06.000007"),
    ("DATE", pa.date64(), dt.date(2026, 11, 23), pa.string(), "2026-11-23"),
    ("TIMESTAMP", pa.timestamp("us", "UTC"), MOMENT, pa.int64(), MICROS),
    ("TIMESTAMP", pa.timestamp("us", "Asia/Tokyo"), MOMENT, pa.int64(), MICROS),
    ("TIMESTAMP", pa.timestamp("ms", "UTC"), MOMENT.replace(microsecond=0), pa.int64(), MICROS - 7),
    ("ARRAY<INT64>", pa.list_(pa.int64()), [1, None], pa.string(), "[1,null]"),
    ("ARRAY<STRING>", pa.large_list(pa.string()), ["日", '"'], pa.string(), '["日","\\""]'),
    ("STRUCT<b INT64, a STRING>", pa.struct([("b", pa.int64()), ("a", pa.string())]), {"b": 1, "a": None}, pa.string(),
     '{"a":null,"b":1}'),
    ("STRUCT<at TIMESTAMP, parts ARRAY<BYTES>>", NESTED, {"at": MOMENT, "parts": [b"\xff"]}, pa.string(),
     '{"at":"2026-11-23 04:05:06.000007+00:00","parts":["/w=="]}'),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "kind", "value", "form", "expected"), FORMS)
def test_form(declared: str, kind: pa.DataType, value: object, form: pa.DataType, expected: object) -> None:
    rows = pa.table({"x": pa.array([value, None], kind)})
    (batch,) = canonical(rows.to_reader(), (("x", declared),))
    assert batch.schema.field("x").type == form
    assert batch.column("x").to_pylist() == [expected, None]


def test_every_type_has_a_form() -> None:
    shown = {declared.partition("<")[0] for declared, *_ in FORMS}
    assert shown == {*SCALARS, "ARRAY", "STRUCT"} - {"INTERVAL"}


NANOS = pa.array([1], pa.timestamp("ns", "UTC"))
INVALID = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe")])
REFUSED = [
    ("INT64", pa.array([2**64 - 1], pa.uint64())),
    ("INT64", pa.array([0.5])),
    ("INT64", pa.array(["seven"])),
    ("INT64", pa.array([[1]])),
    ("BOOL", pa.array(["perhaps"])),
    ("FLOAT64", pa.array([2**53 + 1])),
    ("FLOAT64", pa.array(["a lot"])),
    ("STRING", pa.array([b"\xff"])),
    ("STRING", INVALID),
    ("STRING", pa.array([["a"]])),
    ("BYTES", pa.array([1])),
    ("TIMESTAMP", NANOS),
    ("TIMESTAMP", pa.array(["yesterday"])),
    ("DATETIME", pa.array([True])),
    ("NUMERIC", pa.array([Decimal("0.1234567891")], pa.decimal128(38, 10))),
    ("NUMERIC", pa.array([Decimal("1e29")], pa.decimal128(38, 0))),
    ("NUMERIC", pa.array([0.1])),
    ("NUMERIC", pa.array(["a lot"])),
    ("TIME", pa.array([1], pa.time64("ns"))),
    ("TIME", pa.array([MOMENT])),
    ("DATE", pa.array([MOMENT])),
    ("ARRAY<FLOAT64>", pa.array([[float("nan")]])),
    ("ARRAY<STRUCT<x FLOAT64>>", pa.array([[{"x": float("-inf")}]])),
    ("ARRAY<INT64>", pa.array([1])),
    ("ARRAY<INT64>", pa.array([{"a": 1}])),
    ("STRUCT<a INT64>", pa.array([[1]])),
    ("STRUCT<a INT64>", pa.array(['{"a": 1}'])),
    ("ARRAY<TIMESTAMP>", pa.array([[1]], pa.list_(pa.timestamp("ns", "UTC")))),
    ("ARRAY<DATE>", pa.array([[2**31 - 1]], pa.list_(pa.int32())).cast(pa.list_(pa.date32()))),
]


@pytest.mark.parametrize(("declared", "array"), REFUSED)
def test_value_that_the_type_cannot_carry(declared: str, array: pa.Array) -> None:
    rows = pa.table({"fine": pa.array([1]), "x": array})
    with pytest.raises(Refused, match=r"\Athe column x does not hold [^\n]+\Z"):
        list(canonical(rows.to_reader(), (("fine", "INT64"), ("x", declared))))


def test_missing_column() -> None:
    with pytest.raises(Refused, match="the rows have no column x"):
        list(canonical(pa.table({"y": [1]}).to_reader(), (("x", "INT64"),)))


def test_columns_in_the_declared_order() -> None:
    (batch,) = canonical(pa.table({"b": [1], "extra": [0], "a": [2]}).to_reader(), (("a", "INT64"), ("b", "INT64")))
    assert batch.to_pydict() == {"a": [2], "b": [1]}


TYPES = [
    *(kind for kind in SCALARS if kind != "INTERVAL"),
    *(f"ARRAY<{kind}>" for kind in SCALARS if kind != "INTERVAL"),
    "STRUCT<" + ", ".join(f"f{i} {kind}" for i, kind in enumerate(SCALARS) if kind != "INTERVAL") + ">",
    "ARRAY<STRUCT<name STRING, at TIMESTAMP>>",
    "STRUCT<a ARRAY<STRUCT<b ARRAY<BYTES>, c NUMERIC>>, d BOOL>",
]


def load(store: Store, place: Place, rows: RowSource) -> int:
    """Load a version; how many rows it has."""
    moment = dt.datetime(2026, 11, 23, 4, tzinfo=dt.UTC)
    return keep(store, place, Version(place.experiment, place.spec, moment.date(), moment), rows).rows


@pytest.fixture
def store(tmp_path: Path) -> SqliteTables:
    """An empty store."""
    return SqliteTables(SqliteStore(path=str(tmp_path / "store.sqlite")))


@pytest.mark.parametrize("declared", TYPES)
def test_sample_of_every_type_comes_back(store: SqliteTables, declared: str) -> None:
    assert normalise(declared) == declared
    columns = (("id", "INT64"), ("value", declared))
    key = ("id",) if "BOOL" in declared else ("value",)
    place = Place("demo", "samples", "0badcafe", columns, key)
    assert store.plan(place).refused == ()
    assert load(store, place, lambda: sample(columns)) == 6
    read = pa.RecordBatchReader.from_stream(sample(columns)).read_all()
    assert read.column("value").null_count == 1


def test_sample_of_all_types_at_once(store: SqliteTables) -> None:
    columns = tuple((f"c{i}", declared) for i, declared in enumerate(TYPES))
    assert load(store, Place("demo", "samples", "0badcafe", columns), lambda: sample(columns)) == 6


@pytest.mark.parametrize("value", [float("nan"), -float("nan")])
def test_nan_is_refused_by_sqlite(store: SqliteTables, value: float) -> None:
    place = Place("demo", "scores", "0badcafe", (("score", "FLOAT64"),))
    rows = pa.table({"score": [0.5, value]})
    with pytest.raises(Refused, match="scores: the column score holds NaN, which SQLite would turn into NULL"):
        load(store, place, rows.to_reader)
    assert store.versions(place) == []


def test_infinity_is_not(store: SqliteTables) -> None:
    rows = pa.table({"score": [float("inf"), -float("inf")]})
    assert load(store, Place("demo", "scores", "0badcafe", (("score", "FLOAT64"),)), rows.to_reader) == 2


@pytest.mark.parametrize(("declared", "rows"), [("STRING", 5), ("BOOL", 2)])
def test_a_sample_has_nothing_a_key_would_refuse(store: SqliteTables, declared: str, rows: int) -> None:
    columns = (("id", declared), ("value", "FLOAT64"))
    place = Place("demo", "samples", "0badcafe", columns, ("id",))
    assert load(store, place, lambda: sample(columns, place.key)) == rows
    made = pa.RecordBatchReader.from_stream(sample(columns, place.key)).read_all()
    assert made.column("id").null_count == 0


@pytest.mark.parametrize(
    ("values", "declared", "count"),
    [
        (pa.array(["1", "patient 4711", "2", "4711x"]), "INT64", "2 of 4 values"),
        (pa.array(["patient 4711"]), "DATETIME", "1 of 1 values"),
        (pa.array([2**63 + 4711, 1], pa.uint64()), "INT64", "1 of 2 values"),
        (pa.array([b"4711\xff", b"a"]), "STRING", "1 of 2 values"),
        (pa.array(["4711"]), "ARRAY<INT64>", "1 of 1 values"),
    ],
)
def test_a_value_is_counted_and_not_told(values: pa.Array, declared: str, count: str) -> None:
    with pytest.raises(Refused) as error:
        canonical_batch(pa.record_batch({"x": values}), [("x", declared)])
    assert str(error.value) == f"the column x does not hold {declared}: {count}"
