"""Data that was made and is not shown, since something of it is not as usual; and a person who wants it shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.compile.work import warehouse_place
from bot.experiment.model import Output
from bot.ports import DayCounts, Place, Remark, Version, Warehouse, Watched, Work


@dataclass(frozen=True, slots=True)
class Held:
    """What of a date is held, and why: a sentence for each remark. `accepted` says who wants it shown, or is ''."""

    date: date
    run: str
    reasons: tuple[str, ...]
    accepted: str = ""


@dataclass(frozen=True, slots=True)
class HeldVersion:
    """What is held of an output; `newest`: its place has no whole version of that date or a later one."""

    output: str
    place: Place
    version: Version
    watched: Watched
    newest: bool


def held(work: Work, warehouse: Warehouse | None, run: str = "") -> Held | None:
    """What is held of the newest date that was made, or of what a run made; None where that is shown, or will be."""
    found = list(_all(work, warehouse))
    run = run or max(((one.version.order, one.version.run) for one in found if one.newest), default=("", ""))[1]
    mine = [one for one in found if one.version.run == run]
    if not mine:
        return None
    reasons = tuple(f"{one.output}: {remark.message}" for one in mine for remark in one.watched.held)
    return Held(mine[0].version.date, run, reasons, mine[0].watched.accepted)


@dataclass(frozen=True, slots=True)
class CountedDay:
    """What was counted of a date, and what of it is not as usual; `shown`: nothing of it is held."""

    day: DayCounts
    warned: tuple[Remark, ...] = ()
    held: tuple[Remark, ...] = ()
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Counted:
    """An output, and what was counted of each of its dates, the newest first."""

    name: str
    output: Output
    days: Sequence[CountedDay]


def counted(work: Work, warehouse: Warehouse | None) -> Iterator[Counted]:
    """What was counted of the outputs, as far as anything was."""
    if warehouse is None:
        return
    for name, output in work.outputs.items():
        versions = warehouse.versions(warehouse_place(work.experiment, work.key, output, work.heir_of))
        found: dict[date, CountedDay] = {}
        for one in versions:
            if one.watched is not None:
                day = CountedDay(one.watched.day, one.watched.warned, one.watched.held, one.whole is not None)
                found.setdefault(one.date, day)
        for one in versions:
            for earlier in one.watched.before if one.watched is not None else ():
                found.setdefault(earlier.date, CountedDay(earlier))
        if found:
            yield Counted(name, output, [found[day] for day in sorted(found, reverse=True)])


def let_through(work: Work, warehouse: Warehouse | None, who: str, day: date | None = None) -> date | None:
    """Note that a person wants shown what is held, of one date or of the newest: the next attempt at it is.

    Returns the date, or None where nothing of it is held.
    """
    found = list(_all(work, warehouse))
    day = day or max((one.version.date for one in found if one.newest), default=None)
    mine = [one for one in found if one.version.date == day]
    for one in mine:
        assert warehouse is not None  # something is in it
        accepted = one.watched.model_copy(update={"accepted": who})
        warehouse.begin(one.place, replace(one.version, watched=accepted))
    return day if mine else None


def _all(work: Work, warehouse: Warehouse | None) -> Iterator[HeldVersion]:
    if warehouse is None:
        return
    for name, output in work.outputs.items():
        place = warehouse_place(work.experiment, work.key, output, work.heir_of)
        yield from _of_place(name, place, warehouse.versions(place))


def _of_place(name: str, place: Place, versions: Sequence[Version]) -> Iterator[HeldVersion]:
    """What is held in a place: of each date the last attempt that was counted."""
    last = max((one.date for one in versions if one.whole is not None), default=date.min)
    seen = set()
    for one in versions:
        counts = one.watched if one.watched is not None and one.watched.held else None
        if (one.whole is None and counts is None) or one.date in seen:
            continue
        seen.add(one.date)
        if one.whole is None and counts is not None:
            yield HeldVersion(name, place, one, counts, one.date > last)
