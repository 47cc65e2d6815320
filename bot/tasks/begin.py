"""The first task of a run: note that it began, wait for what it reads, and say whether there is anything to make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.compile.work import version, warehouse_place
from bot.ports import Store, Warehouse, Work
from bot.tasks.put import put
from bot.tasks.wait import wait


@dataclass(frozen=True, slots=True)
class Beginning:
    """Whether the jobs have anything to do, and what was found, a sentence each."""

    go: bool
    lines: tuple[str, ...]


def begin(
    work: Work,
    warehouse: Warehouse,
    stores: Mapping[str, Store],
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
    say: Callable[[str], None],
) -> Beginning:
    """Begin the run, unless its date is made already, by this attempt or a later one.

    A schedule may start a date's run twice, after midnight or after an outage; what a killed run left whole but not
    in its place is put there now. Raises Refused with the inputs that are missing after the work's patience; `say` is
    given what it waits for.
    """
    if (attempt := made(work, warehouse)) is not None:
        lines = put(work.model_copy(update={"attempt": attempt}), warehouse, stores)
        return Beginning(False, (f"the data of {work.date} is made already; nothing to do", *lines))
    begun = version(work, clock())
    for output in work.outputs.values():
        warehouse.begin(warehouse_place(work.experiment, work.key, output, work.heir_of), begun)
    return Beginning(True, tuple(wait(work, warehouse, clock, sleep, say)))


def made(work: Work, warehouse: Warehouse) -> int | None:
    """The newest attempt, from the work's own on, that made each output whole for the date; None without one."""
    places = [warehouse_place(work.experiment, work.key, output, work.heir_of) for output in work.outputs.values()]
    attempts = [
        {one.attempt for one in warehouse.versions(place) if one.date == work.date and one.whole is not None}
        for place in places
    ]
    common = set.intersection(*attempts) if attempts else set()
    return max((attempt for attempt in common if attempt >= work.attempt), default=None)
