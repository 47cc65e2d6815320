"""Versions and the places that show them: what a run does."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import IO

from bot.errors import Refused
from bot.ports import Batches, Place, Version
from bot.warehouses.folder import sidecar
from bot.warehouses.folder.catalogue import Catalogue
from bot.warehouses.folder.copy import PIECE, copied
from bot.warehouses.folder.layout import Layout
from bot.warehouses.folder.parquet import of_day, opened, rows
from bot.warehouses.folder.query import splice


def known(layout: Layout, place: Place) -> Catalogue:
    """The place's catalogue, empty at first; raises Refused if the place is another experiment's."""
    catalogue = sidecar.read(layout, place.name)
    if catalogue is None:
        return Catalogue(place.experiment, layout.full(place.table), place.spec, place.daily)
    if catalogue.experiment != place.experiment:
        raise Refused(f"{layout.full(place.name)} is {catalogue.experiment}'s, not {place.experiment}'s")
    if not os.path.lexists(layout.data(place.name)):  # removed by another hand: it shows nothing any more
        return replace(catalogue, daily=place.daily, inside=())
    if not os.path.lexists(layout.data(place.name)):  # removed by another hand: it shows nothing any more
        return replace(catalogue, daily=place.daily, inside=())
    return replace(catalogue, daily=place.daily)


def keep(layout: Layout, place: Place, version: Version) -> None:
    """Record the version as whole."""
    with layout.locked(place.name):
        sidecar.write(layout, place.name, known(layout, place).with_version(version))


def begin(layout: Layout, place: Place, version: Version) -> None:
    """Record that the version is being made, or what was counted of it; one that is whole stays so."""
    with layout.locked(place.name):
        catalogue = known(layout, place)
        recorded = catalogue.recorded(version)
        if recorded is None or recorded.whole is None:
            sidecar.write(layout, place.name, catalogue.with_version(replace(version, whole=None)))


def put(layout: Layout, place: Place, version: Version) -> bool:
    """Show a whole version in its place; whether it is shown now."""
    with layout.locked(place.name):
        before = known(layout, place)
        whole = before.whole(version)
        if whole in before.inside:
            return True
        after = before.showing(whole, place.days)
        if after is None:
            return False
        _ours(layout, place, before)
        own = place.own(whole)
        with copied(layout.data(own), layout.full(own), whole.digest) as source:
            staying = [one.date for one in after.inside if one != whole]
            if staying:
                with opened(layout.data(place.name), layout.full(place.name)) as there:
                    _splice(layout, place, before, after, [(there, staying), (source.file, None)])
            else:
                with sidecar.replacing(layout, place.name, before, after) as new:
                    _fill(new, source.file)
        return True


def take_out(layout: Layout, place: Place, day: date) -> tuple[Version, ...]:
    """Show the day no longer; what is shown now."""
    with layout.locked(place.name):
        before = known(layout, place)
        after = before.without(day)
        if after.inside == before.inside:
            sidecar.write(layout, place.name, after)
        elif not after.inside:
            raise Refused(f"{layout.full(place.name)} would show nothing without {day}: nothing is taken out")
        elif place.daily:
            with opened(layout.data(place.name), layout.full(place.name)) as there:
                _splice(layout, place, before, after, [(there, [one.date for one in after.inside])])
        else:
            own, digest = place.own(after.inside[0]), after.inside[0].digest
            with (
                copied(layout.data(own), layout.full(own), digest) as source,
                sidecar.replacing(layout, place.name, before, after) as new,
            ):
                _fill(new, source.file)
        return after.inside


def carry(layout: Layout, place: Place, earlier: Place) -> tuple[Version, ...]:
    """Copy into a daily place the days of an earlier one that it lacks; what was copied."""
    lost = [column for column in place.columns if column not in earlier.columns]
    if lost or not place.daily or earlier.partition != place.partition:
        why = "has no {} {}".format(*lost[0]) if lost else "does not hold the same days"
        raise Refused(f"{layout.full(earlier.name)} {why}: {layout.full(place.name)} cannot begin with its days")
    with layout.locked(place.name, earlier.name):
        before, source = known(layout, place), known(layout, earlier)
        after = before.carrying(source, place.days)
        carried = tuple(one for one in after.inside if one not in before.inside)
        if carried:
            _ours(layout, place, before)
            staying = [one.date for one in after.inside if one in before.inside]
            with ExitStack() as files:
                parts = []
                for name, days in ((earlier.name, [one.date for one in carried]), (place.name, staying)):
                    if days:
                        parts.append((files.enter_context(opened(layout.data(name), layout.full(name))), days))
                _splice(layout, place, before, after, parts)
        return carried


def day_of(layout: Layout, place: Place, day: date) -> Batches:
    """The rows that the place shows of a day, or all; raises Refused if it does not show the day."""
    full = layout.full(place.name)
    file = opened(layout.data(place.name), full)
    if place.partition is None:
        return rows(file, full)
    if all(one.date != day for one in known(layout, place).inside):
        file.close()
        raise Refused(f"{full} does not show {day}")
    return of_day(file, full, [name for name, _ in place.columns], place.partition, day)


def _splice(
    layout: Layout,
    place: Place,
    before: Catalogue,
    after: Catalogue,
    parts: Sequence[tuple[IO[bytes], Collection[date] | None]],
) -> None:
    assert place.partition is not None
    with sidecar.replacing(layout, place.name, before, after) as new:
        splice(layout.full(place.name), [name for name, _ in place.columns], place.partition, parts, new)


def _fill(new: Path, source: IO[bytes]) -> None:
    with new.open("xb") as target:
        shutil.copyfileobj(source, target, PIECE)


def _ours(layout: Layout, place: Place, catalogue: Catalogue) -> None:
    """Raises Refused where a file that the catalogue does not know has the place's name."""
    data = layout.data(place.name)
    if not catalogue.inside and os.path.lexists(data):
        raise Refused(f"{data} was there before and is not sameday's: move it away")
