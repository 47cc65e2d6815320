"""The port to everything else: what opens the backends that settings name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

from bot.ports.engine import Engine, Run
from bot.ports.flags import Evaluator, Flags
from bot.ports.ledger import Ledger
from bot.ports.opening import Code
from bot.ports.store import Store
from bot.ports.warehouse import Warehouse
from bot.settings import Settings


class Cron(Protocol):
    """What does by hand what a schedule does by the clock."""

    def trigger(self, experiment: str, day: date) -> Run | None:
        """Start what the experiment's schedule starts, for one date; None if its schedule is off."""
        ...


class Backends(Protocol):
    """Opens what settings name, each time anew: a workspace asks once. Raises UsageError where something is missing.

    `environment` is the process's: where credentials are, and what git sees.
    """

    environment: Mapping[str, str]

    def now(self) -> datetime:
        """The present moment."""
        ...

    def learn(self, settings: Settings) -> None:
        """Take note of secrets that the settings name, which are not said from now on."""
        ...

    def engine(self, settings: Settings, root: Path, code: Code) -> Engine:
        """What runs jobs; processes of this machine start in `root`, as the commit that they are from has it."""
        ...

    def cron(self, settings: Settings, root: Path, code: Code) -> Cron:
        """The engine as a clock would use it; raises UsageError where only the clock can."""
        ...

    def warehouse(self, settings: Settings, labels: Mapping[str, str] | None = None) -> Warehouse | None:
        """Where tables live; `labels` say on whose behalf it is asked, where that is billed."""
        ...

    def looking(self, settings: Settings) -> Settings:
        """The settings of whoever only looks, maybe where a stranger could run it."""
        ...

    def stores(self, settings: Settings) -> Mapping[str, Store]:
        """Where serving reads."""
        ...

    def flags(self, settings: Settings) -> Flags | None:
        """Where flags are published."""
        ...

    def evaluator(self) -> Evaluator | None:
        """The flag client, if it is installed."""
        ...

    def ledger(self, settings: Settings) -> Ledger | None:
        """What is released."""
        ...

    def begun(self, settings: Settings) -> Ledger | None:
        """The ledger, unless it is a file that is not there yet: looking makes none."""
        ...

    def prepare(self, settings: Settings) -> None:
        """Import large clients before several threads do so at once, and find what they share half made."""
        ...
