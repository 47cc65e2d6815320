"""What an application would send for users: of those who belong, and of those at each edge of a condition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bot.compile.conditions import edge
from bot.experiment.arms import Serving
from bot.experiment.traffic import PLATFORMS, Conditions

Context = dict[str, Any]
NEW_ENOUGH = "999999999.0.0"  # no application is as far as that


def belonging(serving: Serving) -> Context:
    """The attributes of a user who meets all conditions, on the first surface."""
    conditions, context = serving.conditions, dict[str, Any]()
    if serving.surfaces:
        context |= _on(serving, 0)
    if conditions.countries is not None:
        context["country"] = conditions.countries[0]
    if conditions.min_app_version is not None:
        context = {"platform": PLATFORMS[0], **context, "app_version": NEW_ENOUGH}
    if conditions.after is not None:
        context["exhausted"] = [conditions.after.experiment]
    users = conditions.users
    if users is not None and users.signed_up_after is not None:
        context["signed_up_at"] = edge(users.signed_up_after, serving.period)
    elif users is not None and users.signed_up_before is not None:
        context["signed_up_at"] = edge(users.signed_up_before, serving.period) - 1
    return context


def narrows(serving: Serving) -> tuple[str, ...]:
    """The keys of `serving` that let in some users only, by what they are like or where they are."""
    conditions = serving.conditions.model_dump(exclude_none=True)
    return (*(["surfaces"] if serving.surfaces else []), *(["conditions"] if conditions else []))


def around(servings: Sequence[Serving]) -> list[Context]:
    """Users who belong to each, and the same with one attribute as it is at an edge of any of them."""
    bases = [context for serving in servings for context in _everywhere(serving)] or [{}]
    edges = [pair for serving in servings for pair in _edges(serving.conditions, serving)]
    found = [*bases, *({**base, key: value} for base in bases for key, value in edges)]
    return list({repr(sorted(context.items())): context for context in found}.values())


def _everywhere(serving: Serving) -> Iterator[Context]:
    """A user who belongs, on each of the surfaces."""
    for i in range(max(1, len(serving.surfaces))):
        here = {**belonging(serving), **(_on(serving, i) if serving.surfaces else {})}
        platforms = serving.surfaces[i].platforms if serving.surfaces else ()
        asked = serving.conditions.min_app_version is not None
        for platform in platforms or (PLATFORMS if asked else ()):
            yield {**here, "platform": platform}
        if not platforms and not asked:
            yield here


def _on(serving: Serving, i: int) -> Context:
    surface = serving.surfaces[i]
    context: Context = {"channel": surface.channel}
    if surface.placement is not None:
        context["placement"] = surface.placement
    if surface.platforms:
        context["platform"] = surface.platforms[0]
    return context


def _edges(conditions: Conditions, serving: Serving) -> Iterator[tuple[str, Any]]:
    """Attributes on and beside each edge."""
    if conditions.countries is not None:
        yield from (("country", country) for country in ("XX", *conditions.countries))
    if conditions.after is not None:
        yield from (("exhausted", names) for names in ([], [conditions.after.experiment]))
    if conditions.min_app_version is not None:
        yield "app_version", "0.0.0"
        yield from (("app_version", v) for v in conditions.min_app_version.model_dump(exclude_none=True).values())
    for said in (conditions.users.signed_up_after, conditions.users.signed_up_before) if conditions.users else ():
        if said is not None:
            here = edge(said, serving.period)
            yield from (("signed_up_at", moment) for moment in (here - 1, here))
    for surface in serving.surfaces:
        yield "placement", surface.placement or "elsewhere"
