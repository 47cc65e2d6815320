"""Names of tables, and the column types that an experiment may declare: BigQuery's, their aliases, how two compare."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from bot.document.faults import DATED, TABLE
from bot.document.nearest import nearest

TableName = Annotated[str, Field(pattern=TABLE, max_length=1024)]
COLUMN = r"^[A-Za-z_][A-Za-z0-9_]*$"
DatedTableName = Annotated[str, Field(pattern=DATED, max_length=1024)]
ColumnName = Annotated[str, Field(pattern=COLUMN, max_length=300)]

SCALARS = (
    "STRING", "BYTES", "BOOL", "INT64", "FLOAT64", "NUMERIC", "BIGNUMERIC",
    "DATE", "DATETIME", "TIME", "TIMESTAMP", "JSON", "GEOGRAPHY", "INTERVAL",
)  # fmt: skip
ALIASES = {
    "INTEGER": "INT64", "INT": "INT64", "SMALLINT": "INT64", "BIGINT": "INT64", "TINYINT": "INT64", "BYTEINT": "INT64",
    "FLOAT": "FLOAT64", "BOOLEAN": "BOOL", "DECIMAL": "NUMERIC", "BIGDECIMAL": "BIGNUMERIC",
}  # fmt: skip
ELSEWHERE = {  # what other databases, languages and libraries call them
    "STRING": ("STR", "TEXT", "VARCHAR", "CHAR", "CHARACTER", "CHARACTER VARYING", "NVARCHAR", "UUID", "UTF8"),
    "FLOAT64": ("DOUBLE", "DOUBLE PRECISION", "REAL", "FLOAT4", "FLOAT8", "FLOAT32"),
    "INT64": ("LONG", "INT2", "INT4", "INT8", "INT16", "INT32", "UINT8", "UINT16", "UINT32", "SERIAL", "BIGSERIAL"),
    "BYTES": ("BYTEA", "BLOB", "BINARY", "VARBINARY"), "TIMESTAMP": ("TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE"),
    "DATETIME": ("DATETIME64", "TIMESTAMP WITHOUT TIME ZONE"), "DATE": ("DATE32",), "JSON": ("JSONB", "VARIANT"),
}  # fmt: skip
_MEANT = {name: known for known, names in ELSEWHERE.items() for name in names}
_SIZED = re.compile(r"\s*\([0-9, ]+\)")
MAX_DEPTH = 15  # as BigQuery has it
MAX_TEXT = 10_000  # characters
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def normalise(text: str, depth: int = 1) -> str:
    """The standard spelling of a type (`INTEGER` is `INT64`); raises ValueError for what is no type."""
    if depth > MAX_DEPTH or len(text) > MAX_TEXT:
        raise ValueError(text)
    name, bracket, inner = text.strip().partition("<")
    name = name.strip().upper()
    if not bracket:
        name = ALIASES.get(name, name)
        if name not in SCALARS:
            raise ValueError(text)
        return name
    if not inner.endswith(">") or name not in ("ARRAY", "STRUCT"):
        raise ValueError(text)
    if name == "ARRAY":
        item = normalise(inner[:-1], depth + 1)
        if item.startswith("ARRAY<"):
            raise ValueError(text)  # BigQuery has no arrays of arrays
        return f"ARRAY<{item}>"
    return "STRUCT<" + ", ".join(_field(part, depth + 1) for part in split(inner[:-1])) + ">"


def meant(text: str) -> str | None:
    """The type that another database's name such as `VARCHAR(20)` or `DOUBLE` means; None where it is not certain.

    A length or a precision is left out: rows are not held to it.
    """
    if len(text) > 200:
        return None
    words = _SIZED.sub("", text).strip()
    if words.endswith("[]"):
        words = f"ARRAY<{words[:-2]}>"
    plain = re.sub(r"[A-Za-z0-9_]+(?: [A-Za-z]+)*(?=\s*(?:[,>]|$))", lambda word: _known(word[0]), words)
    try:
        return normalise(plain)
    except ValueError:
        return None


def _known(words: str) -> str:
    """One name of a type, after its column's where it is a field, in our spelling."""
    name, _, kind = words.partition(" ")
    for before, rest in (("", words), (f"{name} ", kind)):
        if rest.upper() in _MEANT:
            return before + _MEANT[rest.upper()]
    close = nearest(kind or name, SCALARS)
    return (f"{name} {close}" if kind else close) if close else words


def _field(text: str, depth: int) -> str:
    name, _, kind = text.strip().partition(" ")
    if not _NAME.match(name):
        raise ValueError(text)
    return f"{name} {normalise(kind, depth)}"


def scalars(kind: str) -> frozenset[str]:
    """The scalar types that a type in its standard spelling is made of."""
    if kind.startswith("ARRAY<"):
        return scalars(kind[6:-1])
    if kind.startswith("STRUCT<"):
        fields = [part.strip().partition(" ")[2] for part in split(kind[7:-1])]
        return frozenset[str]().union(*map(scalars, fields))
    return frozenset({kind})


def carries(declared: str, actual: str) -> bool:
    """Whether a column of the actual type holds what was declared; text carries JSON and GEOGRAPHY too."""
    try:
        actual = normalise(actual)
    except ValueError:
        return False
    return declared == actual or (actual == "STRING" and declared in ("JSON", "GEOGRAPHY"))


def differences(declared: str, actual: str, at: str = "") -> Iterator[tuple[str, str, str]]:
    """Where an actual type does not carry what a declared one relies on: path, declared type, actual type or ''.

    A struct may have more fields than were declared.
    """
    if declared.startswith("ARRAY<") and actual.startswith("ARRAY<"):
        yield from differences(declared[6:-1], actual[6:-1], at)
    elif declared.startswith("STRUCT<") and actual.startswith("STRUCT<"):
        fields = _fields(actual)
        for name, kind in _fields(declared).items():
            if name in fields:
                yield from differences(kind, fields[name], f"{at}.{name}")
            else:
                yield f"{at}.{name}", kind, ""
    elif declared != actual:
        yield at, declared, actual


def _fields(kind: str) -> dict[str, str]:
    parts = [part.strip().partition(" ") for part in split(kind[7:-1])]
    return {name: inner for name, _, inner in parts}


def split(text: str) -> list[str]:
    """The parts of a list of types, cut at the commas that stand in no bracket."""
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += (c == "<") - (c == ">")
        if c == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return [*parts, text[start:]]
