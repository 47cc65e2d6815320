"""Metrics of the settings, whose queries may stand in files of their own."""

from __future__ import annotations

import pytest

from bot.errors import UsageError
from bot.settings import load
from tests.conftest import Repo

FILE = "metrics:\n  clicks: {query: sql/clicks.sql, unit: user_id, type: mean}\n"
CLICKS = "SELECT user_id AS unit, day, n AS value\nFROM logs.clicks\n"


def read(path: str, limit: int) -> bytes:
    """A folder with files that hold a query, and others."""
    files = {"sql/clicks.sql": CLICKS.encode(), "sql/empty.sql": b" \n", "sql/bytes.sql": b"\xff\xfe"}
    files["sql/long.sql"] = b"-" * 20_001
    files["sql/null.sql"] = b"SELECT \0"
    if path not in files:
        raise FileNotFoundError(2, "No such file or directory")
    return files[path][:limit]


def test_the_query_is_what_its_file_holds() -> None:
    loaded = load(FILE.encode(), "check", "", read).settings
    assert loaded is not None
    assert loaded.metrics["clicks"].query == CLICKS


NO_QUERY = "a query is text of at most 20,000 characters"
FAULTS = {
    "metrics: {a: {query: sql/a.sql, unit: user_id, type: mean}}": (
        1, 22, "the file 'sql/a.sql' with the query cannot be read: No such file or directory", "write the query here"),
    "metrics: {a: {query: sql/empty.sql, unit: user_id, type: mean}}": (
        1, 22, "the file 'sql/empty.sql' holds no query", NO_QUERY),
    "metrics: {a: {query: sql/bytes.sql, unit: user_id, type: mean}}": (
        1, 22, "the file 'sql/bytes.sql' holds no query", NO_QUERY),
    "metrics: {a: {query: sql/long.sql, unit: user_id, type: mean}}": (
        1, 22, "the file 'sql/long.sql' holds no query", NO_QUERY),
    "metrics: {a: {query: sql/null.sql, unit: user_id, type: mean}}": (
        1, 22, "the file 'sql/null.sql' holds no query", NO_QUERY),
    "metrics: {a: {query: SELECT 1, unit: users, type: mean}}": (
        1, 38, "metrics.a.unit should be 'user_id', 'device_id' or 'session_id', not 'users'", ""),
    "metrics: {a: {query: SELECT 1, unit: user_id, type: ratio}}": (
        1, 53, "metrics.a.type should be 'proportion' or 'mean', not 'ratio'", ""),
}  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), FAULTS.items())
def test_what_metrics_may_not_say(text: str, wanted: tuple[int, int, str, str]) -> None:
    (fault,) = load(text.encode(), "check", "", read).faults
    assert (fault.span.line, fault.span.column, fault.message, fault.hint) == wanted


def test_a_fault_of_an_environment_stands_there() -> None:
    text = f"{FILE}environments:\n  release:\n    metrics: {{clicks: {{query: sql/none.sql}}}}\n"
    (fault,) = load(text.encode(), "release", "", read).faults
    assert (fault.span.line, fault.span.column) == (5, 31)
    assert load(text.encode(), "check", "", read).faults == ()


@pytest.mark.parametrize("path", ["sql/../../outside.sql", "sql/link.sql"])
def test_no_file_elsewhere_is_read(repo: Repo, path: str) -> None:
    """A message about a query would show it."""
    (repo.root.parent / "outside.sql").write_text("SELECT 's3cret'")
    repo.write("sameday.yaml", f"metrics: {{a: {{query: {path}, unit: user_id, type: mean}}}}\n")
    repo.write("sql/here.sql", "SELECT 1")
    (repo.root / "sql/link.sql").symlink_to("../../outside.sql")
    said = repo.sameday("check")
    assert said.code == UsageError.code
    assert f"sameday.yaml:1:22: error the file '{path}' with the query cannot be read: " in said.err
    assert "s3cret" not in said.out + said.err
