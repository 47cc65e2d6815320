"""What came of a run's data: when it was made, where it is shown, and where it is not, and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from bot.compile.work import store_places, warehouse_place
from bot.errors import SamedayError
from bot.ports import Place, Places, Version, Work
from bot.workspace import Workspace


def made(workspace: Workspace, work: Work, began: datetime) -> tuple[str, ...]:
    """That the data was there before the command `began`, and a sentence per place that does not show it.

    And what of it is not as usual.
    """
    try:
        known = [
            (where, place, places, _version(places, place, work)) for where, place, places in _all(workspace, work)
        ]
        hidden = [
            f"not shown in {where}{place.name}{why}"
            for where, place, places, version in known
            if version is not None and (why := _hidden(places, place, version))
        ]
    except SamedayError as error:
        return (f"where it is shown cannot be found out: {error}",)
    warned = tuple(
        f"warning: {place.table}: {remark.message}"
        for _, place, _, version in known
        if version is not None and version.watched is not None
        for remark in version.watched.warned
    )
    whole = [version.whole for *_, version in known if version is not None and version.whole is not None]
    if not whole or max(whole) >= began:
        return (*hidden, *warned)
    there = f"it was there already, made {max(whole):%Y-%m-%d %H:%M} UTC"
    return (there if hidden else f"{there}, and is shown", *hidden, *warned)


def made_dates(workspace: Workspace, work: Work) -> dict[date, int]:
    """The dates that are made of all outputs, each with its newest attempt, as the warehouse's catalogue says."""
    found: list[dict[date, int]] = []
    for where, place, places in _all(workspace, work):
        if where:  # a store has only what it shows
            continue
        whole = [one for one in (*places.versions(place), *places.inside(place)) if one.spec == work.key and one.whole]
        found.append({one.date: max(other.attempt for other in whole if other.date == one.date) for one in whole})
    return {day: max(each[day] for each in found) for day in set[date].intersection(*map(set, found))} if found else {}


def _all(workspace: Workspace, work: Work) -> Iterator[tuple[str, Place, Places]]:
    """The places of the run's outputs, each with the name of its store and a dot before it."""
    for output in work.outputs.values():
        if workspace.warehouse is not None:
            yield "", warehouse_place(work.experiment, work.key, output), workspace.warehouse
    for _, store, place in store_places(work.experiment, work.key, work.outputs):
        yield f"{store}.", place, workspace.stores[store]


def _version(places: Places, place: Place, work: Work) -> Version | None:
    """What the run made, or a later attempt at its date."""
    versions = places.versions(place)
    later = [one for one in versions if one.date == work.date and one.attempt >= work.attempt and one.whole]
    return next((one for one in later if one.spec == work.key), None)


def _hidden(places: Places, place: Place, version: Version) -> str:
    """Why the place, or its name, does not show the version, or ''."""
    inside = places.inside(place)
    if all(one.run != version.run for one in inside):
        same = [one for one in inside if one.date == version.date] if place.daily else inside
        window = inside if place.daily and len(inside) == place.days else ()
        newer = next((one for one in (*same, *window) if one.order > version.order), None)
        return f", which has {newer.run}: that is newer" if newer else f": {version.date} was taken out"
    if places.shown(place.table) != place.name:
        return f": {place.table} shows it once a release points it there"
    return ""
