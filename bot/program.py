"""Finding a program that we start: never one of the files that we look at."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path


def folders(path: str, outside: Path) -> Iterator[str]:
    """The folders of a PATH that are named from the top and not below `outside`, which holds a stranger's files.

    An empty or relative one means where we are: it is left out.
    """
    forbidden = os.path.realpath(outside)
    for folder in path.split(os.pathsep):
        if Path(folder).is_absolute() and not Path(os.path.realpath(folder)).is_relative_to(forbidden):
            yield folder


def find(name: str, path: str, outside: Path) -> str | None:
    """The program of this name on the PATH, by its absolute path, or None."""
    return shutil.which(name, path=os.pathsep.join(folders(path, outside)))
