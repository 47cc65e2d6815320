"""What a store's catalogue holds, read as values: whoever may write to it may not speak in sameday's name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from bot.errors import Refused
from bot.ports import Version

WORD = re.compile(r"[A-Za-z0-9_][-.A-Za-z0-9_]{0,127}")  # an experiment, a spec key, a place
DIGEST = re.compile(r"([-.a-z0-9]+(:[0-9]+)+)?")  # as `bot.sync.digest.word` writes it
FIELDS = "experiment, spec, date, attempt, begun, whole, row_count, digest"
"""The columns of a version, in the order that `read_version` takes them."""


def read_version(row: Sequence[Any], table: str) -> Version:
    """A version of the catalogue; raises Refused for one that sameday did not write, which is not repeated."""
    experiment, spec, day, attempt, begun, whole, rows, digest = row
    try:
        if not DIGEST.fullmatch(str(digest)):
            raise _forged(table)
        return Version(
            experiment=read_word(experiment, table),
            spec=read_word(spec, table),
            date=date.fromisoformat(str(day)),
            begun=_moment(begun),
            attempt=int(attempt),
            whole=_moment(whole) if whole else None,
            rows=int(rows),
            digest=str(digest),
        )
    except (TypeError, ValueError):
        raise _forged(table) from None


def read_word(word: object, table: str) -> str:
    """The name of an experiment, a spec or a place; raises Refused as `read_version` does."""
    if not isinstance(word, str) or not WORD.fullmatch(word):
        raise _forged(table)
    return word


def written(version: Version) -> list[Any]:
    """The values of `FIELDS`."""
    whole = version.whole.isoformat() if version.whole else None
    return [
        version.experiment, version.spec, version.date.isoformat(), version.attempt, version.begun.isoformat(), whole,
        version.rows, version.digest,
    ]  # fmt: skip


def _moment(value: object) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return moment.astimezone(UTC)


def _forged(table: str) -> Refused:
    return Refused(f"{table}: the store's catalogue holds what no run wrote; somebody else changed it")
