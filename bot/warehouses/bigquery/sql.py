"""The statements that sameday itself runs in BigQuery. Names were checked before, and are quoted all the same."""

from __future__ import annotations

from collections.abc import Sequence

from bot.experiment.model import Output
from bot.watch.dialect import Dialect


def quoted(name: str) -> str:
    """A column, or a table with all parts of its name."""
    return "`" + name.replace("`", "") + "`"


def _fingerprint(words: Sequence[str]) -> str:
    return f"FARM_FINGERPRINT(TO_JSON_STRING(STRUCT({', '.join(words)})))"


DIALECT = Dialect(quoted, _fingerprint, "STDDEV")


def parts(table: str) -> tuple[str, str, str]:
    """Project, dataset and own name of a table's full name; a project of old has a domain: `acme.com:data`."""
    project, dataset, name = table.rsplit(".", 2)
    return project, dataset, name


def parent(table: str) -> str:
    """The dataset of a table's full name."""
    return table.rpartition(".")[0]


def last(table: str) -> str:
    """A table's own name, without its dataset."""
    return table.rpartition(".")[2]


def profile(table: str, output: Output) -> str:
    """One pass over the table: rows, rows that repeat a key, rows of another day than @day, NULLs by column.

    Rows are grouped by their key first, so that nothing is read twice.
    """
    nulls = [f"COUNTIF({quoted(column)} IS NULL) AS c{i}" for i, column in enumerate(output.columns)]
    column = quoted(output.partition.column) if output.partition else None
    others = f"COUNTIF({column} IS DISTINCT FROM @day)" if column else "0"
    key = [f"source.{quoted(column)}" for column in output.key]  # bare, one of the name `n` could be either
    group = f" GROUP BY {', '.join(key)}" if key else ""
    repeats = "n - 1" if output.key else "0"
    sums = [f"COALESCE(SUM(c{i}), 0) AS c{i}" for i in range(len(output.columns))]
    return (
        f"SELECT COALESCE(SUM(n), 0) AS n, COALESCE(SUM({repeats}), 0) AS repeated, "
        f"COALESCE(SUM(others), 0) AS others, {', '.join(sums)} "
        f"FROM (SELECT COUNT(*) AS n, {others} AS others, {', '.join(nulls)} FROM {quoted(table)} AS source{group})"
    )


def repeated(table: str, key: Sequence[str], limit: int) -> str:
    """The keys that most rows repeat, and how many rows have each."""
    names = ", ".join(f"source.{quoted(column)} AS k{i}" for i, column in enumerate(key))
    group = ", ".join(f"source.{quoted(column)}" for column in key)
    last = len(key) + 1  # by their numbers, for a column may be called as anything is
    return (
        f"SELECT {names}, COUNT(*) AS times FROM {quoted(table)} AS source GROUP BY {group} "
        f"HAVING COUNT(*) > 1 ORDER BY {last} DESC, {', '.join(map(str, range(1, last)))} LIMIT {limit}"
    )


def holds(table: str, column: str, kind: str) -> str:
    """A row if the table has any of @day, UTC's for a TIMESTAMP; each form reads the day's partition alone."""
    name = quoted(column)
    where = f"{name} = @day"
    if kind != "DATE":
        where = f"{name} >= {kind}(@day) AND {name} < {kind}(DATE_ADD(@day, INTERVAL 1 DAY))"
    return f"SELECT 1 AS found FROM {quoted(table)} WHERE {where} LIMIT 1"


def make(table: str, output: Output) -> str:
    """Make a table as declared; only ever run dry, to learn whether one may."""
    columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in output.columns.items())
    return f"CREATE TABLE {quoted(table)} ({columns})"


def look(table: str) -> str:
    """Everything in a table or view; only ever run dry, to learn what a view reads and whether that is there."""
    return f"SELECT * FROM {quoted(table)}"


def now() -> str:
    """BigQuery's own clock: ours may be wrong. It reads nothing, so it costs nothing."""
    return "SELECT CURRENT_TIMESTAMP() AS now"
