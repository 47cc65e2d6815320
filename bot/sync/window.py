"""Which versions of a target readers see at once: the newest of each day, all made by one spec."""

from __future__ import annotations

from collections.abc import Collection

from bot.ports import made_by, made_for


def window(versions: Collection[str], last: str, days: int) -> tuple[str, ...]:
    """`last` and the newest version of each day before it, newest first and `days` days in all.

    Days that another spec made are not among them: nothing is served that mixes two models.
    """
    newest: dict[str, str] = {}
    for version in sorted({*versions, last}, key=made_for):
        if made_by(version) == made_by(last) and made_for(version) <= made_for(last):
            newest[made_for(version)[0]] = version
    return tuple(newest[day] for day in sorted(newest, reverse=True)[:days])
