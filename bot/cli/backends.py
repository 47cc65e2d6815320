"""Settings to adapters: the only reader of the environment and the clock.

The row of a kind says how it is opened and what that needs (`bot.settings.kinds`); this module names no kind.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.cli.known import of_settings
from bot.cli.looking import looking
from bot.errors import UsageError
from bot.ports import Engine, Evaluator, Flags, Ledger, Store, Warehouse
from bot.ports.backends import Cron
from bot.ports.opening import Code, Opening
from bot.report import mask
from bot.settings import FILE, Settings, kinds
from bot.settings.kinds import Needs, Openable

TASK = (sys.executable, "-I", "-m", "bot.cli.told", "task")


class Adapters:
    """The backends of this machine and of those that it reaches, for an environment (see `bot.ports.backends`)."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment

    def now(self) -> datetime:
        """The present moment."""
        return datetime.now(UTC)

    def learn(self, settings: Settings) -> None:
        """Say no secret that the settings name from now on."""
        mask.learn(of_settings(settings, self.environment))

    def looking(self, settings: Settings) -> Settings:
        """The settings for looking only."""
        return looking(settings, self.environment)

    def engine(self, settings: Settings, root: Path, code: Code) -> Engine:
        """What runs jobs."""
        engine: Engine = opened(_engine(settings), self._opening(settings, root=root, code=code))
        return engine

    def cron(self, settings: Settings, root: Path, code: Code) -> Cron:
        """The engine, if it also does what a cron would do."""
        engine = _engine(settings)
        if not engine.cron:
            raise UsageError(f"the engine of {FILE} is not of this machine; this needs `engine: {{kind: local}}`")
        cron: Cron = opened(engine, self._opening(settings, root=root, code=code))
        return cron

    def warehouse(self, settings: Settings, labels: Mapping[str, str] | None = None) -> Warehouse | None:
        """Where tables live."""
        if settings.warehouse is None:
            return None
        warehouse: Warehouse = opened(settings.warehouse, self._opening(settings, labels=labels or {}))
        return warehouse

    def stores(self, settings: Settings) -> Mapping[str, Store]:
        """Where serving reads; raises UsageError for two that are one place, which only the environment may say."""
        opening = self._opening(settings)
        first: dict[str, str] = {}
        for name, store in settings.stores.items():
            where = store.whereabouts or name
            for variable in store.secrets:
                where = where.replace(variable, opening.environment.get(variable) or variable)
            if where in first:
                raise UsageError(f"stores.{first[where]} and stores.{name} are one place: give each one of its own")
            first[where] = name
        return {name: opened(store, opening) for name, store in settings.stores.items()}

    def flags(self, settings: Settings) -> Flags | None:
        """Where flags are published."""
        flags: Flags | None = opened(settings.flags, self._opening(settings)) if settings.flags else None
        return flags

    def evaluator(self) -> Evaluator | None:
        """The flag client, if it is installed."""
        if importlib.util.find_spec("openfeature") is None:
            return None
        from bot.flags.openfeature import OpenFeature

        return OpenFeature()

    def ledger(self, settings: Settings) -> Ledger | None:
        """What is released."""
        ledger: Ledger | None = opened(settings.ledger, self._opening(settings)) if settings.ledger else None
        return ledger

    def begun(self, settings: Settings) -> Ledger | None:
        """The ledger, unless it is a file that is not there yet."""
        place = settings.ledger.place if settings.ledger else None
        return None if place and not place.exists() else self.ledger(settings)

    def prepare(self, settings: Settings) -> None:
        """Import large clients ahead: threads that do so at the same time find what they share half made."""
        installed = [backend for backend in settings.backends if not (backend.needs and _missing(backend.needs))]
        for name in dict.fromkeys(name for backend in installed for name in backend.ahead):
            importlib.import_module(name)

    def _opening(
        self,
        settings: Settings,
        root: Path = Path(),
        code: Code | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> Opening:
        return Opening(settings, self.environment, self.now, time.sleep, TASK, root, code, labels or {})


def _engine(settings: Settings) -> kinds.Engine:
    if settings.engine is None:
        raise UsageError(f"{FILE} names no engine; add `engine: {{kind: local}}`")
    return settings.engine


def opened(kind: Openable, opening: Opening) -> Any:
    """The backend; raises UsageError if something that it needs is not installed."""
    if kind.needs and (missing := _missing(kind.needs)):
        what, extra = kind.needs.what, kind.needs.extra
        raise UsageError(f"{what} needs {' and '.join(missing)}: pip install 'sameday[{extra}]'")
    module, _, name = kind.opener.partition(":")
    return getattr(importlib.import_module(module), name)(kind, opening)


def _missing(needs: Needs) -> list[str]:
    return [name for name in needs.packages if not _there(name)]


def _there(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:  # not even what it is a part of
        return False
