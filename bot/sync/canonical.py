"""One form for every value, whatever the store: what is compared is what was read, not how it was kept.

| declared type | canonical Arrow type |
|---|---|
| BOOL, INT64 | int64 |
| TIMESTAMP | int64, microseconds since 1970 |
| FLOAT64 | double |
| BYTES | binary |
| STRING, DATE, DATETIME, TIME, NUMERIC, BIGNUMERIC, JSON, GEOGRAPHY | string, as the type prints itself |
| ARRAY, STRUCT | string, as JSON; BYTES in them as base64, no NaN or infinity |

NUMERIC, TIME and the like print as the declared type does, whatever scale or unit a file has them in: 1.5 of a
decimal(18, 3) is 1.500000000.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from typing import Any

from bot.errors import Refused
from bot.ports import Batches

Columns = Sequence[tuple[str, str]]
REFUSED = frozenset({"INTERVAL"})
FAULTS = (ArithmeticError, NotImplementedError, TypeError, ValueError)  # Arrow's own are among them
PLAIN = frozenset({"BOOL", "INT64", "FLOAT64", "STRING", "BYTES"})
SCALED = frozenset({"NUMERIC", "BIGNUMERIC", "DATE", "DATETIME", "TIME"})  # whose text is that of their own Arrow type


def form(declared: str) -> str:
    """The canonical Arrow type of a declared one: int64, double, binary or string."""
    if declared in ("BOOL", "INT64", "TIMESTAMP"):
        return "int64"
    return {"FLOAT64": "double", "BYTES": "binary"}.get(declared, "string")


def arrow(declared: str) -> Any:
    """The Arrow type of a declared scalar as a warehouse gives it; text for what Arrow has no type for."""
    import pyarrow as pa

    kinds = {
        "BYTES": pa.binary(), "BOOL": pa.bool_(), "INT64": pa.int64(), "FLOAT64": pa.float64(),
        "NUMERIC": pa.decimal128(38, 9), "BIGNUMERIC": pa.decimal256(76, 38), "DATE": pa.date32(),
        "DATETIME": pa.timestamp("us"), "TIME": pa.time64("us"), "TIMESTAMP": pa.timestamp("us", "UTC"),
    }  # fmt: skip
    return kinds.get(declared, pa.string())


def canonical(rows: Batches, columns: Columns) -> Iterator[Any]:
    """Each batch as a record batch of the canonical types, in the declared order.

    Raises Refused, with the column, for a value that its declared type cannot carry.
    """
    import pyarrow as pa

    for batch in pa.RecordBatchReader.from_stream(rows):
        yield canonical_batch(batch, columns)


def canonical_batch(batch: Any, columns: Columns) -> Any:
    """One batch in that form."""
    import pyarrow as pa

    schema = pa.schema([(name, pa.type_for_alias(form(declared))) for name, declared in columns])
    return pa.record_batch([column(batch, name, declared) for name, declared in columns], schema=schema)


def column(batch: Any, name: str, declared: str, kind: Any = None) -> Any:
    """One column of a batch in its canonical type, or in the Arrow type `kind`; raises Refused as `canonical` does."""
    import pyarrow as pa

    if name not in batch.schema.names:
        raise Refused(f"the rows have no column {name}")
    array = batch.column(name)
    try:
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        return _converted(array, declared, kind)
    except FAULTS:  # what they say quotes the value
        wrong = sum(_is_refused(array.slice(i, 1), declared, kind) for i in range(len(array)))
        count = f"{wrong:,} of {len(array):,} values" if wrong else f"they are {array.type}"
        raise Refused(f"the column {name} does not hold {declared}: {count}") from None


def _is_refused(array: Any, declared: str, kind: Any) -> bool:
    try:
        _converted(array, declared, kind)
    except FAULTS:
        return True
    return False


def _converted(array: Any, declared: str, kind: Any) -> Any:
    import pyarrow as pa

    if kind is not None:
        cast = array.cast(kind)
        cast.validate(full=True)
        return cast
    if declared == "TIMESTAMP":
        return array.cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    if declared in SCALED:
        return _exactly(array, declared).cast(pa.string())
    if declared.startswith(("ARRAY", "STRUCT")):
        if not (pa.types.is_struct(array.type) if declared.startswith("STRUCT") else _is_list(array.type)):
            raise TypeError(array.type)
        return pa.array([None if value is None else _json(value) for value in array.to_pylist()], pa.string())
    cast = array.cast(pa.type_for_alias(form(declared)))
    cast.validate(full=True)  # text from a file need not be UTF-8
    return cast


def _exactly(array: Any, declared: str) -> Any:
    """The values in the declared type's own Arrow type; raises TypeError for what would lose a part on the way."""
    import pyarrow as pa

    kind = arrow(declared)
    if pa.types.is_floating(array.type) or (pa.types.is_timestamp(array.type) and declared != "DATETIME"):
        raise TypeError(array.type)
    return array.cast(kind)


def _json(value: Any) -> str:
    """Raises ValueError for NaN and infinities, for which JSON has no word."""
    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_text, allow_nan=False
    )  # fmt: skip


def _text(value: Any) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _is_list(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))
