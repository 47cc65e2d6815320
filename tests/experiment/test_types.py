"""Column types in BigQuery's standard spelling."""

from __future__ import annotations

import pytest

from bot.experiment.types import differences, normalise, scalars

NORMAL = {
    "STRING": "STRING", " string ": "STRING", "Integer": "INT64", "INT": "INT64", "bigint": "INT64", "TINYINT": "INT64",
    "FLOAT": "FLOAT64", "boolean": "BOOL", "DECIMAL": "NUMERIC", "BIGDECIMAL": "BIGNUMERIC", "json": "JSON",
    "ARRAY<int>": "ARRAY<INT64>", "array< string >": "ARRAY<STRING>",
    "STRUCT<a INT, b STRING>": "STRUCT<a INT64, b STRING>",
    "struct<a int,b array<float>>": "STRUCT<a INT64, b ARRAY<FLOAT64>>",
    "ARRAY<STRUCT<a STRUCT<b BOOLEAN>, c DATE>>": "ARRAY<STRUCT<a STRUCT<b BOOL>, c DATE>>",
}  # fmt: skip
WRONG = [
    "", " ", "TEXT", "STRING<", "STRING>", "ARRAY", "ARRAY<>", "ARRAY<STRING", "ARRAY<ARRAY<STRING>>", "STRUCT",
    "STRUCT<>", "STRUCT<STRING>", "STRUCT<a>", "STRUCT<a INT64,>", "STRUCT<1a INT64>", "STRUCT<a-b INT64>",
    "MAP<STRING>", "INT64, INT64", "NUMERIC(10, 2)", "ARRAY<INT64>>", "ARRAY<<INT64>", "STRUCT<a INT64> x",
    "ARRAY<" * 16 + "INT64" + ">" * 16, "STRUCT<a " * 16 + "INT64" + ">" * 16,
    "STRUCT<a " * 50_000, "STRUCT<a " * 50_000 + "INT64" + ">" * 50_000,
]  # fmt: skip


@pytest.mark.parametrize(("text", "normal"), NORMAL.items())
def test_normal(text: str, normal: str) -> None:
    assert normalise(text) == normal
    assert normalise(normal) == normal


@pytest.mark.parametrize("text", WRONG, ids=lambda text: text[:40])
def test_wrong(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its words are the loader's
        normalise(text)


def test_what_a_type_is_made_of() -> None:
    kind = normalise("ARRAY<STRUCT<INTERVAL STRING, a STRUCT<b DATE, c ARRAY<INT>>>>")
    assert scalars(kind) == {"STRING", "DATE", "INT64"}


DIFFERENT = [
    ("INT64", "INT64", []),
    ("INT64", "STRING", [("", "INT64", "STRING")]),
    ("ARRAY<INT64>", "INT64", [("", "ARRAY<INT64>", "INT64")]),
    ("ARRAY<INT64>", "ARRAY<STRING>", [("", "INT64", "STRING")]),
    ("STRUCT<a INT64>", "STRUCT<b STRING, a INT64>", []),
    ("STRUCT<a INT64, c DATE>", "STRUCT<a STRING>", [(".a", "INT64", "STRING"), (".c", "DATE", "")]),
    ("ARRAY<STRUCT<a STRUCT<b BOOL>>>", "ARRAY<STRUCT<a STRUCT<c BOOL>>>", [(".a.b", "BOOL", "")]),
]


@pytest.mark.parametrize(("declared", "found", "wanted"), DIFFERENT)
def test_what_a_found_type_lacks(declared: str, found: str, wanted: list[tuple[str, str, str]]) -> None:
    assert list(differences(declared, found)) == wanted
