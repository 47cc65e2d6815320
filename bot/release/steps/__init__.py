"""The steps of a release, in order. Each looks whether its effect is there, acts only if not, and verifies it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.experiment.load import Experiment
from bot.ports import Engine, Entry, Flags, Item, StepName, Store, Work
from bot.release.summary import ReleaseSummary


@dataclass(frozen=True, slots=True)
class Tools:
    """What steps act with. `announce` tells the people what a release did; raises SamedayError where it could not."""

    engine: Engine
    flags: Flags | None
    stores: Mapping[str, Store]
    announce: Callable[[ReleaseSummary], None]


@dataclass(frozen=True, slots=True)
class Order:
    """One item of the plan with what it was compiled from; a retired one has neither experiment nor work."""

    item: Item
    experiment: Experiment | None
    work: Work | None
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """The step's effect is there; `note` says what it was."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Nothing to do, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """The effect is on its way: the run to watch before the step is asked again."""

    run: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The step cannot be done; nothing after it is."""

    reason: str


Result = Done | Skipped | Waiting | Failed


class Step(Protocol):
    """A module with these names."""

    NAME: StepName
    DOING: str
    """What it does, as a progress line says it."""

    def run(self, order: Order, tools: Tools) -> Result:
        """Look, act if needed, verify; raises SamedayError, which fails the step."""
        ...
