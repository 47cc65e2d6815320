"""The fingerprint of rows: blind to their order, and to nothing else."""

from __future__ import annotations

import datetime as dt
import math
import random
import re

import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.errors import Refused
from bot.ports import Digest, Place
from bot.sync.digest import Passing, digest, same, word
from tests.fuzz import drawn

KINDS = {
    "id": ("INT64", pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "name": (
        "STRING",
        pa.string(),
        st.text(max_size=8).filter(lambda text: not set(text) & set(map(chr, range(0xD800, 0xE000)))),
    ),
    "score": ("FLOAT64", pa.float64(), st.floats(allow_nan=False).map(lambda x: x + 0.0)),
    "at": ("TIMESTAMP", pa.timestamp("us", "UTC"), st.integers(-(2**53), 2**53)),
    "raw": ("BYTES", pa.binary(), st.binary(max_size=8)),
    "tags": ("ARRAY<STRING>", pa.list_(pa.string()), st.lists(st.sampled_from(["a", "b", ""]), max_size=3)),
}
COLUMNS = tuple((name, declared) for name, (declared, _, _) in KINDS.items())
SCHEMA = pa.schema([(name, kind) for name, (_, kind, _) in KINDS.items()])
Row = dict[str, object]
ROW = st.fixed_dictionaries({name: st.none() | values for name, (_, _, values) in KINDS.items()})


def of(rows: list[Row]) -> Digest:
    """The fingerprint of rows."""
    arrays = [
        pa.array([row[name] for row in rows], kind) for name, kind in zip(SCHEMA.names, SCHEMA.types, strict=True)
    ]
    table = pa.Table.from_arrays(arrays, schema=SCHEMA)
    return digest(table.to_reader(max_chunksize=3), COLUMNS)


@drawn(15, most=2_000)
@given(st.lists(ROW, max_size=10), st.integers(0, 2**32))
def test_order_does_not_matter(rows: list[Row], seed: int) -> None:
    mixed = list(rows)
    random.Random(seed).shuffle(mixed)
    whole = of(rows)
    assert of(mixed) == whole
    assert whole.rows == len(rows)


@drawn(15, most=2_000)
@given(st.lists(ROW, min_size=1, max_size=6), st.data())
def test_any_changed_value_shows(rows: list[Row], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.sampled_from(list(KINDS)))
    other = data.draw(st.none() | KINDS[column][2])
    assume(other != rows[at][column])
    changed = [dict(row) for row in rows]
    changed[at][column] = other
    assert of(changed) != of(rows)


@pytest.mark.slow
@drawn(15, most=2_000)
@given(st.lists(ROW, min_size=1, max_size=6), st.data())
def test_lost_and_doubled_rows_show(rows: list[Row], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(rows) - 1))
    lost, whole = rows[:at] + rows[at + 1 :], of(rows)
    assert of(lost) != whole
    assert of([*rows, rows[at]]) != whole
    twin = data.draw(st.integers(0, len(rows) - 1))
    assume(rows[at] != rows[twin])
    assert of([*lost, rows[twin]]) != whole, "one lost, another one doubled: the count is right"


@drawn(15, most=2_000)
@given(st.lists(ROW, min_size=2, max_size=6), st.data())
def test_values_that_change_places_show(rows: list[Row], data: st.DataObject) -> None:
    column = data.draw(st.sampled_from(list(KINDS)))
    one, two = data.draw(st.permutations(range(len(rows))))[:2]
    rest = [{name: row[name] for name in row if name != column} for row in (rows[one], rows[two])]
    assume(rows[one][column] != rows[two][column])
    assume(rest[0] != rest[1])
    swapped = [dict(row) for row in rows]
    swapped[one][column], swapped[two][column] = rows[two][column], rows[one][column]
    assert of(swapped) != of(rows)


