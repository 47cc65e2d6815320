"""From an experiment's `serving` to its flag, in flagd's JSON form.

flagd has no layers: a layer is a split of 10,000 slots on a seed all its experiments share, used as a condition;
arms are split on the experiment's own salt. Fallback is chosen inside the arm, after the split, because a fallback
before it changes who is in which arm.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.compile import conditions, traffic
from bot.compile.conditions import ID
from bot.errors import Refused
from bot.experiment.arms import Contender, Fallback, Serving
from bot.experiment.interleaving import Draft
from bot.experiment.model import Spec
from bot.experiment.traffic import SLOTS
from bot.ports import Flag, place_name
from bot.settings import Settings

EVALUATOR = "murmur3-raw"  # flagd's Go and JavaScript evaluators and Python's flagd-core 1.0; 2.0 hashes otherwise
NONE = "none"
FALLBACK = "--fallback"
TESTER = "--tester"
OFF = "off"
INTERLEAVING = "interleaving"
NOWHERE = {"store": "", "table": ""}

REMAINING: Any = {"var": "primary_remaining"}
TESTER_ARM: Any = {"var": "tester_arm"}


def flag(spec: Spec, key: str, settings: Settings, *, dated: bool = True) -> Flag:
    """The experiment's flag, whose variants name the places of the spec `key`.

    Raises Refused for an experiment that serves nothing, or whose layer cannot be told.

    Without `dated` its period, and when holdouts hold, are left out: a client evaluates at the present moment only, so
    that is how the split of a test that has not begun can be seen.
    """
    serving = _serving(spec)
    admitted = {"and": list(_conditions(serving, settings, dated=dated))}
    choice: list[Any] = [admitted, _choice(spec, serving), NONE]
    if serving.testers is not None:
        choice = [{"and": list(_tests(serving, dated=dated))}, _tested(spec, serving), *choice]
    return {
        "state": "ENABLED",
        "variants": dict(_variants(spec, serving, key)),
        "defaultVariant": NONE,
        "targeting": {"if": choice},
        "metadata": _metadata(spec, serving, settings),
    }


def flag_off(spec: Spec, key: str, settings: Settings) -> Flag:
    """The flag while it is turned off: who would be in the test sees the control, and is counted in no arm.

    Of kind `all`, nobody sees anything. Raises as `flag` does.
    """
    whole, serving = flag(spec, key, settings), _serving(spec)
    control = next((arm for arm in spec.arms if arm.control), None) if serving.is_test else None
    variants = {NONE: whole["variants"][NONE]}
    if control is not None:
        variants[OFF] = _variant("", source(spec, control, key), serving.fallback)
    admitted = {"and": list(_conditions(serving, settings, dated=True))}
    targeting = {"if": [admitted, OFF if control is not None else NONE, NONE]}
    return {**whole, "variants": variants, "targeting": targeting, "metadata": {**whole["metadata"], "off": True}}


def resource(name: str, compiled: Flag) -> dict[str, Any]:
    """The flag as a FeatureFlag, which the OpenFeature operator hands to flagd beside an application."""
    spec = {"flagSpec": {"flags": {name: compiled}}}
    meta = {"name": name, "labels": {"app.kubernetes.io/managed-by": "sameday"}}
    return {"apiVersion": "core.openfeature.dev/v1beta1", "kind": "FeatureFlag", "metadata": meta, "spec": spec}


def _serving(spec: Spec) -> Serving:
    if spec.serving is None:
        raise Refused(f"{spec.name} serves nothing")
    return spec.serving


def source(spec: Spec, contender: Contender, key: str) -> dict[str, str]:
    """Where the rows of an arm or ranker are read: `store`, which is '' for a table of the warehouse, and `table`.

    If the table shows several days, `day` is the column that tells them apart.
    """
    if contender.output is None:
        return {"store": "", "table": contender.table or ""}
    output = spec.outputs[contender.output]
    store, table = (output.sync.store, output.sync.table) if output.sync else ("", output.table)
    found = {"store": store, "table": place_name(table, key)}
    if output.partition is not None and (output.sync is None or output.sync.days > 1):
        found["day"] = output.partition.column
    return found


def _variants(spec: Spec, serving: Serving, key: str) -> Iterable[tuple[str, Any]]:
    """Each variant and its value. A tester's has no arm, so that whoever counts users of an arm counts no tester."""
    yield NONE, _variant("", NOWHERE, None)
    if serving.kind == "interleaving":
        yield from _interleaved(spec, serving, key)
    else:
        for arm in spec.arms:
            yield arm.name, _variant(arm.name, source(spec, arm, key), serving.fallback)
            if serving.fallback is not None and _exhausts(serving):
                yield arm.name + FALLBACK, _variant(arm.name, _spare(serving.fallback), None)
    if serving.testers is not None:
        for arm in spec.arms:
            yield arm.name + TESTER, {**_variant("", source(spec, arm, key), serving.fallback), "tester": arm.name}


