"""Count what was proven and hold it against the dates before: what is not as usual is told, or not shown at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.errors import Refused
from bot.experiment.model import Output
from bot.ports import Beside, DayCounts, Place, Profile, Version, Warehouse, Watched, Work
from bot.watch.judge import judged

KEPT = 42  # dates of which counts are kept: four equal weekdays, and as much again where days are missing
CHOSEN = 20_000  # of those whom the rows are for: a share of so many is known to half a percent


@dataclass(frozen=True, slots=True)
class Seen:
    """What was counted of an output, and the bytes that this was charged for."""

    watched: Watched
    billed: int = 0


def watch(
    work: Work, warehouse: Warehouse, places: Mapping[str, Place], profiles: Mapping[str, Profile], begun: Version
) -> Mapping[str, Seen]:
    """What was counted of each output; what the run has shown to be whole before is not counted again.

    Raises Refused if one is held; all are then recorded with what was counted, and none is whole.
    """
    versions = {name: warehouse.versions(place) for name, place in places.items()}
    firsts = {name: next((one for one in found if one.run == work.run), begun) for name, found in versions.items()}
    seen = {}
    for name, place in places.items():
        first = firsts[name]
        if first.whole is not None and first.watched is not None:
            seen[name] = Seen(first.watched)
        else:
            own = place.own(begun)
            seen[name] = _seen(work, warehouse, work.outputs[name], place, own, profiles[name], versions[name])
    held = [f"{name}: {remark.message}" for name, one in seen.items() for remark in one.watched.held]
    if held:
        for name, place in places.items():
            warehouse.begin(place, replace(firsts[name], watched=seen[name].watched))
        raise Refused(f"held, and what was shown stays: {'; '.join(held)}")
    return seen


def told(seen: Mapping[str, Seen]) -> Sequence[str]:
    """A sentence per remark that holds nothing."""
    return [f"{name}: warning: {remark.message}" for name, one in seen.items() for remark in one.watched.warned]


def _seen(
    work: Work, warehouse: Warehouse, output: Output, place: Place, own: str, profile: Profile,
    versions: Sequence[Version],
) -> Seen:  # fmt: skip
    before = [*_before(versions, work)]
    beside = _beside(warehouse, place, before[0]) if before else None
    count = warehouse.count(own, output, beside)
    nulls = {f"nulls_{column}": rows for column, rows in profile.nulls.items() if column not in output.key}
    counts = {"rows": profile.rows, **nulls, **count.values}
    day = DayCounts(date=work.date, counts=counts, content=count.content)
    watched = judged(output, day, before, _let(versions, work))
    if not place.daily:  # which removes what it shows no longer
        watched = watched.model_copy(update={"before": tuple(before[:KEPT])})
    return Seen(watched, count.billed)


def _before(versions: Sequence[Version], work: Work) -> Iterator[DayCounts]:
    """The dates before the run's, the newest first, each by its newest attempt that was shown."""
    last = work.date
    for one in versions:
        if one.whole is not None and one.watched is not None:
            for day in (one.watched.day, *one.watched.before):
                if day.date < last:
                    last = day.date
                    yield day


def _beside(warehouse: Warehouse, place: Place, day: DayCounts) -> Beside | None:
    """What the place shows of the date before, if it still does."""
    if all(one.date != day.date for one in warehouse.inside(place)):
        return None
    one_in = max(1, int(day.counts.get("units", 0)) // CHOSEN)
    return Beside(place.name, day.date if place.daily else None, one_in)


def _let(versions: Sequence[Version], work: Work) -> frozenset[str]:
    """The rules by which an earlier attempt was held, where a person wants it shown all the same."""
    accepted = [
        one.watched
        for one in versions
        if one.date == work.date and one.attempt < work.attempt and one.watched is not None and one.watched.accepted
    ]
    return frozenset(remark.rule for one in accepted for remark in one.held)
