"""A backend that cannot be asked says so in one line: nothing is known, so nothing failed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.errors import Unreachable
from bot.flags.folder import FlagdFile
from bot.ledgers.sqlite import LedgerFile
from bot.ports import Place, Version
from bot.settings.kinds import FolderFlags, SqliteLedger, SqliteStore
from bot.stores.sqlite import SqliteTables

PLACE = Place("demo", "scores", "0badcafe", (("user_id", "STRING"),))
BEGUN = datetime(2026, 11, 26, 4, tzinfo=UTC)
VERSION = Version("demo", "0badcafe", date(2026, 11, 26), BEGUN)


def opened(path: Path) -> SqliteTables:
    """The store in that file."""
    return SqliteTables(SqliteStore(path=str(path)))


ASKED: dict[str, Callable[[Path], object]] = {
    "store.plan": lambda path: opened(path).plan(PLACE),
    "store.begin": lambda path: opened(path).begin(PLACE, VERSION),
    "store.versions": lambda path: opened(path).versions(PLACE),
    "store.put": lambda path: opened(path).put(PLACE, VERSION),
    "store.inside": lambda path: opened(path).inside(PLACE),
    "store.take_out": lambda path: opened(path).take_out(PLACE, VERSION.date),
    "store.shown": lambda path: opened(path).shown("scores"),
    "store.owner": lambda path: opened(path).owner("scores"),
    "store.point": lambda path: opened(path).point([PLACE]),
    "store.unname": lambda path: opened(path).unname(["scores"]),
    "store.prune": lambda path: opened(path).prune("demo", "scores", [], BEGUN),
    "ledger.entries": lambda path: LedgerFile(SqliteLedger(path=str(path))).entries(),
    "ledger.baseline": lambda path: LedgerFile(SqliteLedger(path=str(path))).baseline(),
    "ledger.begin": lambda path: LedgerFile(SqliteLedger(path=str(path))).begin("c0ffee"),
    "flags.published": lambda path: FlagdFile(FolderFlags(path=str(path.parent), set="x")).published("demo"),
    "flags.publish": lambda path: FlagdFile(FolderFlags(path=str(path.parent), set="x")).publish({"demo": None}),
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
