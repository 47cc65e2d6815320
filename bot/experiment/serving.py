"""Rules between the fields of `serving`, read from its raw values as in `crossfield`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from bot.document.faults import shown
from bot.experiment import rankers
from bot.experiment.contenders import Contenders, compared, listed, served
from bot.experiment.raw import mapping, sequence
from bot.experiment.traffic import PLATFORMS, RELATIVE
from bot.finding import Problem

TESTS = {"ab": "an A/B test", "aa": "an A/A test", "interleaving": "an interleaving test"}


def problems(data: dict[str, Any], serving: dict[str, Any]) -> Iterator[Problem]:
    """Every fault of `serving`, which stands in the file `data`."""
    kind = serving.get("kind")
    arms = listed(serving, "arms")
    if kind == "all":
        if "arms" in serving:
            yield Problem("conflict", ("serving", "arms"), "kind 'all' serves one `arm`", "write `arm:`", "key")
        elif "arm" not in serving:
            yield Problem("missing-key", ("serving", "arm"), "kind 'all' needs its `arm`", "add `arm:` here")
        if "metrics" in serving:
            message = "kind 'all' compares nothing, so no metric can be read"
            yield Problem("conflict", ("serving", "metrics"), message, "leave them out", "key")
    if isinstance(kind, str) and kind in TESTS:
        yield from _ends(TESTS[kind], serving)
    if kind in ("ab", "aa"):
        yield from _split(kind, serving, arms)
    yield from rankers.problems(data, serving)
    if isinstance(serving.get("arm"), dict):
        arms = [*arms, (("serving", "arm"), serving["arm"])]
    for route, arm in arms:
        yield from served("an arm", data, route, arm)
    slots = mapping(serving.get("slots"))
    start, end = slots.get("start", 0), slots.get("end", 10_000)
    if isinstance(start, int) and isinstance(end, int) and start >= end:
        yield Problem(
            "conflict", ("serving", "slots"), f"the slots {start} to {end} hold nobody", "end must be larger", "key"
        )
    yield from _period(mapping(serving.get("period")))
    yield from _conditions(data, serving)


def _ends(test: str, serving: dict[str, Any]) -> Iterator[Problem]:
    """A test that has no days."""
    if "period" not in serving:
        yield Problem(
            "missing-key", ("serving", "period"), f"{test} needs its `period`", "add `period: {start, weeks}`"
        )
    elif isinstance(serving["period"], dict) and not {"end", "weeks"} & serving["period"].keys():
        hint = "add `end:` or `weeks:` here"
        yield Problem("missing-key", ("serving", "period", "end"), f"{test} needs an end", hint)


def _split(kind: str, serving: dict[str, Any], arms: Contenders) -> Iterator[Problem]:
    if "arm" in serving:
        yield Problem("conflict", ("serving", "arm"), f"kind '{kind}' splits between `arms`", "list them there", "key")
    if "arms" not in serving or not isinstance(serving["arms"], list) or len(serving["arms"]) < 2:
        message = f"{TESTS[kind]} needs at least two arms"
        yield Problem("missing-key", ("serving", "arms"), message, "", "key")
        return
    yield from compared("arm", "arms", arms)
    if kind == "aa":
        yield from _one_table(arms)


def _one_table(arms: Contenders) -> Iterator[Problem]:
    """Arms of an A/A test that serve something else than the first one."""
    first = {key: arms[0][1].get(key) for key in ("table", "output")} if arms else {}
    for route, arm in arms[1:]:
        for key in ("table", "output"):
            if key in arm and arm[key] != first[key]:
                message = f"the arms of an A/A test serve one table, and this is {shown(arm[key])}"
                hint = "name the first arm's, or write `kind: ab`"
                yield Problem("conflict", (*route, key), message, hint)


def _period(period: dict[str, Any]) -> Iterator[Problem]:
    if "end" in period and "weeks" in period:
        message = "a period has either an `end` or `weeks`"
        yield Problem("conflict", ("serving", "period", "weeks"), message, "keep one", "key")
    start, end = _day(period.get("start")), _day(period.get("end"))
    if start is not None and end is not None and end <= start:
        yield Problem(
            "conflict", ("serving", "period", "end"), "the period ends before it has begun", "end is exclusive"
        )


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None


def _conditions(data: dict[str, Any], serving: dict[str, Any]) -> Iterator[Problem]:
    conditions, route = mapping(serving.get("conditions")), ("serving", "conditions")
    users = mapping(conditions.get("users"))
    for key, value in users.items():
        if "period" not in serving and isinstance(value, str) and RELATIVE.match(value):
            message = "there is no `period`, whose start this counts from"
            yield Problem("conflict", (*route, "users", key), message, "write a date, or add `period:`")
    after, before = (_day(users.get(f"signed_up_{side}")) for side in ("after", "before"))
    if after is not None and before is not None and before <= after:
        message = f"nobody signed up from {after} on and before {before}"
        yield Problem("conflict", (*route, "users", "signed_up_before"), message, "name a later day")
    shown_on = _platforms(serving)
    for platform in mapping(conditions.get("min_app_version")):
        if platform in PLATFORMS and platform not in shown_on:
            message = f"no surface is on {platform}"
            yield Problem("conflict", (*route, "min_app_version", platform), message, "add it to `platforms`", "key")
    if "name" in data and mapping(conditions.get("after")).get("experiment") == data["name"]:
        message = "an experiment cannot come after itself"
        yield Problem("conflict", (*route, "after", "experiment"), message, "name another one")


def _platforms(serving: dict[str, Any]) -> set[Any]:
    """The platforms that the surfaces have: all, unless every one of them names some."""
    surfaces = [sequence(mapping(surface).get("platforms")) for surface in sequence(serving.get("surfaces"))]
    if not surfaces or not all(surfaces):
        return set(PLATFORMS)
    return {platform for named in surfaces for platform in named if isinstance(platform, str)}
