"""Declared names: each is a relative symbolic link to its place's file, which is replaced in one rename."""

from __future__ import annotations

import errno
import os
from collections.abc import Collection
from pathlib import Path

from bot.errors import Refused
from bot.ports import ASIDE, Place
from bot.warehouses.folder import sidecar
from bot.warehouses.folder.catalogue import Catalogue
from bot.warehouses.folder.layout import NAMES, Layout, beside
from bot.warehouses.folder.names import spec_of
from bot.warehouses.folder.putting import known

NO_LINKS = (errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL)  # by file systems without them


def shown(layout: Layout, table: str) -> str | None:
    """The place that a declared name shows; the name itself if that is a table of others, None if nothing is there."""
    catalogue = _catalogue(layout, table)
    if catalogue is None:
        return table if os.path.lexists(layout.data(table)) else None
    stem = table if catalogue.table == layout.full(table) else catalogue.table
    return f"{stem}__{catalogue.spec}"


def owner(layout: Layout, table: str) -> str | None:
    """The experiment whose place a declared name shows."""
    catalogue = _catalogue(layout, table)
    return None if catalogue is None else catalogue.experiment


def point(layout: Layout, places: Collection[Place]) -> None:
    """Make the declared name of each place show it, one after the other; nothing is done if one is refused."""
    with layout.locked(NAMES):
        for place in places:
            _refuse(layout, place)
        for place in places:
            _show(layout, place)


def unname(layout: Layout, tables: Collection[str]) -> None:
    """Take declared names away; what was adopted has its name back."""
    with layout.locked(NAMES):
        for table in tables:
            path, aside = layout.data(table), layout.data(table + ASIDE)
            if _is_ours(layout, table) or not os.path.lexists(path):
                if os.path.lexists(aside):
                    aside.replace(path)
                else:
                    path.unlink(missing_ok=True)
            elif _same(path, aside):
                aside.unlink()  # adopting was broken off before the name showed the place


def targets(layout: Layout) -> frozenset[str]:
    """The files that any link of the folder leads to."""
    return frozenset(str(path.readlink()) for path in layout.root.glob("*.parquet") if path.is_symlink())


def unlinkable(layout: Layout) -> str:
    """Why no declared name can be made in the folder, or ''; where nothing may be written that is not found out."""
    with beside(layout.root / "link") as link:
        try:
            link.symlink_to("nothing")
        except OSError as error:
            if error.errno in NO_LINKS:
                return (
                    f"{layout.root} is on a file system without symbolic links ({error.strerror}), and a declared name "
                    "is one: move the warehouse to one that has them"
                )
    return ""


def _refuse(layout: Layout, place: Place) -> None:
    """Raises Refused if the place's name cannot show it."""
    table, path = layout.full(place.table), layout.data(place.table)
    if not known(layout, place).inside:
        raise Refused(f"{layout.full(place.name)} holds nothing yet that {table} could show")
    if not os.path.lexists(path):
        return
    catalogue = _catalogue(layout, place.table)
    if catalogue is not None and catalogue.experiment not in place.owners:
        raise Refused(f"{table} shows a table of {catalogue.experiment}'s, not {place.experiment}'s: choose another")
    if _is_ours(layout, place.table):
        return
    if layout.catalogue(place.table).exists():
        raise Refused(f"{table} is a place of sameday's own: choose another name")
    if not place.adopt:
        raise Refused(f"the table {table} was there before: `adopt: true` takes it over and keeps it as {table}{ASIDE}")
    aside = layout.data(place.table + ASIDE)
    if not path.is_symlink() and not path.is_file():
        raise Refused(f"{path} is no file")
    if os.path.lexists(aside) and not _same(path, aside):
        raise Refused(f"{aside} is there already: move it away, so that {table} can be kept there")


def _show(layout: Layout, place: Place) -> None:
    path, aside = layout.data(place.table), layout.data(place.table + ASIDE)
    wanted = layout.data(place.name).name
    if os.path.lexists(path) and not _is_ours(layout, place.table) and not os.path.lexists(aside):
        try:
            os.link(path, aside, follow_symlinks=False)  # so that the name is never without a table
        except OSError:
            path.rename(aside)  # some file systems have no second names, some files may have none
    if not path.is_symlink() or path.readlink() != Path(wanted):
        with beside(path) as link:
            link.symlink_to(wanted)
            link.replace(path)


def _catalogue(layout: Layout, table: str) -> Catalogue | None:
    """That of the place which a declared name shows, if it is one of ours."""
    path = layout.data(table)
    if not path.is_symlink():
        return None
    target = path.readlink()
    if str(target) != layout.data(target.stem).name:
        return None
    return sidecar.read(layout, target.stem)


def _is_ours(layout: Layout, table: str) -> bool:
    """Whether the name shows a place, or one that is gone with all that was known of it."""
    if _catalogue(layout, table) is not None:
        return True
    path, full = layout.data(table), layout.full(table)
    return path.is_symlink() and not path.exists() and spec_of(path.readlink().stem, full) is not None


def _same(path: Path, other: Path) -> bool:
    """Whether two names are one file's, or one link's."""
    return os.path.lexists(path) and os.path.lexists(other) and os.path.samestat(path.lstat(), other.lstat())
