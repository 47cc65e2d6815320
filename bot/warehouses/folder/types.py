"""Arrow's types in BigQuery's words."""

from __future__ import annotations

from typing import Any


def bigquery_type(kind: Any) -> str:
    """The standard name of the BigQuery type that an Arrow type is read as."""
    import pyarrow as pa

    t = pa.types
    if t.is_dictionary(kind):
        return bigquery_type(kind.value_type)
    if t.is_list(kind) or t.is_large_list(kind):
        return f"ARRAY<{bigquery_type(kind.value_type)}>"
    if t.is_struct(kind):
        return "STRUCT<" + ", ".join(f"{field.name} {bigquery_type(field.type)}" for field in kind) + ">"
    if t.is_timestamp(kind):
        return "TIMESTAMP" if kind.tz else "DATETIME"
    if t.is_decimal(kind):
        return "NUMERIC" if kind.precision <= 38 and kind.scale <= 9 else "BIGNUMERIC"
    simple = (
        (t.is_boolean, "BOOL"), (t.is_integer, "INT64"), (t.is_floating, "FLOAT64"), (t.is_date, "DATE"),
        (t.is_time, "TIME"), (t.is_string, "STRING"), (t.is_large_string, "STRING"), (t.is_string_view, "STRING"),
        (t.is_binary, "BYTES"), (t.is_large_binary, "BYTES"),
    )  # fmt: skip
    return next((name for matches, name in simple if matches(kind)), str(kind))
