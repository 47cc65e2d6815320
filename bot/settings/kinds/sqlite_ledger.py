"""The ledger of one machine."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from bot.settings.kinds.backend import Needs, OnDisk


class SqliteLedger(OnDisk):
    """What is released, in one SQLite file."""

    opener: ClassVar[str] = "bot.ledgers.sqlite:open_ledger"
    needs: ClassVar[Needs | None] = None

    kind: Literal["sqlite"] = "sqlite"
    path: str = Field(".sameday/ledger.sqlite", description="The file, as in `.sameday/ledger.sqlite`.")
