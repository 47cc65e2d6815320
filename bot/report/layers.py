"""The picture of a layer in lines of text: who has which slots when, what is free, what a change adds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from bot.compile.layers import Booking, Range, Timeline
from bot.experiment.traffic import SLOTS
from bot.report.escape import Markdown, fence, fill
from bot.report.language import Say
from bot.report.line import Line, Style

WIDTH = 36  # characters of a bar, so that a line with the longest name fits into 140
MOST = 40  # tests of a layer, and changes of what is free; more is for the SVG file

HEAD = "slots"


def picture(lines: Sequence[Timeline]) -> Iterator[Line]:
    """A block for each layer."""
    for number, line in enumerate(lines):
        if number:
            yield Line("")
        yield Line(f"layer {line.layer}", "head")
        yield from _block(line)
    if not lines:
        yield Line("no layer is declared, and there is no test")


def folded(lines: Sequence[Timeline], say: Say) -> list[Markdown]:
    """The same as a folded part of a comment; nothing where there is no layer."""
    if not lines:
        return []
    text = "\n".join(line.text for line in picture(lines))
    block = fence(text, "text")
    return [
        fill(
            say("<details><summary>Who has which slots when (+ is what this adds)</summary>\n\n{}\n\n</details>"), block
        )
    ]


def ranges(slots: Sequence[Range]) -> str:
    """Slots in words."""
    if not slots:
        return "nothing"
    return ", ".join("all" if one == (0, SLOTS) else f"{one[0]:,} to {one[1]:,}" for one in slots)


def _block(line: Timeline) -> Iterator[Line]:
    if not line.bookings:
        yield Line("  free: all, no test is on or to come")
        return
    shown = line.bookings[:MOST]
    names = max(len(one.name) for one in shown)
    slots = max(len(HEAD), *(len(ranges([one.slots])) for one in shown))
    axis = f"{line.since!s}{line.until!s:>{WIDTH - len(str(line.since))}}"
    yield Line(f"    {'':{names}}  {HEAD:{slots}}  {axis}", "faint")
    for one in shown:
        is_added = one.name in line.added
        style: Style = "good" if is_added else "plain"
        days = f"{one.since} until {one.until}"
        text = f"{one.name:{names}}  {ranges([one.slots]):{slots}}  {_bar(one, line)}  {days}"
        yield Line(f"  {'+' if is_added else ' '} {text}", style)
    if len(line.bookings) > MOST:
        yield Line(f"    and {len(line.bookings) - MOST} more")
    yield from _free(line)


def _free(line: Timeline) -> Iterator[Line]:
    vacancies = line.vacancies
    for number, one in enumerate(vacancies[:MOST]):
        word = "free" if not number else ""
        yield Line(f"  {word:4}  {one.since} until {one.until}: {ranges(one.slots)}", "faint")
    if len(vacancies) > MOST:
        yield Line(f"        and {len(vacancies) - MOST} more changes, the last one on {vacancies[-1].since}", "faint")


def _bar(one: Booking, line: Timeline) -> str:
    """Where the days are; a test that is too short for a character has one all the same."""
    start = min(_at(one.since, line), WIDTH - 1)
    end = max(_at(one.until, line), start + 1)
    return "·" * start + "█" * (end - start) + "·" * (WIDTH - end)


def _at(day: date, line: Timeline) -> int:
    return (day - line.since).days * WIDTH // (line.until - line.since).days
