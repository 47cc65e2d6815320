"""From an experiment's `serving` to its flag, in flagd's JSON form.

flagd has no layers: a layer is a split of 10,000 slots on a seed all its experiments share, used as a condition;
arms are split on the experiment's own salt. Fallback is chosen inside the arm, after the split, because a fallback
before it changes who is in which arm. Comparisons stand beside `!== null`, since JSON logic finds null < 30 true.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from bot.errors import Refused
from bot.experiment.model import SLOTS, Arm, Fallback, Period, Serving, Spec
from bot.ports import Flag, place_name

EVALUATOR = "murmur3-raw"  # flagd's Go and JavaScript evaluators and Python's flagd-core 1.0; 2.0 hashes otherwise
NONE = "none"
FALLBACK = "--fallback"

ID: Any = {"var": "targetingKey"}
REMAINING: Any = {"var": "primary_remaining"}
NOW: Any = {"var": "$flagd.timestamp"}


def salt(spec: Spec) -> str:
    """The seed of the split between arms."""
    serving = _serving(spec)
    return (
        serving.salt or f"{spec.renamed_from or spec.name}:{serving.period.start.isoformat() if serving.period else ''}"
    )


def flag(spec: Spec, key: str, *, dated: bool = True) -> Flag:
    """The experiment's flag, whose variants name the places of the spec `key`.

    Raises Refused for an experiment that serves nothing.

    Without `dated` its period is left out: a client evaluates at the present moment only, so that is how the split
    of a test that has not begun can be seen.
    """
    serving = _serving(spec)
    variants: dict[str, Any] = {NONE: _variant("", "", "", None)}
    for arm in spec.arms:
        store, table = source(spec, arm, key)
        variants[arm.name] = _variant(arm.name, store, table, serving.fallback)
        if _exhausts(serving):
            variants[arm.name + FALLBACK] = _variant(
                arm.name, "", serving.fallback.table if serving.fallback else "", None
            )
    return {
        "state": "ENABLED",
        "variants": variants,
        "defaultVariant": NONE,
        "targeting": {"if": [{"and": list(_conditions(serving, dated=dated))}, _choice(spec, serving), NONE]},
        "metadata": _metadata(spec, serving),
    }


def _serving(spec: Spec) -> Serving:
    if spec.serving is None:
        raise Refused(f"{spec.name} serves nothing")
    return spec.serving


def source(spec: Spec, arm: Arm, key: str) -> tuple[str, str]:
    """Where an arm's rows are read: store and table, with no store for a table of the warehouse."""
    if arm.output is None:
        return "", arm.table or ""
    output = spec.outputs[arm.output]
    store, table = (output.sync.store, output.sync.table) if output.sync else ("", output.table)
    return store, place_name(table, key)


def _variant(arm: str, store: str, table: str, fallback: Fallback | None) -> dict[str, Any]:
    value: dict[str, Any] = {"arm": arm, "store": store, "table": table}
    if fallback is not None:
        value |= {"fallback": fallback.table, "fallback_on": sorted(fallback.on)}
    return value


def _exhausts(serving: Serving) -> bool:
    return serving.fallback is not None and "exhausted" in serving.fallback.on


def _conditions(serving: Serving, *, dated: bool) -> Iterable[Any]:
    yield {"!": {"missing": ["targetingKey"]}}
    if dated and serving.period is not None:
        yield {"!==": [NOW, None]}
        yield {">=": [NOW, _epoch(serving.period, serving.period.start)]}
        if serving.period.end is not None:
            yield {"<": [NOW, _epoch(serving.period, serving.period.end)]}
    if (serving.slots.start, serving.slots.end) != (0, SLOTS):
        yield _slot_condition(serving)


def _slot_condition(serving: Serving) -> Any:
    """True for ids whose slot of the layer is the experiment's; parts without width are left out."""
    slots = serving.slots
    parts = [["before", slots.start], ["in", slots.end - slots.start], ["after", SLOTS - slots.end]]
    kept = [part for part in parts if part[1]]
    return {"==": [{"fractional": [{"cat": [f"layer:{serving.layer}:", ID]}, *kept]}, "in"]}


def _epoch(period: Period, day: date) -> int:
    return int(datetime.combine(day, time(), ZoneInfo(period.timezone)).timestamp())


def _choice(spec: Spec, serving: Serving) -> Any:
    if serving.arm is not None:
        arm: Any = serving.arm.name
    else:
        arm = {"fractional": [{"cat": [f"{salt(spec)}:", ID]}, *([arm.name, arm.weight] for arm in serving.arms)]}
    if not _exhausts(serving):
        return arm
    exhausted = {"and": [{"!==": [REMAINING, None]}, {"<=": [REMAINING, 0]}]}
    return {"cat": [arm, {"if": [exhausted, FALLBACK, ""]}]}


def _metadata(spec: Spec, serving: Serving) -> dict[str, str | int | bool]:
    values: dict[str, str | int | bool] = {"evaluator": EVALUATOR, "experiment": spec.name, "kind": serving.kind}
    values |= {"unit": serving.unit, "salt": salt(spec), "layer": serving.layer}
    values |= {"slots_start": serving.slots.start, "slots_end": serving.slots.end}
    if serving.period is not None:
        values |= {"start": serving.period.start.isoformat(), "timezone": serving.period.timezone}
    if serving.period is not None and serving.period.end is not None:
        values["end"] = serving.period.end.isoformat()
    if spec.owner:
        values["owner"] = spec.owner
    return values
