"""A backend that cannot be asked says so in one line: nothing is known, so nothing failed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import Unreachable
from bot.flags.folder import FlagdFile
from bot.ledgers.sqlite import LedgerFile
from bot.ports import Target
from bot.settings.kinds import FolderFlags, SqliteLedger, SqliteStore
from bot.stores.sqlite import SqliteTables

TARGET = Target("scores", (("user_id", "STRING"),))
ASKED: dict[str, Callable[[Path], object]] = {
    "store.plan": lambda path: SqliteTables(SqliteStore(path=str(path))).plan(TARGET),
    "store.active": lambda path: SqliteTables(SqliteStore(path=str(path))).active(TARGET),
    "store.versions": lambda path: SqliteTables(SqliteStore(path=str(path))).versions(TARGET),
    "store.activate": lambda path: SqliteTables(SqliteStore(path=str(path))).activate({TARGET: ["v1"]}),
    "store.prune": lambda path: SqliteTables(SqliteStore(path=str(path))).prune(TARGET, []),
    "ledger.entries": lambda path: LedgerFile(SqliteLedger(path=str(path))).entries(),
    "ledger.baseline": lambda path: LedgerFile(SqliteLedger(path=str(path))).baseline(),
    "ledger.begin": lambda path: LedgerFile(SqliteLedger(path=str(path))).begin("c0ffee"),
    "flags.published": lambda path: FlagdFile(FolderFlags(path=str(path.parent), set="x")).published("demo"),
    "flags.publish": lambda path: FlagdFile(FolderFlags(path=str(path.parent), set="x")).publish("demo", None),
}
SPOILT: dict[str, Callable[[Path], object]] = {
    "something else": lambda path: path.write_bytes(b"this is no database and no flag set" * 100),
    "a folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_spoilt(tmp_path: Path, ask: Callable[[Path], object], spoil: Callable[[Path], object]) -> None:
    place = tmp_path / "x.flagd.json"
    spoil(place)
    before = place.read_bytes() if place.is_file() else None
    with pytest.raises(Unreachable, match=r"\A[^\n]*x\.flagd\.json[^\n]*\Z"):
        ask(place)
    assert (place.read_bytes() if place.is_file() else None) == before
