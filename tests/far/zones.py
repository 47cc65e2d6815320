"""Time zones of the tests' own, as files that Go (ZONEINFO) and Python (PYTHONTZPATH) read: clocks that change soon."""

from __future__ import annotations

import struct
import zoneinfo
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path


def write(folder: Path, name: str, before: timedelta, changes: Sequence[tuple[datetime, timedelta]]) -> None:
    """A zone that is `before` ahead of UTC, and from each moment on as much as stands beside it; to whole seconds."""
    times = [int(moment.timestamp()) for moment, _ in changes]
    offsets = [int(ahead.total_seconds()) for ahead in (before, *(ahead for _, ahead in changes))]
    head = struct.pack(">4s16x6l", b"TZif", 0, 0, 0, len(times), len(offsets), len(b"LOC\0"))
    kinds = struct.pack(f">{len(times)}B", *range(1, len(offsets)))
    each = b"".join(struct.pack(">lBB", offset, 0, 0) for offset in offsets)
    place = folder / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(head + struct.pack(f">{len(times)}l", *times) + kinds + each + b"LOC\0")


@contextmanager
def known(folder: Path) -> Iterator[None]:
    """Have this process find the folder's zones before those of the machine."""
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath([str(folder), *before])
    zoneinfo.ZoneInfo.clear_cache()
    try:
        yield
    finally:
        zoneinfo.reset_tzpath(before)
        zoneinfo.ZoneInfo.clear_cache()
