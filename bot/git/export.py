"""The files of a commit in a folder, as they were committed: no filter, attribute or line end changes them.

Whoever wrote the commit may wish to write elsewhere. So files come before links, and nothing is written through one.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import Refused
from bot.git.blobs import MODE_LINK, MODE_MODULE, MODE_PROGRAM, Blobs, TreeEntry, tree

if TYPE_CHECKING:
    from bot.git.repository import Git

NO_NAMES = ("", ".", "..", ".git")  # which git's own commands put into no commit


def export(git: Git, commit: str, folder: Path) -> None:
    """Write all files of a commit into an empty folder; a submodule is an empty folder in it.

    Raises UsageError if the commit is not here, Refused for one that no file system can hold.
    """
    entries, blobs = list(tree(git, commit)), Blobs(git)
    for one in entries:
        if any(part.lower() in NO_NAMES for part in one.path.split("/")):
            raise Refused(f"the commit {commit[:12]} has a file with a name that git does not allow: {one.path!r}")
    entries.sort(key=lambda one: one.mode == MODE_LINK)
    try:
        for one in entries:
            (folder / one.path).parent.mkdir(parents=True, exist_ok=True)
        for one in entries:
            _write(one, blobs, folder / one.path)
    except (OSError, ValueError) as error:
        raise Refused(f"the files of commit {commit[:12]} cannot be written here: {error}") from None


def _write(one: TreeEntry, blobs: Blobs, place: Path) -> None:
    if one.mode == MODE_MODULE:
        place.mkdir()
    elif one.mode == MODE_LINK:
        place.symlink_to(os.fsdecode(blobs.read(one.blob)))
    else:
        with place.open("xb") as file:
            blobs.copy(one.blob, file)
        if one.mode == MODE_PROGRAM:
            place.chmod(0o755)
