"""Who sees what, in phrases."""

from __future__ import annotations

from collections.abc import Iterator

from bot.compile import traffic
from bot.compile.shares import percent
from bot.experiment.arms import Serving
from bot.experiment.traffic import SLOTS, Conditions, Surface
from bot.settings import Settings


def served(serving: Serving, settings: Settings) -> str:
    """Who sees what and when, in a phrase."""
    slots = serving.slots.end - serving.slots.start
    share = f"{percent(slots / SLOTS)} of the layer {traffic.layer(serving, settings)}"
    whom = ", ".join(["everyone" if slots == SLOTS else share, *_who(serving, settings)])
    if serving.arm is not None:
        what = f"{serving.arm.name} for {whom}"
    elif serving.kind == "interleaving":
        *others, last = (ranker.name for ranker in serving.rankers)
        what = f"{', '.join(others)} and {last}, interleaved for {whom}"
    else:
        total = sum(arm.weight for arm in serving.arms)
        what = ", ".join(f"{arm.name} {percent(arm.weight / total)}" for arm in serving.arms) + f" of {whom}"
    if serving.period is None:
        return what
    until = f" until {serving.period.end}, the first day without" if serving.period.end else ""
    return f"{what}, from {serving.period.start}{until} ({serving.period.timezone})"


def may_leave(serving: Serving) -> str:
    """What of a user may change while a test runs, so that the user is in it no longer; '' where nothing is asked."""
    conditions = serving.conditions
    asked = {
        "country": conditions.countries is not None,
        "app_version": conditions.min_app_version is not None,
        "exhausted": conditions.after is not None,
    }
    return ", ".join(name for name, is_asked in asked.items() if is_asked)


def _who(serving: Serving, settings: Settings) -> Iterator[str]:
    if serving.surfaces:
        yield "on " + " and ".join(map(_surface, serving.surfaces))
    yield from _conditions(serving.conditions)
    for name, holdout in traffic.holdouts(serving, settings).items():
        yield f"without the {holdout.share} of the holdout {name}"


def _surface(surface: Surface) -> str:
    where = surface.channel if surface.placement is None else f"{surface.channel}/{surface.placement}"
    return f"{where} ({', '.join(surface.platforms)})" if surface.platforms else where


def _conditions(conditions: Conditions) -> Iterator[str]:
    users, versions = conditions.users, conditions.min_app_version
    if users is not None and users.signed_up_after is not None:
        yield f"signed up from {users.signed_up_after} on"
    if users is not None and users.signed_up_before is not None:
        yield f"signed up before {users.signed_up_before}"
    if conditions.countries is not None:
        yield f"in {', '.join(conditions.countries)}"
    if versions is not None:
        least = versions.model_dump(exclude_none=True)
        yield from (f"on {platform} from {version} on" for platform, version in least.items())
    if conditions.after is not None:
        yield f"after all of {conditions.after.experiment}'s list"
