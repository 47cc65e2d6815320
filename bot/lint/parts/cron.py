"""Schedules as Argo's scheduler reads them, and the other fields that only a CronWorkflow has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from bot.finding import Problem
from bot.lint.text.values import Data, text

FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12), ("day of the week", 0, 6))
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
NAMED = {"month": {name: i for i, name in enumerate(MONTHS, 1)}, "day of the week": {n: i for i, n in enumerate(DAYS)}}
WORDS = frozenset({"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"})
_AMOUNT = r"([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h)"
DURATION = re.compile(rf"[-+]?({_AMOUNT})+\Z|[-+]?0\Z")
POLICIES = ("Allow", "Forbid", "Replace")


def problems(spec: Data) -> Iterator[Problem]:
    """Problems of the schedules, and of the rules for late and concurrent runs."""
    single = text(spec, "schedule")  # Argo before 4.0 has it beside the list
    listed = spec.get("schedules")
    items = enumerate(listed if type(listed) is list else ())
    schedules = [(("spec", "schedules", i), schedule if type(schedule) is str else "") for i, schedule in items]
    if not schedules and not single:
        yield Problem("cron", ("spec", "schedules"), "there is no schedule", 'add `schedules: ["0 4 * * *"]`')
    if schedules and single:
        yield Problem("cron", ("spec", "schedule"), "there are both `schedule` and `schedules`", "keep the list", "key")
    for route, schedule in [*schedules, *([(("spec", "schedule"), single)] if single else [])]:
        wrong = fault(schedule)
        if wrong:
            yield Problem("cron", route, f"the schedule '{schedule}' {wrong}")
    zone = text(spec, "timezone")
    if zone and not is_zone(zone):
        yield Problem("cron", ("spec", "timezone"), f"unknown time zone '{zone}'", "write one such as Asia/Tokyo")
    policy = text(spec, "concurrencyPolicy")
    if policy and policy not in POLICIES:
        message = f"unknown concurrency policy '{policy}'; expected one of {', '.join(POLICIES)}"
        yield Problem("cron", ("spec", "concurrencyPolicy"), message)
    late = spec.get("startingDeadlineSeconds")
    if type(late) is int and late < 0:
        yield Problem(
            "cron",
            ("spec", "startingDeadlineSeconds"),
            f"startingDeadlineSeconds is {late}, but should not be negative",
        )


def is_zone(zone: str) -> bool:
    """Whether there is such a time zone."""
    if zone in ("UTC", "Local"):
        return True
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        return False
    return True


def fault(schedule: str) -> str:
    """The problem of a schedule, as the end of a sentence; '' without one."""
    if not schedule:
        return "is empty"
    if schedule.startswith(("TZ=", "CRON_TZ=")):
        zone, blank, rest = schedule.partition("=")[2].partition(" ")
        if not blank or not is_zone(zone):
            return f"has an unknown time zone '{zone}'" if blank else "has a time zone and nothing else"
        schedule = rest.strip()
    if schedule.startswith("@"):
        if schedule in WORDS or (schedule.startswith("@every ") and DURATION.match(schedule[7:])):
            return ""
        return f"is unknown; expected '@every 30m' or one of {', '.join(sorted(WORDS))}"
    written = schedule.split()
    if len(written) != len(FIELDS):
        return f"should have 5 fields (minute, hour, day, month, day of the week), not {len(written)}"
    return next(filter(None, (_field(text, *field) for field, text in zip(FIELDS, written, strict=True))), "")


def _field(written: str, what: str, low: int, high: int) -> str:
    for part in filter(None, written.split(",")):
        bounds, *steps = part.split("/")
        ends = bounds.split("-")
        if len(steps) > 1 or len(ends) > 2:
            return f"has a {what} that cannot be read: '{part}'"
        if ends[0] in ("*", "?"):
            numbers: list[int | None] = [low, high]
        else:
            numbers = [_number(end, NAMED.get(what, {})) for end in ends]
            if len(ends) == 1:
                numbers.append(high if steps else numbers[0])
        step = _number(steps[0], {}) if steps else 1
        first, last = numbers
        if first is None or last is None or step is None:
            return f"has a {what} that cannot be read: '{part}'"
        if first < low or last > high or first > last:
            return f"has a {what} outside {low} to {high}: '{part}'"
        if step == 0:
            return f"has a {what} with a step of zero: '{part}'"
    return ""


def _number(written: str, named: dict[str, int]) -> int | None:
    if written.lower() in named:
        return named[written.lower()]
    digits = written.removeprefix("+")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None
