"""How each declared type is kept in PostgreSQL, sent to it, and read back.

| declared | PostgreSQL | |
|---|---|---|
| STRING, GEOGRAPHY | text | without NUL, which it cannot hold |
| BYTES | bytea | |
| BOOL | boolean | |
| INT64 | bigint | |
| FLOAT64 | double precision | NaN and infinities too |
| NUMERIC, BIGNUMERIC | numeric(38, 9), numeric(76, 38) | |
| DATE, DATETIME, TIME | date, timestamp, time | |
| TIMESTAMP | timestamptz | |
| JSON | json | its text stays as it is, which jsonb would not let it |
| ARRAY, STRUCT | json | BYTES in them as base64 |
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.sync.canonical import Columns, arrow, column, form

NAMES = {
    "STRING": "text", "GEOGRAPHY": "text", "BYTES": "bytea", "BOOL": "boolean", "INT64": "bigint",
    "FLOAT64": "double precision", "NUMERIC": "numeric(38, 9)", "BIGNUMERIC": "numeric(76, 38)", "DATE": "date",
    "DATETIME": "timestamp", "TIME": "time", "TIMESTAMP": "timestamptz", "JSON": "json",
}  # fmt: skip
CONVERTED = ("ARRAY", "STRUCT")


def name(declared: str) -> str:
    """PostgreSQL's type for a declared one."""
    return "json" if declared.startswith(CONVERTED) else NAMES[declared]


def sent(batch: Any, columns: Columns) -> Any:
    """A batch as it is sent; raises Refused, with the column, for a value that its declared type cannot carry."""
    import pyarrow as pa

    schema = pa.schema([(word, arrow(declared)) for word, declared in columns])
    arrays = [column(batch, word, declared, _plain(declared)) for word, declared in columns]
    return pa.record_batch(arrays, schema=schema)


def _plain(declared: str) -> Any:
    """The type to send, where it is not the canonical one."""
    return None if declared.startswith(CONVERTED) else arrow(declared)


def back(batches: Any, columns: Columns) -> Iterator[Any]:
    """Each batch that was read, in its canonical form."""
    import pyarrow as pa

    schema = pa.schema([(word, pa.type_for_alias(form(declared))) for word, declared in columns])
    for batch in batches:
        arrays = []
        for i, (word, declared) in enumerate(columns):
            array = batch.column(i)
            array = (
                array.storage if isinstance(array, pa.ExtensionArray) else array
            )  # ADBC marks what it has no type for
            if declared.startswith(CONVERTED):
                arrays.append(array.cast(pa.string()))
            else:
                plain = pa.record_batch([array.cast(arrow(declared))], names=[word])
                arrays.append(column(plain, word, declared))
        yield pa.record_batch(arrays, schema=schema)
