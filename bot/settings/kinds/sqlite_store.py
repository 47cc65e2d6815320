"""The store of one machine."""

from __future__ import annotations

import os
from typing import ClassVar, Literal

from pydantic import Field

from bot.settings.kinds.backend import Needs, OnDisk


class SqliteStore(OnDisk):
    """One SQLite file that serving reads."""

    opener: ClassVar[str] = "bot.stores.sqlite:open_store"
    needs: ClassVar[Needs | None] = Needs("a store in SQLite", ("duckdb", "pyarrow"), "embedded")

    kind: Literal["sqlite"] = "sqlite"
    path: str = Field(".sameday/serving.sqlite", description="The file, as in `.sameday/serving.sqlite`.")

    @property
    def whereabouts(self) -> str:
        """What no two stores may share, in words."""
        return f"the file {os.path.normpath(self.path)}"
