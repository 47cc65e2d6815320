"""The contract of a check: what it is given, what it yields. All that the author of a check needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, TypeVar, runtime_checkable

from bot.check.shared import Shared
from bot.experiment.load import Experiment
from bot.experiment.repository import Repository
from bot.finding import Level, Problem, Route, Unproven
from bot.ports import Engine, Evaluator, Measurement, Store, Trial, Warehouse
from bot.settings import Settings

Port = Literal["engine", "warehouse", "store", "history", "evaluator"]
T = TypeVar("T")
Yielded = Problem | Unproven | tuple[str, Route, str]
"""What a check yields; the plain tuple is rule, route and message, for checks that import nothing of ours."""


@dataclass(frozen=True)
class Context:
    """A check's only way to the world.

    `repository` holds all experiments at head; `base` is the experiment of the same name at the merge base.
    `deadline` is when the runner stops waiting for this check.
    """

    settings: Settings
    repository: Repository
    now: datetime
    deadline: datetime
    base: Experiment | None = None
    engine: Engine | None = None
    warehouse: Warehouse | None = None
    stores: Mapping[str, Store] = field(default_factory=dict)
    evaluator: Evaluator | None = None
    offline: str = ""
    """Why backends that the settings name are not asked; '' where they are, or where there is no need to say."""
    away: Mapping[Port, str] = field(default_factory=dict)
    """Backends that the settings name and that cannot be opened here, each with why."""
    owners: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The experiment that is live with each declared name, by store ('' for the warehouse) and name."""
    history: bool = False
    """Whether `base` speaks of a known commit (else it is None because nobody asked)."""
    before: Repository | None = None
    """All experiments at the merge base, where it is known."""
    trials: Mapping[str, Sequence[Trial]] = field(default_factory=dict)
    """Every test that was ever live, by experiment."""
    measurements: Mapping[str, Measurement] | None = None
    """What metrics were when they were last measured, by name; None where nobody could be asked."""
    shared: Shared = field(default_factory=Shared)

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` returns; it is called once for all experiments of a run."""
        return self.shared.once(name, (self.repository, self.settings), make)

    def has(self, port: Port) -> bool:
        """Whether the port is there."""
        if port == "store":
            return bool(self.stores)
        return bool(getattr(self, port))


@runtime_checkable
class Check(Protocol):
    """A module with these names; its docstring is its manual."""

    ID: str
    RULES: Mapping[str, Level]
    """The faults it knows, by bare name, each with its usual level."""
    REQUIRES: tuple[str, ...]
    """Checks that must have passed: where one has not, this one is skipped."""
    NEEDS: frozenset[Port]
    """Ports without which it is skipped."""
    WANTS: frozenset[Port]
    """Ports without which it runs all the same, and yields Unproven."""

    def check(self, experiment: Experiment, context: Context) -> Iterable[Yielded]:
        """Every problem of the experiment; raises Unreachable if a backend is away."""
        ...


__all__ = ["Check", "Context", "Experiment", "Level", "Port", "Problem", "Route", "Unproven", "Yielded"]
