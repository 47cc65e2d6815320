"""The steps of releases and rollbacks. Each looks whether its effect is there, acts only if not, and verifies it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from bot.compile.work import store_places, warehouse_place
from bot.errors import Refused, SamedayError, Unreachable
from bot.experiment.model import Spec
from bot.ports import Engine, Flag, Flags, Item, Place, Places, StepName, Store, Warehouse, Work, made_by

KEY = re.compile(r"[0-9a-f]{8}")  # of a spec; what was there before the first release has none


def _nobody_to_tell() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Tools:
    """What steps act with. `announce` says what the release did so far; raises SamedayError where it cannot."""

    engine: Engine
    flags: Flags | None
    warehouse: Warehouse | None
    stores: Mapping[str, Store]
    announce: Callable[[], None] = _nobody_to_tell

    def glance(self) -> Tools:
        """The same for one who looks at much and changes nothing but what goes: see `Places.glance`."""
        warehouse = self.warehouse.glance() if self.warehouse is not None else None
        stores = {name: store.glance() for name, store in self.stores.items()}
        return replace(self, warehouse=warehouse, stores=stores)

    def places(self, where: str) -> Places:
        """The store of this name, or with '' the warehouse; raises Refused where the settings name none."""
        places = self.stores.get(where) if where else self.warehouse
        if places is None:
            raise Refused(f"the settings name no store {where}" if where else "the settings name no warehouse")
        return places


@dataclass(frozen=True, slots=True)
class Rubbish:
    """The names of an experiment (by store, '' for the warehouse), the specs whose places stay, and since when runs are
    to have begun whose versions stay.
    """

    tables: Mapping[str, Collection[str]]
    needed: Collection[str]
    before: datetime


@dataclass(frozen=True, slots=True)
class Placed:
    """A place of an `output` and the backend that has it; `source` is the output's place in the warehouse.

    `where` is the store's name with a dot, or '' for the warehouse.
    """

    output: str
    place: Place
    places: Places
    source: Place
    store: Store | None = None
    where: str = ""

    @property
    def name(self) -> str:
        """The declared name, as a person would look for it."""
        return f"{self.where}{self.place.table}"


def live_key(item: Item) -> str:
    """The spec key of what serves before the item, or ''."""
    key = made_by(item.serves[0] or "").removeprefix(f"{item.experiment}-")
    return key if KEY.fullmatch(key) else ""


@dataclass(frozen=True, slots=True)
class Order:
    """One item of the plan with what was compiled for it; a retired one has no spec."""

    item: Item
    spec: Spec | None
    work: Work
    flag: Flag | None = None
    """What is published for it; None where it serves nothing."""
    rubbish: Rubbish | None = None
    """What may be removed once it is live; None: nothing."""

    @property
    def live_key(self) -> str:
        """The spec key of what serves now, or ''."""
        return live_key(self.item)

    def placed(self, tools: Tools) -> Iterator[Placed]:
        """The places of the item's outputs, the warehouse's first; raises Refused for a store that is not there."""
        outputs = self.spec.outputs if self.spec is not None else {}
        name, key, heir_of = self.item.experiment, self.work.key, self.work.heir_of
        sources = {output: warehouse_place(name, key, declared, heir_of) for output, declared in outputs.items()}
        for output, place in sources.items():
            yield Placed(output, place, tools.places(""), place)
        for output, store, place in store_places(name, key, outputs, heir_of):
            tools.places(store)
            yield Placed(output, place, tools.stores[store], sources[output], tools.stores[store], f"{store}.")


def retired(item: Item, rubbish: Rubbish | None = None) -> Order:
    """The order that takes an experiment out of service; its file may be gone, and its name is all that steps need."""
    work = Work(experiment=item.experiment, key=item.key, date=item.date, attempt=item.attempt, steps=())
    return Order(item, None, work, rubbish=rubbish)


@dataclass(frozen=True, slots=True)
class Done:
    """The step's effect is there; `note` says what it was."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The effect is on its way: the run to watch before the step is asked again."""

    run: str


@dataclass(frozen=True, slots=True)
class Postponed:
    """A backend did not answer; the next release does the step again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The step cannot be done; nothing after it is."""

    reason: str


Result = Done | Waiting | Postponed | Failed
Act = Callable[[Sequence[Order], Tools], Sequence[Result]]
"""What a step does for items that have come to it, with one result for each; raises SamedayError, which fails it."""


@dataclass(frozen=True, slots=True)
class ReleaseStep:
    """A step: its name in the ledger, what it does as a progress line says it, and how.

    `together`: it waits until no item can go on alone, and is run once for those that came to it; `last`: until no item
    can go on at all.
    """

    name: StepName
    doing: str
    run: Act
    when: Literal["alone", "together", "last"] = "alone"


def each(*steps: Callable[[Order, Tools], Result]) -> Act:
    """Do these for one item after the other; the first that is not done ends the step for its item."""

    def run(orders: Sequence[Order], tools: Tools) -> Sequence[Result]:
        return [_in_turn(steps, order, tools) for order in orders]

    return run


def _in_turn(steps: Sequence[Callable[[Order, Tools], Result]], order: Order, tools: Tools) -> Result:
    notes: list[str] = []
    for step in steps:
        result = step(order, tools)
        if not isinstance(result, Done):
            return result
        notes += [result.note] if result.note else []
    return Done(", ".join(notes))


def without_errors(run: Act) -> Act:
    """The same, but what it raises becomes a result for every item that it was run for."""

    def wrapped(orders: Sequence[Order], tools: Tools) -> Sequence[Result]:
        try:
            return run(orders, tools)
        except Unreachable as error:
            return [Postponed(str(error))] * len(orders)
        except SamedayError as error:
            return [Failed(str(error))] * len(orders)

    return wrapped
