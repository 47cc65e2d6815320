"""What SQLite alone says no to, and what its readers meet."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from bot.errors import Refused, Unreachable
from bot.ports import Place, Version
from bot.settings.kinds import SqliteStore
from bot.stores.sqlite import SqliteTables
from bot.sync.sample import sample

COLUMNS = (("user_id", "STRING"), ("score", "FLOAT64"))
SCORES = Place("demo", "scores", "0badcafe", COLUMNS, ("user_id",))
FIRST, BEGUN = date(2026, 11, 23), datetime(2026, 11, 23, 4, tzinfo=UTC)
DAYS = Place("demo", "days", "0badcafe", (*COLUMNS, ("dt", "DATE")), ("user_id", "dt"), partition="dt", days=30)


def opened(folder: Path) -> SqliteTables:
    """The store in a file of that folder."""
    return SqliteTables(SqliteStore(path=str(folder / "s")))


def version(place: Place, day: date = FIRST) -> Version:
    """What a run makes for a day."""
    return Version(place.experiment, place.spec, day, BEGUN)


def show(store: SqliteTables, place: Place, day: date = FIRST) -> None:
    """Put a version of two rows, and let the declared name show its place."""
    columns: dict[str, Any] = {"user_id": ["a", "b"], "score": [0.5, 1.5]}
    if place.partition:
        columns["dt"] = pa.array([day] * 2, pa.date32())
    assert store.put(place, store.keep(place, version(place, day), pa.table(columns).to_reader()))
    store.point([place])


def ask(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    """What a reader gets, or somebody else does."""
    with closing(sqlite3.connect(folder / "s", isolation_level=None)) as connection:
        return connection.execute(sql).fetchall()


def test_more_columns_than_it_takes_are_no_outage(tmp_path: Path) -> None:
    wide = Place("demo", "wide", "0badcafe", tuple((f"c{i}", "INT64") for i in range(2_001)))
    with pytest.raises(Refused, match="too many columns"):
        opened(tmp_path).keep(wide, version(wide), sample(wide.columns))


def test_a_file_that_is_no_database_is_one(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("no database" * 1_000)
    with pytest.raises(Unreachable, match="not a database"):
        opened(tmp_path).plan(SCORES)


@pytest.mark.parametrize(
    ("declared", "values", "said"),
    [
        ("JSON", ["{a:1}", "{}"], "does not hold JSON: 1 values are none"),
        ("JSON", ["[NaN]", "'a'", "[1,]"], "does not hold JSON: 3 values are none"),
        ("JSON", ['{}\0{"hidden": 1}'], "does not hold JSON: 1 values are none"),
        ("ARRAY<FLOAT64>", [[float("nan"), 1.5], [1.0]], "does not hold ARRAY<FLOAT64>: 1 of 2 values"),
        ("ARRAY<FLOAT64>", [[float("inf")], [float("-inf")]], "does not hold ARRAY<FLOAT64>: 2 of 2 values"),
        ("STRUCT<x FLOAT64>", [{"x": float("nan")}], "does not hold STRUCT<x FLOAT64>: 1 of 1 values"),
        ("FLOAT64", [float("nan")], "holds NaN, which SQLite would turn into NULL"),
    ],
)
def test_what_no_reader_could_parse_is_refused(tmp_path: Path, declared: str, values: list[Any], said: str) -> None:
    place = Place("demo", "scores", "0badcafe", (("x", declared),))
    with pytest.raises(Refused, match=said):
        opened(tmp_path).keep(place, version(place), pa.table({"x": values}).to_reader())
    assert list(opened(tmp_path).versions(place)) == []


def test_json_is_kept_as_it_was_written(tmp_path: Path) -> None:
    place = Place("demo", "scores", "0badcafe", (("x", "JSON"),))
    words = ['{"b": 1, "a": [null, 1e400]}', '"text"', " 7 ", None]
    opened(tmp_path).put(place, opened(tmp_path).keep(place, version(place), pa.table({"x": words}).to_reader()))
    assert [word for (word,) in ask(tmp_path, "SELECT x FROM scores__0badcafe")] == words


@pytest.mark.slow
def test_a_place_of_days_is_one_table_in_the_order_of_its_key(tmp_path: Path) -> None:
    """However many days: a view over a table of each would be read more slowly with every day."""
    store = opened(tmp_path)
    for back in range(32):
        show(store, DAYS, FIRST + timedelta(days=back))
    assert ask(tmp_path, "SELECT count(*), count(DISTINCT dt), min(dt) FROM days") == [(60, 30, "2026-11-25")]
    left = ask(tmp_path, "SELECT name FROM sqlite_master WHERE name GLOB 'sameday_v[0-9]*'")
    assert left == [], "a version's own table goes when its rows are in the place"
    ((made,),) = ask(tmp_path, "SELECT sql FROM sqlite_master WHERE name = 'days__0badcafe'")
    assert made.endswith('PRIMARY KEY ("user_id", "dt")) WITHOUT ROWID')


def test_a_key_of_days_has_no_null(tmp_path: Path) -> None:
    days = pa.array([FIRST] * 2, pa.date32())
    rows = pa.table({"user_id": ["a", None], "score": [0.5, 1.5], "dt": days})
    with pytest.raises(Refused, match="days: 1 rows have no user_id, which is part of the key"):
        opened(tmp_path).keep(DAYS, version(DAYS), rows.to_reader())


def test_days_that_share_a_key_are_not_carried(tmp_path: Path) -> None:
    """The new spec says of fewer columns that they are unique."""
    old, store = DAYS, opened(tmp_path)
    new = Place("demo", "days", "feedbeef", DAYS.columns, ("score", "dt"), partition="dt", days=30)
    rows = pa.table({"user_id": ["a", "b"], "score": [1.0, 1.0], "dt": pa.array([FIRST] * 2, pa.date32())})
    store.put(old, store.keep(old, version(old), rows.to_reader()))
    with pytest.raises(Refused, match=r"days__feedbeef cannot take 2026-11-23 of days__0badcafe: .*\(score, dt\)"):
        store.carry(new, old)
    assert store.inside(new) == ()


def test_a_view_whose_place_is_gone_keeps_no_table_from_being_adopted(tmp_path: Path) -> None:
    store = opened(tmp_path)
    show(store, SCORES)
    ask(tmp_path, "DROP VIEW scores__0badcafe")
    ask(tmp_path, "CREATE TABLE days (user_id TEXT)")
    adopting = replace(DAYS, adopt=True)
    show(store, adopting)
    assert len(ask(tmp_path, "SELECT * FROM days")) == 2
    store.unname(["days"])
    assert ask(tmp_path, "SELECT * FROM days") == []


@pytest.mark.parametrize("made", ["VIEW {} AS SELECT user_id, score FROM scores__0badcafe WHERE score > 1",
                                  "VIEW {} AS SELECT 1 AS user_id", "INDEX {} ON other (x)"])  # fmt: skip
def test_what_somebody_else_put_under_a_name_is_left(tmp_path: Path, made: str) -> None:
    store = opened(tmp_path)
    show(store, SCORES)
    ask(tmp_path, "CREATE TABLE other (x TEXT)")
    ask(tmp_path, "DROP VIEW scores")
    ask(tmp_path, f"CREATE {made.format('scores')}")
    assert (store.shown("scores"), store.owner("scores")) == ("scores", None)
    for place in (SCORES, replace(SCORES, adopt=True)):
        assert [where for where, _ in store.plan(place).refused] == [""]
        with pytest.raises(Refused, match=r"scores is somebody's (view|index): drop or rename it"):
            store.point([place])
    store.unname(["scores"])
    assert store.shown("scores") == "scores"


NOBODY = 65_534  # the user that owns nothing


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that everybody may look into, and only its owner write to."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def as_nobody(look: Callable[[], object]) -> str:
    """What a process of a user gets who may only read."""
    if os.getuid() != 0:
        pytest.skip("only root can become somebody else")
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.setuid(NOBODY)
        try:
            said = str(look())
        except Exception as fault:
            said = str(fault)
        os.write(theirs, said.encode())
        os._exit(0)
    os.close(theirs)
    os.waitpid(child, 0)
    with os.fdopen(ours) as pipe:
        return pipe.read()


def test_who_may_only_read_sees_every_change(public: Path) -> None:
    """SQLite's own files beside the store stay there; without them such a reader could not open it."""

    def count() -> object:
        with closing(sqlite3.connect(f"file:{public / 's'}?mode=ro", uri=True)) as connection:
            return connection.execute("SELECT count(*) FROM days").fetchone()

    for back in range(3):
        show(opened(public), DAYS, FIRST + timedelta(days=back))
        assert as_nobody(count) == f"({2 * (back + 1)},)"
        assert as_nobody(lambda: opened(public).plan(DAYS).action) == "replace"
    assert (public / "s-wal").stat().st_size == 0, "what was written is in the file itself"


def test_who_may_only_read_is_told_what_is_missing(public: Path) -> None:
    show(opened(public), DAYS)
    ask(public, "CREATE TABLE other (x TEXT)")  # the last one to close it removes the files
    assert not (public / "s-shm").exists()
    assert "the files -wal and -shm beside it are gone" in as_nobody(lambda: opened(public).plan(DAYS))
    assert "readonly" in as_nobody(lambda: opened(public).point([DAYS]))
    show(opened(public), DAYS, FIRST + timedelta(days=1))
    assert as_nobody(lambda: opened(public).plan(DAYS).action) == "replace"
