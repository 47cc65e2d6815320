"""Names that a store holds, read as names: whoever may write to its tables may not speak in sameday's name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.errors import Refused

VERSION = re.compile(r"[A-Za-z0-9_][-.A-Za-z0-9_]{0,127}")  # the name of a run, and whatever else a load was told


def versions(found: Iterable[object], table: str) -> list[str]:
    """The versions of a table; raises Refused where one of them is no name, which is not repeated."""
    names = [str(one) for one in found]
    if not all(VERSION.fullmatch(name) for name in names):
        raise Refused(f"{table}: the store holds a version whose name is none of a run; somebody else wrote it")
    return names
