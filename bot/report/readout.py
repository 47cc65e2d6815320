"""What a test says, in lines of text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from bot.readout.judge import Comparison, PhaseArms, PhaseReadout, Readout, Verdict
from bot.readout.statistics import SMALLEST, Estimate
from bot.report.line import Line, Style

Words = Callable[[float], str]
FEW = 0.3  # of the lists: below this share users compare too seldom for a test to be worth its time
STYLES: Mapping[Verdict, Style] = {"passed": "good", "failed": "error", "inconclusive": "warning"}


def lines(readout: Readout) -> Iterator[Line]:
    """A block for each phase."""
    if readout.control:
        yield Line(f"{readout.experiment}: {credited(readout)}", "head")
    else:
        yield Line(f"{readout.experiment}: who was shown which arm; effects are for your own analysis", "head")
    for phase in readout.phases:
        yield from _phase(phase, readout)
    for seen in readout.arms:
        yield from _arms(seen, readout.unit)


def credited(readout: Readout) -> str:
    """What counts for a ranker."""
    hours = readout.within.total_seconds() / 3600
    return f"`{readout.event}` within {hours:g} h counts for a ranker; the control is {readout.control}"


def signed(value: float) -> str:
    """A preference in words: +4.2% means that of 1,000 decided lists the ranker won 521."""
    return f"{value:+.1%}"


def _phase(phase: PhaseReadout, readout: Readout) -> Iterator[Line]:
    yield Line("")
    yield Line(f"phase {phase.phase}: {phase.impressions:,} impressions, {phase.units:,} of {readout.unit}", "head")
    for one in phase.comparisons:
        yield Line(f"  {one.ranker}  {one.verdict}: {one.reason}", STYLES[one.verdict])
        if one.competitive:
            yield from _numbers(one, phase)


def _numbers(one: Comparison, phase: PhaseReadout) -> Iterator[Line]:
    for words, estimate in (("per impression", one.preference), ("per user", one.by_unit)):
        if estimate is not None:
            yield Line(f"    {f'preference {words}':26}{_interval(estimate, signed)}")
    share = one.competitive / phase.impressions
    yield Line(f"    {'competitive lists':26}{one.competitive:,} ({share:.1%}); won {one.won:,}, lost {one.lost:,}")
    if share < FEW:
        yield Line("    few lists show items of both: look for short lists, and for rankers that are alike", "warning")
    if one.began is not None:
        yield Line(f"    {'began the list':26}{_interval(one.began, '{:.1%}'.format)}")
    if one.needed is not None:
        words = f"{phase.impressions:,} of {one.needed:,} that find a preference of {SMALLEST:.0%}"
        yield Line(f"    {'impressions':26}{words}")


def _interval(estimate: Estimate, words: Words) -> str:
    low, high = estimate.interval()
    return f"{words(estimate.value):>7}  95%: {words(low)} to {words(high)}"


def _arms(seen: PhaseArms, unit: str) -> Iterator[Line]:
    yield Line("")
    yield Line(f"phase {seen.phase}: {sum(seen.arms.values()):,} of {unit}", "head")
    width = max(map(len, seen.arms), default=0)
    for arm, units in seen.arms.items():
        yield Line(f"  {arm:{width}}  {units:>11,}")
