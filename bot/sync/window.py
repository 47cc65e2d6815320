"""Which versions a place shows: what may be put into it, what falls out of it, what is back when a day is taken out.

These are rules on values; a store asks them in the transaction that changes the place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from bot.ports import Place, Version

Out = Mapping[date, int]
"""Days that were taken out of a place, each with the newest attempt that there was of it then."""


def is_shown(version: Version, inside: Iterable[Version]) -> bool:
    """Whether the version is among those that a place shows."""
    return any(one.run == version.run for one in inside)


def admits(place: Place, version: Version, inside: Sequence[Version], out: Out) -> bool:
    """Whether the version may be put into the place that shows `inside`: never backwards, nothing that was taken out.

    Days that were carried from another spec's place give way to any version of the place's own.
    """
    if version.date in out and version.attempt <= out[version.date]:
        return False
    if not place.daily:
        return all(one.order <= version.order for one in inside)
    if any(one.spec == place.spec and one.date == version.date and one.order > version.order for one in inside):
        return False
    return not place.days or sum(one.date > version.date for one in inside) < place.days


def beyond(place: Place, days: Iterable[date]) -> list[date]:
    """Of the days that a daily place has, those older than it shows."""
    newest = sorted(set(days), reverse=True)
    return newest[place.days :] if place.days else []


def earlier(shown: Version, versions: Iterable[Version], out: Out) -> Version | None:
    """The newest whole version of a day before the one that is shown; none of what was taken out."""
    of_old = [
        one for one in versions if one.whole and one.date < shown.date and one.attempt > out.get(one.date, 0)
    ]  # fmt: skip
    return max(of_old, key=lambda one: one.order, default=None)


def lacking(place: Place, inside: Iterable[Version], old: Iterable[Version], out: Out) -> list[Version]:
    """Of the versions that an earlier place shows, those whose days the place lacks and would show; newest first."""
    there = {one.date for one in inside}
    wanted = [one for one in old if one.date not in there and one.date not in out]
    gone = set(beyond(place, [*there, *(one.date for one in wanted)]))
    return [one for one in wanted if one.date not in gone]


def unlike(place: Place, old: Place) -> str:
    """Why days of an earlier place cannot be carried into this one, or ''."""
    if not place.daily:
        return f"{place.name} shows one version: no days can be carried into it"
    if place.partition != old.partition:
        return f"{place.name} has its days in {place.partition}, and {old.name} in {old.partition or 'no column'}"
    there = dict(old.columns)
    missed = [column for column, declared in place.columns if there.get(column) != declared]
    return f"{old.name} has no such {', '.join(missed)} as {place.name} has" if missed else ""
