"""The one query that counts: the same text for every warehouse but for names and fingerprints.

A row of a table is for somebody, by all columns of the key but the last, and of something, by the last: of
`[user_id, item_id]` a user gets a list of items. The day of a `partition` is no part of either, nor is any other moment
of what a row says: a job that writes its own time into yesterday's rows has made yesterday's rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.experiment.model import Output
from bot.ports import Beside, TableCounts
from bot.watch.dialect import Dialect

TOP = 100  # of the things, the most frequent ones
MOMENTS = ("DATE", "DATETIME", "TIMESTAMP")
MEASURED = "FLOAT64"  # the type of columns whose mean is watched


@dataclass(frozen=True, slots=True)
class Subject:
    """The columns that say for whom a row is, of what it is, and what it says; `measured` are those with a mean."""

    units: tuple[str, ...]
    item: str | None
    said: tuple[str, ...]
    measured: tuple[str, ...]

    @classmethod
    def of(cls, output: Output) -> Subject:
        """What the output's key says."""
        day = output.partition.column if output.partition else None
        key = [column for column in output.key if column != day]
        units, item = (key[:-1], key[-1]) if len(key) > 1 else (key, None)
        said = [
            name
            for name, kind in output.columns.items()
            if name == item or (name not in units and name != day and kind not in MOMENTS)
        ]
        measured = [name for name in said if output.columns[name] == MEASURED and output.expect.shifted != "off"]
        return cls(tuple(units), item, tuple(said), tuple(measured))


def query(output: Output, dialect: Dialect, table: str, place: str, beside: Beside | None) -> str:
    """The query of a table, and of the place beside it, both by the names that they have in the SQL: one row."""
    subject = Subject.of(output)
    parts = [
        f"own AS (SELECT {', '.join(_read(subject, dialect))} FROM {dialect.quoted(table)})",
        "lists AS (SELECT unit, COUNT(*) AS n, BIT_XOR(said) AS said FROM own GROUP BY unit)",
        "alike AS (SELECT COUNT(*) AS n FROM lists GROUP BY said)",
    ]
    if subject.item is not None:
        parts.append("items AS (SELECT COUNT(*) AS n FROM own GROUP BY item)")
    if subject.units and beside is not None:
        parts += _beside(output, subject, dialect, place, beside)
    values = ", ".join(f"({value}) AS {dialect.quoted(name)}" for name, value in _values(subject, dialect, beside))
    return f"WITH {', '.join(parts)} SELECT {values}"


def counted(row: Mapping[str, Any], output: Output, billed: int = 0) -> TableCounts:
    """What the query's row says; what could not be counted, as of no rows, is left out."""
    measured = Subject.of(output).measured
    names = {f"{what}{i}": f"{what}_{name}" for i, name in enumerate(measured) for what in ("mean", "deviation")}
    values = {names.get(name, name): value for name, value in row.items() if value is not None and name != "content"}
    numbers = {name: int(value) if float(value).is_integer() else float(value) for name, value in values.items()}
    content = row.get("content")
    return TableCounts(numbers, "" if content is None else f"{numbers.get('units', 0)}:{content}", billed)


def _read(subject: Subject, dialect: Dialect) -> Iterator[str]:
    """What is kept of each row: numbers, whatever the columns' types are."""
    yield f"{_number(subject.units, dialect)} AS unit"
    yield f"{_number(subject.said, dialect)} AS said"
    if subject.item is not None:
        yield f"{_number([subject.item], dialect)} AS item"
    yield from (f"{dialect.quoted(name)} AS m{i}" for i, name in enumerate(subject.measured))


def _number(columns: Sequence[str], dialect: Dialect) -> str:
    return dialect.fingerprint([dialect.quoted(name) for name in columns]) if columns else "0"


def _beside(output: Output, subject: Subject, dialect: Dialect, place: str, beside: Beside) -> Iterator[str]:
    """The rows of the chosen ones in the place; and of those who are in both, with what they get now."""
    unit = _number(subject.units, dialect)
    item = _number([subject.item], dialect) if subject.item is not None else "0"
    where = [f"MOD({unit}, {beside.one_in}) = 0"]
    if beside.day is not None and output.partition is not None:
        where.append(f"{dialect.quoted(output.partition.column)} = DATE '{beside.day}'")
    source = f"{dialect.quoted(place)} WHERE {' AND '.join(where)}"
    yield f"before AS (SELECT {unit} AS unit, {item} AS item FROM {source})"
    yield "chosen AS (SELECT unit FROM before GROUP BY unit)"
    if subject.item is not None:
        yield f"now AS (SELECT unit, item FROM own WHERE MOD(unit, {beside.one_in}) = 0)"


def _values(subject: Subject, dialect: Dialect, beside: Beside | None) -> Iterator[tuple[str, str]]:
    """Each count with its query."""
    identity = dialect.fingerprint(["unit", "said", "n"])
    yield "content", f"SELECT BIT_XOR({identity}) FROM lists"
    if subject.units:
        yield "units", "SELECT COUNT(*) FROM lists"
        yield "alike", "SELECT MAX(n) FROM alike"
    if subject.item is not None:
        mean = "(SELECT AVG(n) AS mean FROM lists) AS usual"
        yield "short", f"SELECT COUNT(*) FROM lists CROSS JOIN {mean} WHERE n * 2 < mean"
        yield "items", "SELECT COUNT(*) FROM items"
        yield "top", f"SELECT SUM(n) FROM (SELECT n FROM items ORDER BY n DESC LIMIT {TOP}) AS most"
    if subject.units and beside is not None:
        yield "chosen", "SELECT COUNT(*) FROM chosen"
        yield "stayed", "SELECT COUNT(*) FROM chosen JOIN lists ON chosen.unit = lists.unit"
        if subject.item is not None:
            yield "listed", "SELECT COUNT(*) FROM before JOIN lists ON before.unit = lists.unit"
            both = "before.unit = now.unit AND before.item = now.item"
            yield "kept", f"SELECT COUNT(*) FROM before JOIN now ON {both}"
    for i in range(len(subject.measured)):
        yield f"mean{i}", f"SELECT AVG(m{i}) FROM own"
        yield f"deviation{i}", f"SELECT {dialect.deviation}(m{i}) FROM own"
