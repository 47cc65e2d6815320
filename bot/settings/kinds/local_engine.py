"""The engine of one machine."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from bot.settings.kinds.backend import Needs, OnDisk


class LocalEngine(OnDisk):
    """Jobs as processes on this machine."""

    opener: ClassVar[str] = "bot.engines.local.opener:open_engine"
    cron: ClassVar[bool] = True  # its adapter is a `bot.ports.backends.Cron`, too
    needs: ClassVar[Needs | None] = None

    kind: Literal["local"] = "local"
    path: str = Field(".sameday/engine", description="Where runs keep their logs and state, as in `.sameday/engine`.")
    workers: int = Field(8, ge=1, le=1000, description="How many jobs run at once, as in `4`.")
