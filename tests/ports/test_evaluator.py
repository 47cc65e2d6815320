"""What every flag client makes of the flags that sameday compiles."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.compile import flags
from bot.errors import Refused
from bot.experiment.model import Spec
from bot.ports import Evaluator, Flag
from bot.settings import Settings
from checks.flags import chance
from tests.clock import steady_date

ARMS = [
    {"name": "control", "control": True, "weight": 80, "table": "reco.v3"},
    {"name": "als", "weight": 20, "table": "reco.v4"},
]


def spec(name: str = "demo", **serving: object) -> Spec:
    """An A/B test that runs now, for everybody."""
    day = steady_date()
    period = {"start": (day - timedelta(days=1)).isoformat(), "end": (day + timedelta(days=2)).isoformat()}
    made = {"kind": "ab", "arms": ARMS, "period": period, "salt": "the same every day", **serving}
    return Spec.model_validate({"name": name, "jobs": [{"name": "j", "command": "true"}], "serving": made})


def flag(of: Spec) -> Flag:
    """The flag as it names places of some spec."""
    return flags.flag(of, "0badcafe", Settings())


def ids(count: int = 10_000, **attributes: object) -> list[dict[str, object]]:
    """As many people."""
    return [{"targetingKey": f"user-{i}", **attributes} for i in range(count)]


def slots(start: int, end: int) -> dict[str, Any]:
    """A part of one layer."""
    return {"layer": "home", "slots": {"start": start, "end": end}}


def test_split_is_as_asked(evaluator: Evaluator) -> None:
    found = evaluator.variants("demo", flag(spec()), ids())
    counts = Counter(found)
    assert set(counts) == {"control", "als"}
    assert chance(counts, {"control": 0.8, "als": 0.2}, 10_000) > 0.001
    again = evaluator.variants("demo", flag(spec()), ids(500))
    assert list(again) == list(found[:500]), "who is in an arm stays there"


def test_everybody_gets_the_one_arm(evaluator: Evaluator) -> None:
    compiled = flag(spec(kind="all", arms=[], arm={"name": "popular", "table": "reco.popular"}))
    assert set(evaluator.variants("demo", compiled, ids(500))) == {"popular"}


def test_slots_of_one_layer_are_disjoint(evaluator: Evaluator) -> None:
    first = evaluator.variants("one", flag(spec("one", **slots(0, 5_000))), ids(5_000))
    second = evaluator.variants("two", flag(spec("two", **slots(5_000, 6_000))), ids(5_000))
    inside = [one != "none" for one in first], [two != "none" for two in second]
    assert not any(one and two for one, two in zip(*inside, strict=True))
    for seen, share in zip(inside, (0.5, 0.1), strict=True):
        assert chance({"in": sum(seen), "out": 5_000 - sum(seen)}, {"in": share, "out": 1 - share}, 5_000) > 0.001


def test_arms_do_not_depend_on_slots(evaluator: Evaluator) -> None:
    found = Counter(evaluator.variants("demo", flag(spec(**slots(2_000, 7_000))), ids(5_000)))
    inside = found["control"] + found["als"]
    assert chance(found, {"control": 0.8, "als": 0.2}, inside) > 0.001


@pytest.mark.parametrize(("before", "after"), [((0, 3_000), (0, 6_000)), ((5_000, 8_000), (2_000, 8_000))])
def test_growing_moves_nobody(evaluator: Evaluator, before: tuple[int, int], after: tuple[int, int]) -> None:
    old = evaluator.variants("demo", flag(spec(**slots(*before))), ids(2_000))
    new = evaluator.variants("demo", flag(spec(**slots(*after))), ids(2_000))
    assert [two for one, two in zip(old, new, strict=True) if one != "none"] == [one for one in old if one != "none"]
    assert sum(one == "none" != two for one, two in zip(old, new, strict=True)) > 300


@pytest.mark.parametrize(("start", "end"), [(2, 5), (-9, -2), (-9, 0), (1, 2)])
def test_nobody_outside_the_period(evaluator: Evaluator, start: int, end: int) -> None:
    day = steady_date()
    period = {"start": (day + timedelta(days=start)).isoformat(), "end": (day + timedelta(days=end)).isoformat()}
    assert set(evaluator.variants("demo", flag(spec(period=period)), ids(50))) == {"none"}


def test_period_is_of_its_time_zone(evaluator: Evaluator) -> None:
    """Kiritimati is 14 hours ahead, Niue 11 behind: at any moment the two have not the same date."""
    for zone, other in (("Pacific/Kiritimati", "Pacific/Niue"), ("Pacific/Niue", "Pacific/Kiritimati")):
        day = datetime.now(UTC).astimezone(ZoneInfo(zone)).date()
        period = {"start": day.isoformat(), "end": (day + timedelta(days=1)).isoformat()}
        here, there = (spec(period={**period, "timezone": name}) for name in (zone, other))
        assert "none" not in evaluator.variants("demo", flag(here), ids(20))
        assert set(evaluator.variants("demo", flag(there), ids(20))) == {"none"}


def test_nobody_without_an_id(evaluator: Evaluator) -> None:
    contexts = [{}, {"targetingKey": ""}, {"user_id": "user-1"}]
    assert list(evaluator.variants("demo", flag(spec()), contexts)) == ["none"] * 3


FALLBACK: dict[str, Any] = {"fallback": {"table": "reco.popular", "on": ["exhausted"]}}


def test_fallback_stays_inside_the_arm(evaluator: Evaluator) -> None:
    compiled = flag(spec(**FALLBACK))
    arms = evaluator.variants("demo", compiled, ids(1_000, primary_remaining=7))
    assert set(arms) == {"control", "als"}
    for remaining in (0, -1):
        found = evaluator.variants("demo", compiled, ids(1_000, primary_remaining=remaining))
        assert list(found) == [f"{arm}--fallback" for arm in arms]
    assert list(evaluator.variants("demo", compiled, ids(1_000))) == list(arms), "unknown is not exhausted"
    assert compiled["variants"]["als--fallback"]["table"] == "reco.popular"
    assert compiled["variants"]["als--fallback"]["arm"] == "als"


def test_fallback_for_other_reasons_is_the_applications(evaluator: Evaluator) -> None:
    compiled = flag(spec(fallback={"table": "reco.popular", "on": ["missing", "stale"]}))
    assert set(evaluator.variants("demo", compiled, ids(200, primary_remaining=0))) == {"control", "als"}
    assert compiled["variants"]["als"]["fallback"] == "reco.popular"


def test_variants_say_where_to_read() -> None:
    assert flag(spec())["variants"] == {
        "none": {"arm": "", "store": "", "table": ""},
        "control": {"arm": "control", "store": "", "table": "reco.v3"},
        "als": {"arm": "als", "store": "", "table": "reco.v4"},
    }


BROKEN = {
    "a key that is not known": {"description": "free text"},
    "no variants": {"variants": {}},
    "a state that is not known": {"state": "on"},
    "an operator that is not known": {"targeting": {"sometimes": [1]}},
    "a variant that is not there": {"targeting": {"if": [True, "als-v5", "none"]}},
    "an arm that is not there": {"targeting": {"fractional": [{"var": "targetingKey"}, ["als-v5", 1]]}},
    "text that is in a list": {"metadata": {"owners": ["@acme/reco"]}},
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_broken_flag(evaluator: Evaluator, change: dict[str, object]) -> None:
    with pytest.raises(Refused, match=r"the flag client .*\w: .*\w"):
        evaluator.variants("demo", {**flag(spec()), **change}, ids(3))


def test_sound_flag_after_a_broken_one(evaluator: Evaluator) -> None:
    with pytest.raises(Refused):
        evaluator.variants("demo", {**flag(spec()), "description": "free text"}, ids(1))
    assert "none" not in evaluator.variants("demo", flag(spec()), ids(100))
