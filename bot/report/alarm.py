"""What needs a person, as lines of a terminal, as the issue that tells of it, and as a message for a chat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.release.alarm import Alarm
from bot.report.escape import Markdown, chat, fill, join, prose
from bot.report.line import Line, Style

GRAVE = ("failed", "gone", "late", "stuck", "unknown")  # the others can wait until tomorrow


def alarm_lines(seen: Mapping[str, Sequence[Alarm]], away: Sequence[str], released: int) -> Iterator[Line]:
    """A line for each alarm, one for what to do, and the count."""
    for what in away:
        yield Line(f"away: {what}", "error")
    for name, each in seen.items():
        yield from alarms(each, f"{name} ")
    troubled = sum(bool(each) for each in seen.values())
    if unseen := released - len(seen):
        yield Line(f"{_experiments(unseen)} could not be looked at", "error")
    if troubled:
        yield Line(f"{troubled} of {_experiments(released)} {'needs' if troubled == 1 else 'need'} a person", "head")
    elif not away:
        yield Line(f"{_experiments(released)}: nothing needs a person", "good")


def alarms(each: Sequence[Alarm], before: str) -> Iterator[Line]:
    """A line for what is wrong, and one for what to do."""
    for alarm in each:
        style: Style = "error" if alarm.kind in GRAVE else "warning"
        yield Line(f"{before}{alarm.kind}: {alarm.message}", style)
        yield Line(f"{' ' * (len(before) - len(before.lstrip()))}  {alarm.hint}", "faint")


def _experiments(number: int) -> str:
    return f"{number} experiment{'s' if number != 1 else ''}"


def issue(each: Sequence[Alarm]) -> Markdown:
    """The text of an experiment's issue: what is wrong, and what to do."""
    parts = [fill("- **{}**: {}\n  {}\n", prose(one.kind), prose(one.message, 2_000), hint(one.hint)) for one in each]
    return join(parts, "")


def hint(text: str) -> Markdown:
    """What to do, with its commands as code."""
    return join([fill("{}", part) if i % 2 else prose(part) for i, part in enumerate(text.split("`"))], "")


def issue_of_away(away: Sequence[str]) -> Markdown:
    """The text of the issue that tells of backends which do not answer."""
    return join([fill("- {}\n", prose(what, 2_000)) for what in away], "")


def message(name: str, each: Sequence[Alarm], away: Sequence[str], page: str) -> Mapping[str, Any]:
    """What a webhook is sent: `text` for people, the rest for programs; without alarms, all is well again."""
    words = [*(f"{one.kind}: {one.message}" for one in each), *away]
    whom = name or "a backend"
    text = f"sameday: {whom}: {'; '.join(chat(word) for word in words)}" if words else f"sameday: {whom} is well again"
    told = [{"kind": one.kind, "message": chat(one.message), "hint": one.hint} for one in each]
    return {"text": text, "experiment": name, "alarms": told, "link": page}
