"""The picture of layers as an SVG file, which follows the reader's choice of light or dark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from xml.sax.saxutils import escape

from bot.compile.layers import Booking, Timeline, Vacancy
from bot.compile.shares import percent
from bot.experiment.traffic import SLOTS
from bot.report.layers import ranges

ROW = 26  # pixels, as all below
NAMES = 300  # a name of 40 characters fits
STRIP = 110  # the layer's slots from left to right
TIME = 480
GAP = 16
WIDTH = GAP + NAMES + STRIP + GAP + TIME + GAP
LABELS = 4  # days along the top, besides the last one: more would run into each other
STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.head { font-size: 15px; font-weight: 600; }
.faint { fill: #59636e; font-size: 12px; }
.back { fill: #ffffff; }
.lane { fill: #eff2f5; }
.test { fill: #6e7fa3; }
.added { fill: #1a7f37; }
.free { fill: none; stroke: #8c959f; stroke-dasharray: 3 3; }
text.added { font-weight: 600; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; }
  .faint { fill: #9198a1; }
  .back { fill: #0d1117; }
  .lane { fill: #21262d; }
  .test { fill: #8796b8; }
  .added { fill: #3fb950; }
  .free { stroke: #656c76; }
}
"""


def svg(lines: Sequence[Timeline]) -> str:
    """The whole file."""
    parts, top = [], GAP
    for line in lines:
        parts += list(_layer(line, top))
        top += _height(line)
    if not lines:
        parts.append(text(GAP, top + ROW, "No layer is declared, and there is no test.", "faint"))
        top += 2 * ROW
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" viewBox="0 0 {WIDTH} {top}"'
    title = "<title>Who has which slots of each layer, and when</title>"
    body = [f'{head} role="img">', title, f"<style>\n{STYLE}</style>", rectangle(0, 0, WIDTH, top, "back"), *parts]
    return "\n".join([*body, "</svg>", ""])


def _height(line: Timeline) -> int:
    return (3 + len(line.bookings)) * ROW + GAP if line.bookings else 2 * ROW


def _layer(line: Timeline, top: int) -> Iterator[str]:
    yield text(GAP, top + 16, f"layer {line.layer}", "head")
    if not line.bookings:
        yield text(GAP + NAMES, top + 16, "free: no test is on or to come", "faint")
        return
    slots, time = GAP + NAMES, GAP + NAMES + STRIP + GAP
    yield text(slots, top + ROW + 10, "slots 0", "faint")
    yield text(slots + STRIP, top + ROW + 10, f"{SLOTS:,}", "faint", "end")
    for number, day in enumerate(_days(line)):
        yield text(time + _at(day, line), top + ROW + 10, str(day), "faint", "middle" if number else "start")
    yield text(time + TIME, top + ROW + 10, str(line.until), "faint", "end")
    for row, one in enumerate(line.bookings, 2):
        yield from _test(one, line, top + row * ROW)
    under = top + (2 + len(line.bookings)) * ROW
    yield text(GAP, under + 15, "free", "faint")
    for vacancy in line.vacancies:
        yield from _free(vacancy, line, under)


def _test(one: Booking, line: Timeline, top: int) -> Iterator[str]:
    kind = "added" if one.name in line.added else "test"
    said = f"{one.name}: slots {ranges([one.slots])}, {one.since} until {one.until}"
    slots, time = GAP + NAMES, GAP + NAMES + STRIP + GAP
    first, last = (slot * STRIP / SLOTS for slot in one.slots)
    begin, end = _at(one.since, line), _at(one.until, line)
    yield f"<g><title>{escape(said)}</title>"
    yield text(GAP, top + 15, f"+ {one.name}" if kind == "added" else one.name, "added" if kind == "added" else "")
    yield rectangle(slots, top + 3, STRIP, ROW - 8, "lane")
    yield rectangle(slots + first, top + 3, max(last - first, 1), ROW - 8, kind)
    yield rectangle(time, top + 3, TIME, ROW - 8, "lane")
    yield rectangle(time + begin, top + 3, max(end - begin, 1), ROW - 8, kind)
    yield "</g>"


def _free(one: Vacancy, line: Timeline, top: int) -> Iterator[str]:
    """A frame where something is free, with its share where there is room for that."""
    if not one.slots:
        return
    begin, end = GAP + NAMES + STRIP + GAP + _at(one.since, line), GAP + NAMES + STRIP + GAP + _at(one.until, line)
    yield f"<g><title>{escape(f'free: slots {ranges(one.slots)}, {one.since} until {one.until}')}</title>"
    yield rectangle(begin, top + 3, max(end - begin, 1), ROW - 8, "free")
    if end - begin >= 2 * ROW:
        yield text((begin + end) / 2, top + 16, percent(one.share), "faint", "middle")
    yield "</g>"


def _days(line: Timeline) -> Iterator[date]:
    """Whole weeks from the first day on, as many of them as have room before the last day."""
    weeks = ((line.until - line.since).days - 1) // (7 * LABELS) + 1
    day = line.since
    while (line.until - day).days * LABELS >= (line.until - line.since).days:
        yield day
        day += timedelta(weeks=weeks)


def _at(day: date, line: Timeline) -> float:
    return (day - line.since).days * TIME / (line.until - line.since).days


def rectangle(left: float, top: float, width: float, height: float, kind: str) -> str:
    """A box; `kind` is its class in `STYLE`."""
    return f'<rect x="{left:g}" y="{top:g}" width="{width:.4g}" height="{height:g}" class="{kind}"/>'


def text(left: float, top: float, text: str, kind: str, anchor: str = "start") -> str:
    """A word or a few; `kind` is their class in `STYLE`."""
    return f'<text x="{left:g}" y="{top:g}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'
