"""What nobody needs any more goes; what says that it is ours is the catalogue, never a name or an age alone."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import Refused
from bot.ports import Place, Version, place_name
from bot.warehouses.folder import sidecar
from bot.warehouses.folder.catalogue import Catalogue
from bot.warehouses.folder.layout import NAMES, Layout
from bot.warehouses.folder.links import targets
from bot.warehouses.folder.names import spec_of

ENDS = (".json", ".lock")
PROCESS = re.compile(r"[0-9]+")  # the end of the name of a file that is being written


def prune(layout: Layout, experiment: str, table: str, keep: Collection[str], before: datetime) -> list[str]:
    """Remove the experiment's places but those of `keep` and what links show; a place at work is left for next time."""
    gone: list[str] = []
    if not layout.root.is_dir():
        return gone
    with layout.locked(NAMES):
        linked = targets(layout)
        for spec in _specs(layout, table):
            place = place_name(table, spec)
            with layout.idle(place) as alone:
                if not alone:
                    continue
                catalogue = _read(layout, place)
                if catalogue is None and not layout.catalogue(place).exists():
                    layout.lock(place).unlink()  # its place was removed, and we were killed
                elif catalogue is not None and catalogue.experiment == experiment:
                    if spec in keep or layout.data(place).name in linked:
                        _thin(layout, place, catalogue, before)
                    else:
                        _remove(layout, place, catalogue)
                        gone.append(place)
        _tidy(layout.data(table))
        for own in layout.root.glob(".own-*"):  # it has a name for a moment only
            if datetime.fromtimestamp(own.stat().st_mtime, UTC) < before:
                own.unlink(missing_ok=True)
    return gone


def _thin(layout: Layout, place: str, catalogue: Catalogue, before: datetime) -> None:
    """Remove old versions that nothing shows. A day that is shown is in the place, and its own table goes, too."""
    kept = {one.order for one in catalogue.inside if one.spec == catalogue.spec}
    if not catalogue.daily and catalogue.inside:
        last = catalogue.before(catalogue.inside[0].date)
        kept |= set() if last is None else {last.order}
    staying = []
    for version in catalogue.versions:
        old = version.begun < before
        if old and (catalogue.daily or version.order not in kept):
            _own(layout, catalogue, version).unlink(missing_ok=True)
        if not old or version.order in kept:
            staying.append(version)
    if len(staying) < len(catalogue.versions):
        sidecar.write(layout, place, catalogue.with_only(staying))
    _tidy(layout.data(place), layout.catalogue(place))


def _remove(layout: Layout, place: str, catalogue: Catalogue) -> None:
    """Remove a place with its versions; the catalogue goes last, for it says that they are ours."""
    for version in catalogue.versions:
        _own(layout, catalogue, version).unlink(missing_ok=True)
    layout.data(place).unlink(missing_ok=True)
    _tidy(layout.data(place), layout.catalogue(place))
    layout.catalogue(place).unlink()
    layout.lock(place).unlink()


def _own(layout: Layout, catalogue: Catalogue, version: Version) -> Path:
    place = Place(catalogue.experiment, catalogue.table, catalogue.spec, ())
    return layout.data(place.own(version))


def _specs(layout: Layout, table: str) -> Iterator[str]:
    """The spec keys of what may be places of the table: there is a catalogue, or a lock."""
    full = layout.full(table)
    names = {path.name[1:].rpartition(".")[0] for path in layout.root.glob(f".{full}__*") if path.suffix in ENDS}
    yield from sorted(spec for name in names if (spec := spec_of(name, full)))


def _read(layout: Layout, place: str) -> Catalogue | None:
    """The place's catalogue; None where it is none, and so nobody's."""
    try:
        return sidecar.read(layout, place)
    except Refused:
        return None


def _tidy(*paths: Path) -> None:
    """Remove what processes that were killed left of new files; who has the lock knows that they are dead."""
    for path in paths:
        stem = f".{path.name.removeprefix('.')}."
        for left in path.parent.glob(f"{stem}*"):
            if PROCESS.fullmatch(left.name.removeprefix(stem)):
                left.unlink(missing_ok=True)
