"""Which repository is meant: found by a name that no commit can hold, never by what a folder looks like."""

from __future__ import annotations

import os
from pathlib import Path

from bot.errors import UsageError

MARK = ".git"  # git refuses it in every commit, so that it comes from the person who cloned


def nearest(folder: Path) -> Path | None:
    """The top of the repository that `folder` is in, or None."""
    real = Path(os.path.realpath(folder))
    return next((one for one in (real, *real.parents) if _marked(one)), None)


def outermost(folder: Path, within: Path) -> Path | None:
    """The first repository on the way from `within`, a checkout that is known to be ours, down to `folder`.

    What is further down, a submodule for one, is what a pull request brought.
    """
    real, trusted = Path(os.path.realpath(folder)), Path(os.path.realpath(within))
    way = [one for one in (real, *real.parents) if one.is_relative_to(trusted)]
    return next((one for one in reversed(way) if _marked(one)), None)


def git_folder(top: Path) -> Path:
    """Where the repository of `top` keeps its objects and its configuration; raises UsageError for a strange place."""
    mark = top / MARK
    if mark.is_dir():
        return Path(os.path.realpath(mark))
    try:
        text = mark.read_text(encoding="utf-8", errors="surrogateescape")[:4096].removesuffix("\n")
    except OSError as error:
        raise UsageError(f"{mark}: cannot be read: {error.strerror}") from None
    place = Path(os.path.realpath(top / text.removeprefix("gitdir: ")))
    if not text.startswith("gitdir: ") or not place.is_dir():
        raise UsageError(f"{mark}: names no repository")
    # A linked working tree and a submodule have theirs in the main repository's own, where no commit writes.
    if MARK not in place.parts and any(_marked(folder) for folder in place.parents):
        raise UsageError(f"{mark}: names a folder among the files of a repository; that is not one of ours")
    return place


def _marked(folder: Path) -> bool:
    return os.path.lexists(folder / MARK)
