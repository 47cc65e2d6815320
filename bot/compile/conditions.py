"""Who is let in, as flagd's JSON logic; who cannot be shown to belong is not.

Comparisons stand beside `!== null` and a test of the type: JSON logic finds null < 30 true, and takes the text "30" and
the truth value true for numbers. What an application does not send is null.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.document.share import hundredths
from bot.experiment.traffic import PLATFORMS, RELATIVE, SLOTS, AppVersions, Conditions, Period, Surface, Users
from bot.settings.traffic import Holdout

ID: Any = {"var": "targetingKey"}
NOW: Any = {"var": "$flagd.timestamp"}
CHANNEL: Any = {"var": "channel"}
PLACEMENT: Any = {"var": "placement"}
PLATFORM: Any = {"var": "platform"}
COUNTRY: Any = {"var": "country"}
APP_VERSION: Any = {"var": "app_version"}
SIGNED_UP: Any = {"var": "signed_up_at"}
EXHAUSTED: Any = {"var": "exhausted"}
SECONDS = 100_000_000_000  # in the year 5138: more are milliseconds


def number(value: Any) -> list[Any]:
    """True for numbers only; Python's evaluator takes true for 1."""
    truths = ["true", "false", "True", "False"]
    return [
        {"!==": [value, None]}, {"===": [{"+": [value]}, value]}, {"!": {"in": [{"cat": [value, ""]}, truths]}},
    ]  # fmt: skip


def text(value: Any) -> list[Any]:
    """True for text only."""
    return [{"!==": [value, None]}, {"===": [{"cat": [value, ""]}, value]}]


def true(value: Any) -> Any:
    """True for the truth value itself; Python's evaluator takes 1 for it."""
    return {"and": [{"===": [value, True]}, {"!==": [{"cat": [value, ""]}, "1"]}]}


def moment(day: date, timezone: str) -> int:
    """When a day begins, in seconds."""
    return int(datetime.combine(day, time(), ZoneInfo(timezone)).timestamp())


def within(start: int | None, end: int | None) -> Iterator[Any]:
    """True from `start` to before `end`, where they are."""
    yield {"!==": [NOW, None]}
    if start is not None:
        yield {">=": [NOW, start]}
    if end is not None:
        yield {"<": [NOW, end]}


def slots(layer: str, salt: str, start: int, end: int) -> Any:
    """True for ids whose slot of the layer is one of these; parts without width are left out."""
    parts = [["before", start], ["in", end - start], ["after", SLOTS - end]]
    seed = ":".join(["layer", layer, *([salt] if salt else []), ""])
    return {"==": [{"fractional": [{"cat": [seed, ID]}, *(part for part in parts if part[1])]}, "in"]}


def outside(name: str, holdout: Holdout, *, dated: bool) -> Any:
    """True for ids that the holdout does not keep out, and for all before and after it."""
    held = hundredths(holdout.share)
    drawn = {"fractional": [{"cat": [f"holdout:{name}:", ID]}, ["held", held], ["free", SLOTS - held]]}
    free = {"==": [drawn, "free"]}
    if not dated:
        return free
    start, end = (moment(day, holdout.timezone) for day in (holdout.start, holdout.end))
    over = {"and": [{"!==": [NOW, None]}, {"or": [{"<": [NOW, start]}, {">=": [NOW, end]}]}]}
    return {"or": [over, free]}


def surfaces(shown: tuple[Surface, ...]) -> Iterator[Any]:
    """True on one of the surfaces."""
    each = [_surface(surface) for surface in shown]
    if each:
        yield {"or": each} if len(each) > 1 else each[0]


def _surface(surface: Surface) -> Any:
    parts: list[Any] = [{"===": [CHANNEL, surface.channel]}]
    if surface.placement is not None:
        parts.append({"===": [PLACEMENT, surface.placement]})
    if surface.platforms:
        parts.append({"in": [PLATFORM, list(surface.platforms)]})
    return {"and": parts} if len(parts) > 1 else parts[0]


def met(conditions: Conditions, period: Period | None) -> Iterator[Any]:
    """True for users who meet all of them."""
    if conditions.users is not None:
        yield from _signed_up(conditions.users, period)
    if conditions.countries is not None:
        yield {"in": [COUNTRY, list(conditions.countries)]}
    if conditions.min_app_version is not None:
        yield from _versions(conditions.min_app_version)
    if conditions.after is not None:
        yield {"some": [EXHAUSTED, {"===": [{"var": ""}, conditions.after.experiment]}]}


def _signed_up(users: Users, period: Period | None) -> Iterator[Any]:
    after, before = users.signed_up_after, users.signed_up_before
    if after is None and before is None:
        return
    yield from number(SIGNED_UP)
    yield {">": [SIGNED_UP, 0]}  # what many systems send for "unknown"
    yield {"<": [SIGNED_UP, SECONDS]}
    if after is not None:
        yield {">=": [SIGNED_UP, edge(after, period)]}
    if before is not None:
        yield {"<": [SIGNED_UP, edge(before, period)]}


def edge(said: str, period: Period | None) -> int:
    """The moment that `2026-11-01` or `start - 30d` is, where the days of the period begin."""
    relative = RELATIVE.match(said)
    if relative is None or period is None:
        return moment(date.fromisoformat(said), period.timezone if period else "UTC")
    return moment(period.start - timedelta(days=int(relative[1] or 0)), period.timezone)


def _versions(versions: AppVersions) -> Iterator[Any]:
    """True for a version that is new enough, and on known platforms for which none is named."""
    least = {platform: getattr(versions, platform, None) for platform in PLATFORMS}
    asked = [
        {"and": [{"===": [PLATFORM, platform]}, *text(APP_VERSION), {"sem_ver": [APP_VERSION, ">=", version]}]}
        for platform, version in least.items() if version is not None
    ]  # fmt: skip
    free = [platform for platform, version in least.items() if version is None]
    if asked:
        yield {"or": [*asked, {"in": [PLATFORM, free]}]}