MOMENT = dt.datetime(2026, 11, 23, 4, 5, 6, 7, dt.UTC)
NEAR = [
    ("FLOAT64", pa.float64(), 0.1, math.nextafter(0.1, 1)),
    ("FLOAT64", pa.float64(), 1e300, math.nextafter(1e300, math.inf)),
    ("FLOAT64", pa.float64(), 0.0, 5e-324),
    ("INT64", pa.int64(), 2**53, 2**53 + 1),
    ("INT64", pa.int64(), 0, 2**31 - 1),
    ("TIMESTAMP", pa.timestamp("us", "UTC"), MOMENT, MOMENT + dt.timedelta(microseconds=1)),
    ("DATETIME", pa.timestamp("us"), MOMENT.replace(tzinfo=None), MOMENT.replace(tzinfo=None, microsecond=8)),
    ("TIME", pa.time64("us"), dt.time(1, 2, 3, 4), dt.time(1, 2, 3, 5)),
    ("DATE", pa.date32(), dt.date(2026, 11, 23), dt.date(2026, 11, 24)),
    ("STRING", pa.string(), "", None),
    ("STRING", pa.string(), "a", "a "),
    ("STRING", pa.string(), "é", "e\u0301"),
    ("STRING", pa.string(), "a", "a\0"),
    ("STRING", pa.string(), "NULL", None),
    ("BYTES", pa.binary(), b"", None),
    ("BYTES", pa.binary(), b"\x00", b"\x00\x00"),
    ("BOOL", pa.bool_(), False, None),
    ("ARRAY<INT64>", pa.list_(pa.int64()), [], None),
    ("ARRAY<INT64>", pa.list_(pa.int64()), [1, 2], [2, 1]),
    ("ARRAY<INT64>", pa.list_(pa.int64()), [None], []),
    ("ARRAY<STRING>", pa.list_(pa.string()), ["a,b"], ["a", "b"]),
    ("STRUCT<a INT64, b INT64>", pa.struct([("a", pa.int64()), ("b", pa.int64())]), {"a": 1, "b": 2}, {"a": 2, "b": 1}),
]


@pytest.mark.parametrize(("declared", "kind", "one", "other"), NEAR)
def test_values_that_are_nearly_equal(declared: str, kind: pa.DataType, one: object, other: object) -> None:
    columns = (("id", "INT64"), ("x", declared))
    digests = [
        digest(pa.table({"id": [1, 2], "x": pa.array([value, None], kind)}).to_reader(), columns)
        for value in (one, other)
    ]
    assert digests[0] != digests[1]
    assert digests[0].rows == digests[1].rows == 2


def test_columns_that_change_places_show() -> None:
    columns = (("a", "STRING"), ("b", "STRING"))
    one, other = pa.table({"a": ["x"], "b": ["y"]}), pa.table({"a": ["y"], "b": ["x"]})
    assert digest(one.to_reader(), columns) != digest(other.to_reader(), columns)
    turned = pa.table({"b": ["y"], "a": ["x"]})
    assert digest(turned.to_reader(), columns) == digest(one.to_reader(), columns), "a column is found by its name"


def test_no_rows() -> None:
    assert of([]).rows == 0
    assert of([dict.fromkeys(KINDS)]) != of([])


@drawn(15, most=2_000)
@given(st.lists(ROW, max_size=10))
def test_rows_that_pass_by_have_the_same_fingerprint(rows: list[Row]) -> None:
    passing = Passing(COLUMNS)
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    passed = list(passing.through(table.to_reader(max_chunksize=3)))
    assert pa.Table.from_batches(passed, schema=SCHEMA) == table
    assert passing.digest == of(rows)


def test_values_that_their_type_cannot_carry_stop_those_that_pass_by() -> None:
    passing = Passing((("n", "INT64"),))
    with pytest.raises(Refused, match="the column n does not hold INT64"):
        list(passing.through(pa.table({"n": ["seven"]}).to_reader()))


def test_other_rows_than_were_sent() -> None:
    place, sent = Place("demo", "scores", "0badcafe", ()), Digest(2, (5, 6))
    assert same(place, sent, Digest(2, (5, 6))) == sent
    for got, said in ((Digest(2, (5, 7)), "2 rows of 2, with other values"), (Digest(1, (5, 6)), "1 rows of 2")):
        with pytest.raises(Refused, match=rf"scores: the store gave back other rows than it was sent \({said}\)"):
            same(place, sent, got)


def test_its_word_says_what_made_it() -> None:
    assert re.fullmatch(r"duckdb-[0-9.]+:2:5:6", word(Digest(2, (5, 6))))
