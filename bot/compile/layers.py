"""Who has which slots of a layer, and when: the value behind every picture of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise
from operator import attrgetter

from bot.compile import traffic
from bot.compile.conditions import moment
from bot.errors import Refused
from bot.experiment.record import Record
from bot.experiment.repository import Repository
from bot.experiment.traffic import SLOTS
from bot.experiment.zone import serving_in_zone
from bot.settings import Settings

Range = tuple[int, int]
"""Slots, from the first one to the first one after them."""


@dataclass(frozen=True, slots=True)
class Booking:
    """What one test has: slots of a layer, from `since` to before `until`."""

    name: str
    layer: str
    slots: Range
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Vacancy:
    """What no test has of a layer, from `since` to before `until`."""

    slots: tuple[Range, ...]
    since: date
    until: date

    @property
    def share(self) -> float:
        """How much of the layer it is, from 0 to 1."""
        return sum(end - start for start, end in self.slots) / SLOTS


@dataclass(frozen=True, slots=True)
class Timeline:
    """One layer: the tests that are on or to come, in order of their slots."""

    layer: str
    bookings: tuple[Booking, ...]
    added: frozenset[str] = frozenset()
    """The names of the tests that a change brings, or gives other slots or days."""

    @property
    def since(self) -> date:
        """The first day of any of them; raises ValueError where there is none."""
        return min(one.since for one in self.bookings)

    @property
    def until(self) -> date:
        """The first day after all of them; raises ValueError where there is none."""
        return max(one.until for one in self.bookings)

    @property
    def vacancies(self) -> tuple[Vacancy, ...]:
        """What is free, from the first day to the last, and anew where that changes."""
        days = sorted({day for one in self.bookings for day in (one.since, one.until)})
        found: list[Vacancy] = []
        for since, until in pairwise(days):
            slots = tuple(free(one.slots for one in self.bookings if one.since <= since < one.until))
            if found and found[-1].slots == slots:
                since = found.pop().since
            found.append(Vacancy(slots, since, until))
        return tuple(found)


def free(taken: Iterable[Range]) -> list[Range]:
    """The slots that are in none of these."""
    found, at = [], 0
    for start, end in sorted(taken):
        if start > at:
            found.append((at, start))
        at = max(at, end)
    return [*found, (at, SLOTS)] if at < SLOTS else found


def timelines(
    repository: Repository, settings: Settings, now: datetime, before: Repository | None = None
) -> list[Timeline]:
    """Each layer of the settings in their order, and every other one in which there are tests.

    A test that is over is left out, as is one whose layer cannot be told. With `before`, what differs from it is added.
    """
    by_layer: dict[str, list[Booking]] = {name: [] for name in settings.layers}
    added: dict[str, set[str]] = defaultdict(set)
    for record in repository.declared.values():
        one = _booking(record, settings, now)
        if one is None:
            continue
        by_layer.setdefault(one.layer, []).append(one)
        if before is not None and _is_added(one, record, before, settings, now):
            added[one.layer].add(one.name)
    order = attrgetter("slots", "since", "name")
    return [
        Timeline(layer, tuple(sorted(each, key=order)), frozenset(added[layer])) for layer, each in by_layer.items()
    ]


def changed(lines: Sequence[Timeline]) -> Iterator[Timeline]:
    """Those to which a change adds something."""
    return (line for line in lines if line.added)


def _booking(record: Record, settings: Settings, now: datetime) -> Booking | None:
    """What a test has that is not over; None for anything else."""
    serving = record.served
    if serving is None or not serving.is_test:
        return None
    serving = serving_in_zone(serving, settings.timezone)
    period = serving.period
    if period is None or period.end is None or moment(period.end, period.timezone) <= now.timestamp():
        return None
    try:
        layer = traffic.layer(serving, settings)
    except Refused:
        return None
    return Booking(record.name, layer, (serving.slots.start, serving.slots.end), period.start, period.end)


def _is_added(one: Booking, record: Record, before: Repository, settings: Settings, now: datetime) -> bool:
    names = (record.name, record.renamed_from or "")
    old = next((before.declared[name] for name in names if name in before.declared), None)
    if old is None or old.serving == record.serving:
        return old is None
    was = _booking(old, settings, now)
    return was is None or replace(was, name=one.name) != one
