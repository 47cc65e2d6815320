"""The statements that write and read the catalogue of a dataset, whose table is always of the same name."""

from __future__ import annotations

from collections.abc import Collection

from bot.warehouses.bigquery.sql import quoted
from bot.warehouses.bigquery.statements import literal, options

TABLE = "sameday_versions"
COLUMNS = """
    place STRING NOT NULL, run STRING NOT NULL, name STRING, experiment STRING, spec STRING, day DATE, attempt INT64,
    begun TIMESTAMP, whole TIMESTAMP, row_count INT64, digest STRING, inside STRING, taken_out STRING, revision STRING,
    watched STRING
"""


def make(table: str) -> str:
    """Make the catalogue of a dataset, which never expires."""
    what = options(
        "What sameday made: versions, and what places hold", {"sameday": "catalogue"}, "expiration_timestamp=NULL"
    )
    return f"CREATE TABLE IF NOT EXISTS {quoted(table)} ({COLUMNS}) {what}"


def record(table: str, *, version: bool, whole: bool) -> str:
    """Write a place down where it is not, and a version of it: as begun if it is not whole, or as whole."""
    runs = " UNION ALL SELECT @place, @run" if version else ""
    proof = ", watched, whole, row_count, digest" if whole else ", watched"
    update = ", ".join(f"{name} = @{name}" for name in f"begun{proof}".split(", "))
    one = (
        f"WHEN MATCHED AND new.run <> ''{'' if whole else ' AND there.whole IS NULL'} THEN UPDATE SET {update} "
        "WHEN NOT MATCHED AND new.run <> '' THEN "
        f"INSERT (place, run, name, experiment, spec, day, attempt, begun{proof}) "
        f"VALUES (@place, @run, @name, @experiment, @spec, @day, @attempt, @begun{proof.replace(', ', ', @')}) "
    )
    return (
        f"MERGE {quoted(table)} AS there USING (SELECT @place AS place, '' AS run{runs}) AS new "
        f"ON there.place = new.place AND there.run = new.run {one if version else ''}"
        "WHEN NOT MATCHED THEN INSERT (place, run, name, experiment, spec, inside, taken_out, revision) "
        "VALUES (@place, '', @name, @experiment, @spec, '[]', '{}', '')"
    )


def mark(table: str) -> str:
    """Write down what a table is for a declared name; of no spec yet, where it is to repeat a place."""
    return (
        f"MERGE {quoted(table)} AS there USING (SELECT @place AS place, @run AS run) AS new "
        "ON there.place = new.place AND there.run = new.run WHEN NOT MATCHED THEN "
        "INSERT (place, run, name, experiment, spec, revision) VALUES (@place, @run, @name, @experiment, '', '')"
    )


def rows(table: str) -> str:
    """All that is written."""
    return f"SELECT * FROM {quoted(table)}"


def of_name(table: str) -> str:
    """What is written of a declared name."""
    return f"SELECT * FROM {quoted(table)} WHERE name = @name"


def forget(table: str, runs: Collection[str] | None) -> str:
    """Strike out these runs of @place, or all that is written of it."""
    which = "" if runs is None else f" AND run IN ({', '.join(map(literal, sorted(runs)))})"
    return f"DELETE FROM {quoted(table)} WHERE place = @place{which}"
