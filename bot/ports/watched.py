"""What was counted of a run's rows before anybody sees them, and what of it is not as usual."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from bot.document.fields import Part

Words = Annotated[str, Field(max_length=1_000)]


class Remark(Part):
    """Something that is not as usual: the key of `expect` that speaks of it, and a sentence without its end."""

    rule: Words
    message: Words


class DayCounts(Part):
    """What was counted of a date, by name.

    `content` is a fingerprint of the rows whatever their order and date, '' where it is not known.
    """

    date: date
    counts: dict[Words, float]
    content: Words = ""


class Watched(Part):
    """The counts of a version, and what was made of them.

    What is `held` is not shown; `accepted` says who wants it shown all the same, '' while nobody does. `before` has the
    counts of earlier dates, the newest first, where versions of earlier dates are removed.
    """

    day: DayCounts
    warned: tuple[Remark, ...] = ()
    held: tuple[Remark, ...] = ()
    accepted: Words = ""
    before: tuple[DayCounts, ...] = ()
