"""The store of one machine."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from bot.settings.kinds.backend import Needs, OnDisk


class SqliteStore(OnDisk):
    """One SQLite file that serving reads."""

    opener: ClassVar[str] = "bot.stores.sqlite:open_store"
    needs: ClassVar[Needs | None] = Needs("a store in SQLite", ("duckdb", "pyarrow"), "embedded")

    kind: Literal["sqlite"] = "sqlite"
    path: str = Field(".sameday/serving.sqlite", description="The file.")
