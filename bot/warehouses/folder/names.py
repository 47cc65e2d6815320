"""The shapes of names that sameday gives, in a folder where others may give the same."""

from __future__ import annotations

import re

from bot.ports import ASIDE

SPEC = re.compile(r"[0-9a-f]{8}")
MADE = re.compile(
    rf".+__[0-9a-f]{{8}}(_[0-9]{{8}}(_[0-9]+)?)?|.+{ASIDE}"
)  # a place, a run's own table, what was adopted


def spec_of(name: str, table: str) -> str | None:
    """The spec key in the name of a place that the table has, or None; both with their dataset."""
    stem, spec = name[: -len("00000000")], name[-len("00000000") :]
    return spec if stem == f"{table}__" and SPEC.fullmatch(spec) else None
