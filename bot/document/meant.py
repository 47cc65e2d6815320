"""What people most likely mean by a value or a key of another spelling, such as `10min`, `1%`, `yes` or `depends_on`.

Each function gives the spelling that sameday takes, or None where it is not certain.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from bot.document.slip import QUOTES

KEYS = {
    "dependencies": ("dependency", "depends", "depends_on", "dependson", "depend_on", "needs", "requires", "after"),
    "command": ("cmd", "run", "script"), "commands": ("args", "argv", "cmds"), "timezone": ("tz", "time_zone", "zone"),
    "arms": ("variants", "groups", "variations"), "weight": ("share", "percentage", "percent", "ratio"),
    "columns": ("schema", "fields"), "key": ("keys", "primary_key", "unique_key"), "owner": ("team",),
    "start": ("start_date", "begin", "from"), "end": ("end_date", "until", "stop"), "kind": ("type",),
    "jobs": ("tasks", "steps"), "option": ("config", "params"), "timeout": ("deadline",),
    "schedule": ("cron",), "cron": ("schedule", "expression"),
}  # fmt: skip
_UNITS = {
    "s": ("", "s", "sec", "secs", "second", "seconds"), "m": ("m", "min", "mins", "minute", "minutes"),
    "h": ("h", "hr", "hrs", "hour", "hours"), "d": ("d", "day", "days"), "w": ("w", "week", "weeks"),
}  # fmt: skip
_UNIT = {word: unit for unit, words in _UNITS.items() for word in words}
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"(?:[0-9]{1,9}(?:\.[0-9]{1,3})? *[a-z]+ *)+")
_PART = re.compile(r"([0-9.]+) *([a-z]+)")
_NUMBER = re.compile(r"([-+]?[0-9][0-9_,]{0,20}(?:\.[0-9]{1,12})?) *([kKmM%]?)")
_DAY = re.compile(r"([0-9]{4})([-/.年]?)([0-9]{1,2})(?:\2|月)([0-9]{1,2})日?")
_MEMORY = re.compile(r"([0-9]+(?:\.[0-9]+)?) *([kmgt])i?b?", re.IGNORECASE)
_TRUTH = {"yes": True, "on": True, "y": True, "true": True, "no": False, "off": False, "n": False, "false": False}


def key(written: str, allowed: list[str]) -> str | None:
    """The allowed key that has the same meaning."""
    words = written.lower().replace("-", "_")
    if words != written and words in allowed:
        return words
    return next((known for known in allowed if words in KEYS.get(known, ())), None)


def duration(value: Any) -> str | None:
    """`10min`, `2 hours`, `1h30m`, `1w` and `PT10M` in one of our units."""
    text = value.lower().strip() if isinstance(value, str) else ""
    text = text.removeprefix("p").replace("t", "") if re.match(r"p[t0-9]", text) else text
    parts = _PART.findall(text) if _DURATION.fullmatch(text) else []
    if not parts or any(unit not in _UNIT for _, unit in parts):
        return None
    seconds = sum(float(number) * _SECONDS[_UNIT[unit]] for number, unit in parts)
    for unit in "dhms":
        if seconds >= _SECONDS[unit] and seconds % _SECONDS[unit] == 0:
            return f"{seconds / _SECONDS[unit]:.0f}{unit}"
    return None


def number(value: Any, *, whole: bool, percent: bool = False) -> float | None:
    """`10k`, `10_000`, `1e4` and `'500'` as a number, and `1%` as 0.01, or as 1 where `percent` counts."""
    if isinstance(value, float):
        return int(value) if whole and value.is_integer() and abs(value) < 1e15 else None
    found = _NUMBER.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        return None
    size = float(re.sub("[_,]", "", found[1])) * {"k": 1e3, "m": 1e6}.get(found[2].lower(), 1)
    if found[2] == "%" and not percent:
        size = round(size / 100, 12)
    if whole:
        return int(size) if size.is_integer() else None
    return int(size) if size.is_integer() and found[2] != "%" else size


def day(value: Any) -> str | None:
    """`2026/11/30`, `2026-1-1`, `20261130` and `2026年11月30日` as a date."""
    found = _DAY.fullmatch(str(value).strip()) if isinstance(value, str | int) else None
    if not found or (not found[2] and len(str(value).strip()) != 8):
        return None
    try:
        return date(int(found[1]), int(found[3]), int(found[4])).isoformat()
    except ValueError:
        return None


def truth(value: Any) -> bool | None:
    """`yes`, `off` and their like, which are text in YAML 1.2."""
    return _TRUTH.get(value.lower()) if isinstance(value, str) else None


def memory(value: str) -> str | None:
    """`4GB`, `512mb` and `1.5 GiB` as Kubernetes writes them."""
    found = _MEMORY.fullmatch(value.strip())
    return f"{found[1]}{found[2].upper()}i" if found else None


def name(value: str, pattern: str) -> str | None:
    """A name in lower case, with the pattern's own sign between its words."""
    words = value.strip(QUOTES + " ")
    lower = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", words).lower()  # userId is user_id
    for sign, case in (("-", words), ("_", words), ("-", lower), ("_", lower)):
        spelling = re.sub(r"[-_. /]+", sign, case)
        if spelling and re.search(pattern, spelling):
            return spelling
    return None
