"""What a test says as JSON, format 1."""

from __future__ import annotations

import json
from typing import Any

from bot.readout.judge import Comparison, PhaseReadout, Readout
from bot.readout.statistics import Estimate
from bot.report.json import FORMAT
from bot.report.mask import masked


def readout_json(readout: Readout) -> str:
    """The test, a phase a line; keys and meanings stay the same within one format number."""
    head = {"format": FORMAT, "experiment": readout.experiment, "unit": readout.unit}
    if readout.control:
        head |= {"control": readout.control, "event": readout.event, "within": int(readout.within.total_seconds())}
    phases: list[Any] = [*map(_phase, readout.phases)]
    phases += [{"phase": seen.phase, "arms": dict(seen.arms)} for seen in readout.arms]
    lines = ",\n".join(json.dumps(phase) for phase in phases)
    return masked(f'{json.dumps(head)[:-1]}, "phases": [\n{lines}\n]}}\n')


def _phase(phase: PhaseReadout) -> dict[str, Any]:
    compared = [_comparison(one) for one in phase.comparisons]
    return {"phase": phase.phase, "units": phase.units, "impressions": phase.impressions, "rankers": compared}


def _comparison(one: Comparison) -> dict[str, Any]:
    return {
        "ranker": one.ranker,
        "verdict": one.verdict,
        "reason": one.reason,
        "per_impression": _estimate(one.preference),
        "per_unit": _estimate(one.by_unit),
        "began": _estimate(one.began),
        "competitive": one.competitive,
        "won": one.won,
        "lost": one.lost,
        "needed": one.needed,
    }


def _estimate(estimate: Estimate | None) -> dict[str, float] | None:
    if estimate is None:
        return None
    low, high = estimate.interval()
    return {"value": round(estimate.value, 6), "low": round(low, 6), "high": round(high, 6)}
