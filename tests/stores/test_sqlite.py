"""What SQLite alone says no to."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import Refused, Unreachable
from bot.ports import Target
from bot.settings.kinds import SqliteStore
from bot.stores.sqlite import SqliteTables
from bot.sync.sample import sample


def test_more_columns_than_it_takes_are_no_outage(tmp_path: Path) -> None:
    wide = Target("wide", tuple((f"c{i}", "INT64") for i in range(2_001)))
    with pytest.raises(Refused, match="too many columns"):
        SqliteTables(SqliteStore(path=str(tmp_path / "s"))).load(wide, "v", sample(wide.columns))


def test_a_file_that_is_no_database_is_one(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("no database" * 1_000)
    with pytest.raises(Unreachable, match="not a database"):
        SqliteTables(SqliteStore(path=str(tmp_path / "s"))).plan(Target("scores", (("a", "STRING"),)))
