"""A table's file for ourselves: what is counted, put in its place and synced is one content.

That holds whoever writes the file meanwhile. The copy has no name, so that nobody finds it: its file is removed before
it is filled.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from bot.errors import Refused
from bot.warehouses.folder.parquet import opened

PIECE = 1 << 20  # bytes that are copied at once


@dataclass(frozen=True, slots=True)
class Own:
    """A copy of a table's file, open; `content` is its digest, with the name of the function."""

    file: IO[bytes]
    content: str


@contextmanager
def copied(place: Path, table: str, content: str = "") -> Iterator[Own]:
    """The table's file as it is now; raises Refused if that is not `content`, or no file that can be read."""
    own = copy(place, table, content)
    with own.file:
        yield own


def copy(place: Path, table: str, content: str = "") -> Own:
    """The same, to be closed by the caller."""
    try:
        with opened(place, table) as source:
            target = tempfile.TemporaryFile(dir=place.parent, prefix=".own-")  # noqa: SIM115  it is handed on
            found = _filled(source, target)
    except OSError as error:
        raise Refused(f"the table {table} cannot be read: {error.strerror or type(error).__name__}") from None
    if content and found != content:
        target.close()
        raise Refused(f"the table {table} was changed after it was verified: run it again as a new attempt")
    return Own(target, found)


def _filled(source: IO[bytes], target: Any) -> str:
    """Copy what the file holds at first, not what is added meanwhile; returns its digest."""
    digest, left = hashlib.sha256(), os.fstat(source.fileno()).st_size
    while left > 0 and (piece := source.read(min(PIECE, left))):
        digest.update(piece)
        target.write(piece)
        left -= len(piece)
    target.flush()
    target.seek(0)
    return f"sha256:{digest.hexdigest()}"
