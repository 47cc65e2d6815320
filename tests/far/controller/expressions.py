"""Argo's templating, for the variables and expressions that sameday writes; any other is an error, as it would be."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

LAYOUTS = {"20060102": "%Y%m%d", "2006-01-02": "%Y-%m-%d"}
DATE = re.compile(
    r"sprig\.dateInZone\('([^']+)', sprig\.toDate\('2006-01-02T15:04:05Z07:00', workflow\.scheduledTime\), '([^']+)'\)"
)
ATTEMPT = re.compile(r"workflow\.parameters\.attempt == '1' \? '' : '(.)' \+ workflow\.parameters\.attempt")
PART = re.compile(r"workflow\.failures\[0:(\d+)\]")
LAST = "(now() - (now() - cronworkflow.lastScheduledTime))"  # a time, where Argo takes `.In` for a member of a variable
NOW = re.compile(
    r"now\(\)\.Unix\(\) >= (\d+) && \(cronworkflow\.lastScheduledTime == nil \|\| "
    r"now\(\)\.In\(timezone\('([^']+)'\)\)\.Format\('20060102'\) > "
    + re.escape(LAST)
    + r"\.In\(timezone\('\2'\)\)\.Format\('20060102'\)\)"
)
MEMBER = re.compile(r"cronworkflow\.lastScheduledTime\.\w+")


class Unknown(Exception):
    """Something that Argo could not fill in."""


def fill(value: Any, known: Mapping[str, str]) -> Any:
    """The value with every `{{...}}` in its texts filled in."""
    if isinstance(value, str):
        return re.sub(
            r"\{\{(=?)(.*?)\}\}", lambda found: _one(found[1], found[2].strip(), known), value, flags=re.DOTALL
        )
    if isinstance(value, dict):
        return {key: fill(part, known) for key, part in value.items()}
    return [fill(part, known) for part in value] if isinstance(value, list) else value


def _one(mark: str, text: str, known: Mapping[str, str]) -> str:
    if not mark:
        if text not in known:
            raise Unknown(f"failed to resolve {{{{{text}}}}}")
        return known[text]
    date, attempt = DATE.fullmatch(text), ATTEMPT.fullmatch(text)
    if date:
        at = datetime.fromisoformat(known["workflow.scheduledTime"])
        return at.astimezone(ZoneInfo(date[2])).strftime(LAYOUTS[date[1]])
    if part := PART.fullmatch(text):
        return known["workflow.failures"][: int(part[1])]
    if attempt:
        number = known["workflow.parameters.attempt"]
        return "" if number == "1" else attempt[1] + number
    raise Unknown(f"unable to compile expression {text!r}")


def when(text: str, known: Mapping[str, str]) -> bool:
    """A step's condition: comparisons of plain words, all of which must hold."""
    for part in fill(text, known).split(" && "):
        left, sign, right = part.split()
        if (left == right) != {"==": True, "!=": False}[sign]:
            return False
    return True


def is_time(text: str, now: datetime, last: datetime | None) -> bool:
    """A schedule's condition; `last` is when it has fired before."""
    if member := MEMBER.search(text):
        raise Unknown(f"{member[0]} is missing")
    found = NOW.fullmatch(text.removeprefix("{{=").removesuffix("}}").strip())
    if found is None:
        raise Unknown(f"unable to compile expression {text!r}")
    if now.timestamp() < int(found[1]):
        return False
    return last is None or _day(now, found[2]) > _day(last, found[2])


def _day(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def stamp(moment: datetime) -> str:
    """A time as Kubernetes writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def hashed(text: str) -> int:
    """32-bit FNV-1a, which ends the ids of nodes and the names of pods."""
    value = 2166136261
    for byte in text.encode():
        value = ((value ^ byte) * 16777619) & 0xFFFFFFFF
    return value


def failures(nodes: Mapping[str, Any]) -> str:
    """What `workflow.failures` gives to an exit handler: JSON, quoted once more."""
    failed = [node for node in nodes.values() if node["phase"] in ("Failed", "Error")]
    told = ("displayName", "message", "templateName", "phase", "finishedAt")
    return json.dumps(json.dumps([{key: node.get(key, "") for key in told} for node in failed]))


def yesterday() -> tuple[str, datetime, date]:
    """A time zone in which a day ended within this hour, its last minute, and the day: Argo makes that up still."""
    now = datetime.now(UTC)
    if now.minute == 59:
        time.sleep(62 - now.second)
        now = datetime.now(UTC)
    midnight = now.replace(minute=0, second=0, microsecond=0)
    west = midnight.hour - 24 if midnight.hour > 12 else midnight.hour  # hours, as these zones are named
    missed = midnight - timedelta(minutes=1)
    return f"Etc/GMT{west:+}", missed, (missed - timedelta(hours=west)).date()
