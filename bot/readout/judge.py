"""From the sums of a query to what they say: for each phase, each ranker against the control."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby
from typing import Any, Literal

from bot.readout import statistics
from bot.readout.statistics import Estimate, Sums

Verdict = Literal["passed", "failed", "inconclusive"]
Row = Mapping[str, Any]
FAIR = 0.05  # who begins is drawn with one coin: a share further from a half than this is no chance
SURE = 0.999  # if this interval around it says so, too


@dataclass(frozen=True, slots=True)
class Comparison:
    """A ranker against the control. `preference` is the share of decided lists that it won, less that it lost.

    `competitive` counts the lists that showed items of both; `won` and `lost` those of which users took more items of
    the one than of the other. `by_unit` is the preference if each unit counts once. `began` is how often it had the
    first item of the two. `needed` is how many impressions the phase needs.
    """

    ranker: str
    competitive: int
    won: int
    lost: int
    preference: Estimate | None
    by_unit: Estimate | None
    began: Estimate | None
    needed: int | None
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class PhaseReadout:
    """What one phase says; the lists of testers are in no number."""

    phase: int
    units: int
    impressions: int
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class PhaseArms:
    """How many units saw each arm of an A/B test in one phase. What they did then is the team's to analyse."""

    phase: int
    arms: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Readout:
    """Of an interleaving test its `phases`, of an A/B test how many users saw its `arms`.

    Events count for `control` or another ranker if they come `within` that time.
    """

    experiment: str
    unit: str
    control: str = ""
    event: str = ""
    within: timedelta = timedelta()
    phases: tuple[PhaseReadout, ...] = ()
    arms: tuple[PhaseArms, ...] = ()


def judged(rows: Sequence[Row], phase: int, rankers: Collection[str]) -> tuple[PhaseReadout, ...]:
    """All phases that have exposures, the first one first, and `phase` with its `rankers` in any case."""
    found = {one.phase: one for one in _judged(rows)}
    now = found.get(phase, PhaseReadout(phase, 0, 0, ()))
    reason = "no list showed items of both" if now.impressions else "there are no exposures"
    lacking = sorted(set(rankers) - {one.ranker for one in now.comparisons})
    more = (Comparison(ranker, 0, 0, 0, None, None, None, None, "inconclusive", reason) for ranker in lacking)
    found[phase] = replace(now, comparisons=(*now.comparisons, *more))
    return tuple(found[number] for number in sorted(found))


def counted(rows: Sequence[Row], phase: int, arms: Collection[str]) -> tuple[PhaseArms, ...]:
    """The units of each arm, likewise."""
    found: dict[int, dict[str, int]] = {phase: dict.fromkeys(arms, 0)}
    for row in rows:
        found.setdefault(int(row["of_phase"]), {})[row["arm"]] = int(row["units"])
    return tuple(PhaseArms(number, found[number]) for number in sorted(found))


def _judged(rows: Sequence[Row]) -> list[PhaseReadout]:
    found = []
    for number, of_phase in groupby(rows, key=lambda row: int(row["of_phase"])):
        lines = list(of_phase)
        compared = [row for row in lines if row["ranker"] is not None]
        units, impressions = int(lines[0]["units"]), int(lines[0]["impressions"])
        comparisons = tuple(_comparison(row, impressions, len(compared)) for row in compared)
        found.append(PhaseReadout(number, units, impressions, comparisons))
    return found


def _comparison(row: Row, impressions: int, rivals: int) -> Comparison:
    preference, began = _estimate(row, "taken", signed=True), _estimate(row, "began", signed=False)
    needed = statistics.needed(impressions, preference, rivals) if preference is not None else None
    verdict, reason = _verdict(row["ranker"], preference, began, impressions, needed, rivals)
    won, lost = int(row["won"]), int(row["lost"])
    return Comparison(
        row["ranker"], int(row["competitive"]), won, lost, preference, _by_unit(row), began, needed, verdict, reason
    )


def _verdict(
    ranker: str, preference: Estimate | None, began: Estimate | None, impressions: int, needed: int | None, rivals: int
) -> tuple[Verdict, str]:
    if began is not None and _is_unfair(began):
        reason = f"{ranker} begins {began.value:.1%} of the lists and should begin half of them: the draft is not fair"
        return "inconclusive", reason
    if preference is None or needed is None:
        return "inconclusive", "too few users have taken anything for an interval to be trusted"
    side = statistics.named(preference, rivals)
    if side > 0:
        return "passed", f"users prefer {ranker}"
    if side < 0:
        return "failed", "users prefer the control"
    if impressions < needed:
        reason = f"{needed - impressions:,} impressions are still to come"
        low, high = preference.interval()
        early = "; that today's interval leaves 0 out may be chance, for who looks every day"
        return "inconclusive", reason + (early if low > 0 or high < 0 else "")
    return "inconclusive", f"all impressions are there: a preference of {statistics.SMALLEST:.0%} would have been seen"


def _is_unfair(began: Estimate) -> bool:
    low, high = began.interval(SURE)
    return abs(began.value - 0.5) > FAIR and not low <= 0.5 <= high and began.degrees >= statistics.FEWEST


def _estimate(row: Row, of: str, *, signed: bool) -> Estimate | None:
    names = ("x", "n", "xx", "xn", "nn", "nnn", "nnnn")
    return statistics.estimate(Sums(*(float(row[f"{of}_{name}"]) for name in names)), signed=signed)


def _by_unit(row: Row) -> Estimate | None:
    won, lost, n = (int(row[f"units_{name}"]) for name in ("won", "lost", "decided"))
    return statistics.estimate(Sums(won - lost, n, won + lost, won - lost, n, n, n), signed=True)
