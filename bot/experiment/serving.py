"""Rules between the fields of `serving`, read from its raw values as in `crossfield`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from bot.document.faults import shown
from bot.experiment.raw import mapping, repeated, sequence, unknown
from bot.experiment.traffic import PLATFORMS, RELATIVE
from bot.finding import Problem, Route

Arms = list[tuple[Route, dict[str, Any]]]
SPLIT = {"ab": "an A/B test", "aa": "an A/A test"}


def problems(data: dict[str, Any], serving: dict[str, Any]) -> Iterator[Problem]:
    """Every fault of `serving`, which stands in the file `data`."""
    kind = serving.get("kind")
    arms: Arms = [
        (("serving", "arms", i), arm) for i, arm in enumerate(sequence(serving.get("arms"))) if isinstance(arm, dict)
    ]
    if kind == "all":
        if "arms" in serving:
            yield Problem("conflict", ("serving", "arms"), "kind 'all' serves one `arm`", "write `arm:`", "key")
        elif "arm" not in serving:
            yield Problem("missing-key", ("serving", "arm"), "kind 'all' needs its `arm`", "add `arm:` here")
    if kind in ("ab", "aa"):
        yield from _split(kind, serving, arms)
    if isinstance(serving.get("arm"), dict):
        arms = [*arms, (("serving", "arm"), serving["arm"])]
    for route, arm in arms:
        yield from _arm(data, route, arm)
    slots = mapping(serving.get("slots"))
    start, end = slots.get("start", 0), slots.get("end", 10_000)
    if isinstance(start, int) and isinstance(end, int) and start >= end:
        yield Problem(
            "conflict", ("serving", "slots"), f"the slots {start} to {end} hold nobody", "end must be larger", "key"
        )
    yield from _period(mapping(serving.get("period")))
    yield from _conditions(data, serving)


def _split(kind: str, serving: dict[str, Any], arms: Arms) -> Iterator[Problem]:
    test = SPLIT[kind]
    if "arm" in serving:
        yield Problem("conflict", ("serving", "arm"), f"kind '{kind}' splits between `arms`", "list them there", "key")
    if "period" not in serving:
        yield Problem(
            "missing-key", ("serving", "period"), f"{test} needs its `period`", "add `period: {start, weeks}`"
        )
    elif isinstance(serving["period"], dict) and not {"end", "weeks"} & serving["period"].keys():
        hint = "add `end:` or `weeks:` here"
        yield Problem("missing-key", ("serving", "period", "end"), f"{test} needs an end", hint)
    if "arms" not in serving or not isinstance(serving["arms"], list) or len(serving["arms"]) < 2:
        yield Problem("missing-key", ("serving", "arms"), f"{test} needs at least two arms", "", "key")
        return
    controls = [route for route, arm in arms if arm.get("control") is True]
    if not controls:
        yield Problem("missing-key", ("serving", "arms"), "no arm is the control", "add `control: true` to one", "key")
    for route in controls[1:]:
        yield Problem("conflict", (*route, "control"), "more than one arm is the control", "keep one")
    for i in repeated([arm.get("name") for _, arm in arms]):
        route, arm = arms[i]
        yield Problem("conflict", (*route, "name"), f"two arms are named {shown(arm['name'])}", "rename one")
    if kind == "aa":
        yield from _one_table(arms)


def _one_table(arms: Arms) -> Iterator[Problem]:
    """Arms of an A/A test that serve something else than the first one."""
    first = {key: arms[0][1].get(key) for key in ("table", "output")} if arms else {}
    for route, arm in arms[1:]:
        for key in ("table", "output"):
            if key in arm and arm[key] != first[key]:
                message = f"the arms of an A/A test serve one table, and this is {shown(arm[key])}"
                hint = "name the first arm's, or write `kind: ab`"
                yield Problem("conflict", (*route, key), message, hint)


def _arm(data: dict[str, Any], route: Route, arm: dict[str, Any]) -> Iterator[Problem]:
    outputs = mapping(data.get("outputs"))
    if ("table" in arm) == ("output" in arm):
        rule, what = ("conflict", "either") if "table" in arm else ("missing-key", "one of")
        yield Problem(rule, (*route, "table"), f"an arm serves {what} `table` or `output`", "", "key")
    if isinstance(arm.get("output"), str) and arm["output"] not in outputs:
        yield unknown((*route, "output"), "output", arm["output"], outputs)
    if arm.get("name") in ("none", "off") or str(arm.get("name")).endswith(("--fallback", "--tester")):
        message = "the names 'none', 'off' and those that end in '--fallback' or '--tester' are the flag's own"
        yield Problem("name", (*route, "name"), message, "choose another name")


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
