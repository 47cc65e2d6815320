"""The picture of a readout as an SVG file: each ranker's preference with its interval, around the control's line."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from bot.readout.judge import Comparison, PhaseArms, PhaseReadout, Readout
from bot.readout.statistics import Estimate
from bot.report.readout import credited, signed
from bot.report.svg import GAP, ROW, STYLE, rectangle, text

NAMES = 220  # pixels, as all below
AXIS = 400
WORDS = 260
WIDTH = GAP + NAMES + AXIS + GAP + WORDS
MARKS = """\
.zero { stroke: #8c959f; stroke-dasharray: 3 3; }
.passed { stroke: #1a7f37; fill: #1a7f37; }
.failed { stroke: #cf222e; fill: #cf222e; }
.inconclusive { stroke: #6e7fa3; fill: #6e7fa3; }
line.passed, line.failed, line.inconclusive { stroke-width: 3; }
"""


def readout_svg(readout: Readout) -> str:
    """The whole file. All rankers share one axis, as wide as the widest interval."""
    reach = max([0.01, *(abs(end) for one in _estimates(readout) for end in one.interval())])
    subtitle = credited(readout) if readout.control else "who was shown which arm"
    parts, top = [text(GAP, GAP + 8, f"{readout.experiment}: {subtitle}", "head")], 2 * ROW
    for phase in readout.phases:
        parts += list(_phase(phase, top, reach))
        top += (len(phase.comparisons) + 2) * ROW
    for seen in readout.arms:
        parts += list(_arms(seen, top))
        top += (len(seen.arms) + 2) * ROW
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" viewBox="0 0 {WIDTH} {top}"'
    title = f"<title>{escape(readout.experiment)}: what users say</title>"
    style = f"<style>\n{STYLE}{MARKS}</style>"
    return "\n".join([f'{head} role="img">', title, style, rectangle(0, 0, WIDTH, top, "back"), *parts, "</svg>", ""])


def _estimates(readout: Readout) -> Iterator[Estimate]:
    for phase in readout.phases:
        yield from (one.preference for one in phase.comparisons if one.preference is not None)


def _phase(phase: PhaseReadout, top: int, reach: float) -> Iterator[str]:
    left = GAP + NAMES
    yield text(GAP, top + 16, f"phase {phase.phase}: {phase.impressions:,} impressions", "faint")
    for share, anchor in ((-1, "start"), (0, "middle"), (1, "end")):
        yield text(left + AXIS * (share + 1) / 2, top + 16, signed(share * reach), "faint", anchor)
    bottom = top + (len(phase.comparisons) + 1) * ROW
    middle = left + AXIS / 2
    yield f'<line x1="{middle:g}" y1="{top + ROW}" x2="{middle:g}" y2="{bottom}" class="zero"/>'
    for number, one in enumerate(phase.comparisons, 1):
        yield from _comparison(one, top + number * ROW, reach)


def _comparison(one: Comparison, top: int, reach: float) -> Iterator[str]:
    yield f"<g><title>{escape(f'{one.ranker}: {one.verdict}: {one.reason}')}</title>"
    yield text(GAP, top + 17, one.ranker, "")
    words = str(one.verdict)
    if one.preference is not None:
        low, high = one.preference.interval()
        start, at, end = (GAP + NAMES + AXIS * (1 + value / reach) / 2 for value in (low, one.preference.value, high))
        yield f'<line x1="{start:.4g}" y1="{top + 13}" x2="{end:.4g}" y2="{top + 13}" class="{one.verdict}"/>'
        yield f'<circle cx="{at:.4g}" cy="{top + 13}" r="5" class="{one.verdict}"/>'
        words += f", {signed(one.preference.value)} ({signed(low)} to {signed(high)})"
    yield text(GAP + NAMES + AXIS + GAP, top + 17, words, "faint")
    yield "</g>"


def _arms(seen: PhaseArms, top: int) -> Iterator[str]:
    most = max([1, *seen.arms.values()])
    yield text(GAP, top + 16, f"phase {seen.phase}", "faint")
    for number, (arm, units) in enumerate(seen.arms.items(), 1):
        y = top + number * ROW
        yield text(GAP, y + 17, arm, "")
        yield rectangle(GAP + NAMES, y + 5, AXIS * units / most, ROW - 10, "test")
        yield text(GAP + NAMES + AXIS + GAP, y + 17, f"{units:,}", "faint")
