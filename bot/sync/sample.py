"""Rows made from declared columns, with the edge values at which stores differ."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from bot.experiment.types import split
from bot.ports import Batches
from bot.sync.canonical import Columns, arrow

MOMENTS = ("1970-01-01T00:00:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59.999999", "2024-02-29T00:00:00",
           "2026-01-01T00:00:00.000001")  # fmt: skip
EDGES: dict[str, tuple[Any, ...]] = {
    "STRING": ("", "a", "日本語 🚀", "a'b\"c\\d\ttab\nline", "x" * 5_000),
    "JSON": ("{}", '{"a": [1, null, "x"]}', "null", "[]", '"text"'),
    "GEOGRAPHY": ("POINT(139.7 35.6)", "POINT(0 0)", "POINT(-180 90)", "POINT(180 -90)", "POINT(1 1)"),
    "BYTES": (b"", b"\x00\xff", b"a", b"\xf0\x9f\x9a\x80", b"\x00" * 100),
    "BOOL": (True, False, True, False, True),
    "INT64": (0, 1, -1, 2**63 - 1, -(2**63)),
    "FLOAT64": (0.0, 0.1, -1e308, 5e-324, 1 / 3),
    "NUMERIC": tuple(Decimal(x) for x in ("0", "0.1", "-1", "99999999999999999999999999999.999999999", "1e-9")),
    "BIGNUMERIC": tuple(Decimal(x) for x in ("0", "0.1", "-1", "99999999999999999999999999999999999999", "1e-38")),
    "DATE": tuple(map(dt.date.fromisoformat, ("1970-01-01", "0001-01-01", "9999-12-31", "2024-02-29", "2026-11-23"))),
    "DATETIME": tuple(map(dt.datetime.fromisoformat, MOMENTS)),
    "TIME": tuple(map(dt.time.fromisoformat, ("00:00", "23:59:59.999999", "12:00", "00:00:00.000001", "01:02:03"))),
    "TIMESTAMP": tuple(dt.datetime.fromisoformat(f"{text}+00:00") for text in MOMENTS),
}  # fmt: skip
ROWS = 5


def sample(columns: Columns, key: Collection[str] = ()) -> Batches:
    """Rows of edge values and, without a key, one of NULLs; every column's values differ, so any can be the key.

    A key of truth values alone allows no more rows than it has values.
    """
    import pyarrow as pa

    rows = 2 if key and all(dict(columns)[name] == "BOOL" for name in key) else ROWS
    last = () if key else (None,)
    arrays = {name: pa.array([*_values(declared)[:rows], *last], _arrow(declared)) for name, declared in columns}
    reader: Batches = pa.table(arrays).to_reader()
    return reader


def _values(declared: str) -> tuple[Any, ...]:
    if declared.startswith("ARRAY<"):
        item = _values(declared[6:-1])
        return ([], [item[0]], [item[1], item[2]], list(item), [item[3]])
    if declared.startswith("STRUCT<"):
        return tuple({name: _values(kind)[i] for name, kind in _fields(declared)} for i in range(ROWS))
    return EDGES[declared]


def _arrow(declared: str) -> Any:
    import pyarrow as pa

    if declared.startswith("ARRAY<"):
        return pa.list_(_arrow(declared[6:-1]))
    if declared.startswith("STRUCT<"):
        return pa.struct([(name, _arrow(kind)) for name, kind in _fields(declared)])
    return arrow(declared)


def _fields(declared: str) -> list[tuple[str, str]]:
    return [(name, kind) for name, _, kind in (part.strip().partition(" ") for part in split(declared[7:-1]))]