def _interleaved(spec: Spec, serving: Serving, key: str) -> Iterable[tuple[str, Any]]:
    """One variant for all users, with all rankers, the control first: the order of the file must not matter.

    An application that cannot draft finds the control where any arm's table would be. No user is in an arm.
    """
    rankers = sorted(serving.rankers, key=lambda ranker: (not ranker.control, ranker.name))
    value = _variant("", source(spec, rankers[0], key), serving.fallback)
    value["rankers"] = [{"name": ranker.name, **source(spec, ranker, key)} for ranker in rankers]
    value["draft"] = {**(serving.draft or Draft()).model_dump(), "salt": traffic.salt(spec)}
    yield INTERLEAVING, value
    if serving.fallback is not None and _exhausts(serving):
        yield INTERLEAVING + FALLBACK, _variant("", _spare(serving.fallback), None)
    if serving.testers is not None:
        yield INTERLEAVING + TESTER, {**value, "tester": INTERLEAVING}


def _variant(arm: str, place: Mapping[str, str], fallback: Fallback | None) -> dict[str, Any]:
    value: dict[str, Any] = {"arm": arm, **place}
    if fallback is not None:
        value |= {"fallback": fallback.table, "fallback_on": sorted(fallback.on)}
    return value


def _spare(fallback: Fallback) -> dict[str, str]:
    return {**NOWHERE, "table": fallback.table}


def _exhausts(serving: Serving) -> bool:
    return serving.fallback is not None and "exhausted" in serving.fallback.on


def _conditions(serving: Serving, settings: Settings, *, dated: bool) -> Iterable[Any]:
    yield {"!": {"missing": ["targetingKey"]}}
    period, slots, layer = serving.period, serving.slots, traffic.layer(serving, settings)
    if dated and period is not None:
        start, end = (conditions.moment(day, period.timezone) if day else None for day in (period.start, period.end))
        yield from conditions.within(start, end)
    yield from conditions.surfaces(serving.surfaces)
    yield from conditions.met(serving.conditions, period)
    for name, holdout in traffic.holdouts(serving, settings).items():
        yield conditions.outside(name, holdout, dated=dated)
    if (slots.start, slots.end) != (0, SLOTS):
        yield conditions.slots(layer, traffic.layer_salt(layer, settings), slots.start, slots.end)


def _tests(serving: Serving, *, dated: bool) -> Iterable[Any]:
    """True for a tester until the test is over."""
    assert serving.testers is not None
    yield {"!": {"missing": ["targetingKey"]}}
    yield conditions.true({"var": serving.testers.attribute})
    if dated and serving.period is not None and serving.period.end is not None:
        yield from conditions.within(None, conditions.moment(serving.period.end, serving.period.timezone))


def _tested(spec: Spec, serving: Serving) -> Any:
    """The arm that a tester asks for in `tester_arm`, else that of the split."""
    asked: list[Any] = []
    for arm in spec.arms:
        asked += [{"===": [TESTER_ARM, arm.name]}, arm.name + TESTER]
    return {"if": [*asked, {"cat": [_arm(spec, serving), TESTER]}]}


def _arm(spec: Spec, serving: Serving) -> Any:
    """The arm, split on the salt; with rankers nobody is split, since each user sees all of them."""
    if serving.kind == "interleaving":
        return INTERLEAVING
    if serving.arm is not None:
        return serving.arm.name
    seed = {"cat": [f"{traffic.salt(spec)}:", ID]}
    return {"fractional": [seed, *([arm.name, arm.weight] for arm in serving.arms)]}


def _choice(spec: Spec, serving: Serving) -> Any:
    arm = _arm(spec, serving)
    if not _exhausts(serving):
        return arm
    exhausted = {"and": [*conditions.number(REMAINING), {"<=": [REMAINING, 0]}]}
    return {"cat": [arm, {"if": [exhausted, FALLBACK, ""]}]}


def _metadata(spec: Spec, serving: Serving, settings: Settings) -> dict[str, str | int | bool]:
    values: dict[str, str | int | bool] = {"evaluator": EVALUATOR, "experiment": spec.name, "kind": serving.kind}
    values |= {"phase": serving.phase, "unit": serving.unit, "salt": traffic.salt(spec)}
    values |= {"layer": traffic.layer(serving, settings)}
    values |= {"slots_start": serving.slots.start, "slots_end": serving.slots.end}
    if serving.period is not None:
        values |= {"start": serving.period.start.isoformat(), "timezone": serving.period.timezone}
    if serving.period is not None and serving.period.end is not None:
        values["end"] = serving.period.end.isoformat()
    if spec.owner:
        values["owner"] = spec.owner
    return values
