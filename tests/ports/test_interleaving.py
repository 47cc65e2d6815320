"""The flag of an interleaving test: what its value says, and who gets it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.compile import flags
from bot.experiment.model import Spec
from bot.ports import Evaluator, Flag
from bot.settings import Settings
from tests.clock import steady_date

RANKERS = [
    {"name": "zed", "table": "reco.v5"},
    {"name": "als-v4", "output": "scores"},
    {"name": "popular", "control": True, "table": "reco.popular"},
]
OUTPUT: dict[str, Any] = {"table": "reco.v4", "job": "j", "columns": {"item_id": "STRING", "score": "FLOAT64"},
          "sync": {"store": "serving", "table": "v4"}}  # fmt: skip


def spec(**serving: object) -> Spec:
    """A test that runs now."""
    day = steady_date()
    period = {"start": (day - timedelta(days=1)).isoformat(), "end": (day + timedelta(days=2)).isoformat()}
    made = {"kind": "interleaving", "rankers": RANKERS, "period": period, "surfaces": [{"channel": "api"}],
            "credit": {"event": "apply", "within": "24h"}, **serving}  # fmt: skip
    jobs = [{"name": "j", "command": "true"}]
    return Spec.model_validate({"name": "lists", "jobs": jobs, "outputs": {"scores": OUTPUT}, "serving": made})


def flag(**serving: object) -> Flag:
    """Its flag, with the places of some spec."""
    return flags.flag(spec(**serving), "0badcafe", Settings())


def users(count: int = 300, **attributes: object) -> list[dict[str, Any]]:
    """As many people in the application."""
    return [{"targetingKey": f"user-{n}", "channel": "api", **attributes} for n in range(count)]


def test_the_value_has_all_that_a_draft_needs() -> None:
    assert flag(draft={"method": "balanced", "length": 7, "per": "unit_day"})["variants"] == {
        "none": {"arm": "", "store": "", "table": ""},
        "interleaving": {
            "arm": "", "store": "", "table": "reco.popular",
            "rankers": [
                {"name": "popular", "store": "", "table": "reco.popular"},
                {"name": "als-v4", "store": "serving", "table": "v4__0badcafe"},
                {"name": "zed", "store": "", "table": "reco.v5"},
            ],
            "draft": {
                "method": "balanced", "length": 7, "item": "item_id", "rank": "score", "per": "unit_day",
                "salt": "lists:1",
            },
        },
    }  # fmt: skip


def test_a_table_of_several_days_says_which_column_tells_them_apart() -> None:
    daily = {"partition": {"column": "dt"}, "columns": {**OUTPUT["columns"], "dt": "DATE"}, "key": ["item_id", "dt"]}
    for days, wanted in ((1, None), (2, "dt")):
        output = {**OUTPUT, **daily, "sync": {"store": "serving", "table": "v4", "days": days}}
        made = Spec.model_validate({**spec().model_dump(mode="json"), "outputs": {"scores": output}})
        value = flags.flag(made, "0badcafe", Settings())["variants"]["interleaving"]
        assert [ranker.get("day") for ranker in value["rankers"]] == [None, wanted, None]


def test_the_order_of_the_file_does_not_matter() -> None:
    assert flag(rankers=RANKERS[::-1]) == flag()


def test_a_phase_throws_other_coins() -> None:
    assert flag(phase=2)["variants"]["interleaving"]["draft"]["salt"] == "lists:2"


def test_all_users_see_all_rankers(evaluator: Evaluator) -> None:
    assert set(evaluator.variants("lists", flag(), users())) == {"interleaving"}
    elsewhere = [{**user, "channel": "push"} for user in users(5)]
    assert set(evaluator.variants("lists", flag(), elsewhere)) == {"none"}
    half = list(evaluator.variants("lists", flag(slots={"end": 5000}), users()))
    assert 100 < half.count("interleaving") == len(half) - half.count("none") < 200


def test_a_fallback_takes_the_place_of_the_list(evaluator: Evaluator) -> None:
    compiled = flag(fallback={"table": "reco.rest", "on": ["exhausted"]})
    assert set(evaluator.variants("lists", compiled, users(9, primary_remaining=0))) == {"interleaving--fallback"}
    assert set(evaluator.variants("lists", compiled, users(9, primary_remaining=1))) == {"interleaving"}
    assert compiled["variants"]["interleaving--fallback"] == {"arm": "", "store": "", "table": "reco.rest"}
    assert compiled["variants"]["interleaving"]["fallback"] == "reco.rest"


def test_testers_see_the_draft_or_the_ranker_that_they_name(evaluator: Evaluator) -> None:
    compiled = flag(testers={"attribute": "is_staff"}, period={"start": "2096-01-02", "end": "2096-01-16"})
    staff: list[dict[str, Any]] = [
        {"targetingKey": "ann", "is_staff": True},
        {"targetingKey": "ann", "is_staff": True, "tester_arm": "als-v4"},
        {"targetingKey": "ann", "is_staff": True, "tester_arm": "nobody"},
        {"targetingKey": "ann"},
    ]
    found = ["interleaving--tester", "als-v4--tester", "interleaving--tester", "none"]
    assert list(evaluator.variants("lists", compiled, staff)) == found
    whole, alone = (compiled["variants"][name] for name in found[:2])
    assert whole == {**compiled["variants"]["interleaving"], "tester": "interleaving"}
    assert alone == {"arm": "", "store": "serving", "table": "v4__0badcafe", "tester": "als-v4"}


def test_off_is_the_control_alone(evaluator: Evaluator) -> None:
    compiled = flags.flag_off(spec(), "0badcafe", Settings())
    assert set(evaluator.variants("lists", compiled, users(9))) == {"off"}
    assert compiled["variants"]["off"] == {"arm": "", "store": "", "table": "reco.popular"}
