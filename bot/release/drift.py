"""What of a live release is not as it was released: it is gone, or another hand has changed it.

It costs a question for each flag, schedule, declared name and place of what is live.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from bot.ports import Flag
from bot.release.steps import Order, Placed, Tools

Kind = Literal["place", "flag", "name", "schedule"]


@dataclass(frozen=True, slots=True)
class Drift:
    """A part of a release that is gone or, if `why` says how, differs; `name` is as a person would look for it."""

    kind: Kind
    name: str
    why: str = ""
    placed: Placed | None = None
    """Of a place or a name."""

    def __str__(self) -> str:
        """A sentence without its end."""
        return self.why or f"{self.name} is gone"


@dataclass(frozen=True, slots=True)
class Drifts:
    """The parts of a live release that are not as they should be, in the order in which they are put back."""

    parts: tuple[Drift, ...]

    @property
    def gone(self) -> tuple[Drift, ...]:
        """What a release puts back by itself."""
        return tuple(part for part in self.parts if not part.why)

    @property
    def differing(self) -> str:
        """What another hand has changed, which stays so until somebody asks for the experiment by its name."""
        return "; ".join(part.why for part in self.parts if part.why)

    @property
    def data(self) -> bool:
        """Whether the warehouse has lost data, so that a run must make it anew."""
        return any(part.placed is not None and part.placed.store is None for part in self.gone if part.kind == "place")


def drift(order: Order, tools: Tools, glance: Tools, flags: Mapping[str, Flag]) -> Drifts:
    """Look at what is live, with the flags that are published; at places through the glance of the same tools.

    Raises Unreachable where a backend does not answer, Refused where it may not be asked.
    """
    return Drifts((*_data(order, tools, glance), *_flag(order, tools, flags), *_schedule(order, tools)))


def _data(order: Order, tools: Tools, glance: Tools) -> Iterator[Drift]:
    for placed, seen in zip(order.placed(tools), order.placed(glance), strict=True):
        place, places = placed.place, seen.places
        if all(one.spec != place.spec for one in places.inside(place)):
            yield Drift("place", f"{placed.where}{place.name}", placed=placed)
            yield Drift("name", placed.name, placed=placed)  # it shows nothing without
            continue
        shown = places.shown(place.table)
        if shown != place.name:
            what = "a table that sameday has not made" if shown == place.table else shown
            yield Drift("name", placed.name, "" if shown is None else f"{placed.name} shows {what}", placed)


def _flag(order: Order, tools: Tools, flags: Mapping[str, Flag]) -> Iterator[Drift]:
    if tools.flags is None or order.flag is None:
        return
    published = flags.get(order.item.experiment)
    if published != order.flag:
        name = f"the flag {order.item.experiment}"
        yield Drift("flag", name, "" if published is None else f"{name} is not as it was released")


def _schedule(order: Order, tools: Tools) -> Iterator[Drift]:
    if order.work.schedule is None:
        return
    scheduled, name = tools.engine.scheduled(order.item.experiment), f"the schedule of {order.item.experiment}"
    if scheduled is None:
        yield Drift("schedule", name)
    elif not scheduled.on:
        yield Drift("schedule", name, f"{name} is suspended")
    elif scheduled.key != order.work.key:
        yield Drift("schedule", name, f"{name} starts {scheduled.key}")
