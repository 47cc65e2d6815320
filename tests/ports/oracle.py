"""Who sees what, said once more and plainly: what every flag client has to agree with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import mmh3

from bot.experiment.arms import Serving
from bot.settings.traffic import Holdout


def variant(name: str, serving: Serving, holdouts: Mapping[str, Holdout], context: Mapping[str, Any], now: int) -> str:
    """The variant a user gets at this second; `holdouts` are those that hold on its surfaces, layers have no salt."""
    user = context.get("targetingKey")
    if not user:
        return "none"
    arm = _drawn(f"{name}:{serving.phase}:{user}", [(arm.name, arm.weight) for arm in serving.arms])
    if serving.testers is not None and context.get(serving.testers.attribute) is True:
        asked = context.get("tester_arm")
        names = [one.name for one in serving.arms]
        return "none" if now >= _end(serving) else f"{asked if asked in names else arm}--tester"
    held = any(_holds(name, one, user, now) for name, one in holdouts.items())
    slot = mmh3.hash(f"layer:{serving.layer}:{user}", signed=False) * 10_000 >> 32
    if held or not serving.slots.start <= slot < serving.slots.end or not _belongs(serving, context, now):
        return "none"
    remaining = context.get("primary_remaining")
    exhausts = serving.fallback is not None and "exhausted" in serving.fallback.on
    spent = isinstance(remaining, int | float) and not isinstance(remaining, bool) and remaining <= 0
    return arm + ("--fallback" if exhausts and spent else "")


def _drawn(seed: str, parts: list[tuple[str, int]]) -> str:
    place = mmh3.hash(seed, signed=False) * sum(weight for _, weight in parts) >> 32
    for name, weight in parts:
        place -= weight
        if place < 0:
            return name
    raise AssertionError("nothing is left")


def _holds(name: str, holdout: Holdout, user: str, now: int) -> bool:
    share = round(float(holdout.share.rstrip("%")) * 100)
    held = mmh3.hash(f"holdout:{name}:{user}", signed=False) * 10_000 >> 32 < share
    return held and _at(holdout.start, holdout.timezone) <= now < _at(holdout.end, holdout.timezone)


def _belongs(serving: Serving, context: Mapping[str, Any], now: int) -> bool:
    assert serving.period is not None
    zone, asked = serving.period.timezone, serving.conditions
    here = [
        context.get("channel") == one.channel
        and one.placement in (None, context.get("placement"))
        and (not one.platforms or context.get("platform") in one.platforms)
        for one in serving.surfaces
    ]
    belongs = [_at(serving.period.start, zone) <= now < _end(serving), any(here) or not here]
    if asked.users is not None:
        signed_up = context.get("signed_up_at")
        first, last = _day(asked.users.signed_up_after, serving), _day(asked.users.signed_up_before, serving)
        belongs.append(
            isinstance(signed_up, int | float)
            and not isinstance(signed_up, bool)
            and 0 < signed_up < 10**11
            and (first is None or _at(first, zone) <= signed_up)
            and (last is None or signed_up < _at(last, zone))
        )
    if asked.countries is not None:
        belongs.append(context.get("country") in asked.countries)
    if asked.min_app_version is not None:
        least = {"web": None, **asked.min_app_version.model_dump()}
        platform, version = context.get("platform"), context.get("app_version")
        known = isinstance(platform, str) and platform in least
        belongs.append(known and (least[str(platform)] is None or _version(version) >= _version(least[str(platform)])))
    if asked.after is not None:
        exhausted = context.get("exhausted")
        belongs.append(isinstance(exhausted, list) and asked.after.experiment in exhausted)
    return all(belongs)


def _version(text: Any) -> list[int]:
    parts = text.split(".") if isinstance(text, str) else []
    return [int(part) for part in parts] if len(parts) == 3 and all(part.isdigit() for part in parts) else [-1]


def _day(said: str | None, serving: Serving) -> date | None:
    if said is None or not said.startswith("start"):
        return date.fromisoformat(said) if said else None
    assert serving.period is not None
    return serving.period.start - timedelta(days=int(said.removeprefix("start").strip(" -d") or 0))


def _at(day: date, zone: str) -> int:
    return int(datetime.combine(day, time(), ZoneInfo(zone)).timestamp())


def _end(serving: Serving) -> int:
    assert serving.period is not None
    assert serving.period.end is not None
    return _at(serving.period.end, serving.period.timezone)
