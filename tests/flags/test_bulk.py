"""Many ids at once get what the client gives each of them alone, and where that is not sure, the client is asked."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest

from bot.compile import flags
from bot.errors import Refused
from bot.flags import bulk
from bot.flags.openfeature import GOLDEN, OpenFeature
from bot.ports import Flag
from bot.settings import Settings
from tests.fuzz import count
from tests.ports.test_evaluator import ids, slots, spec

SPECS: dict[str, dict[str, Any]] = {
    "everybody": {},
    "a layer's slots": slots(3_400, 3_600),
    "hardly anybody": slots(0, 10),
    "a fallback": {"fallback": {"table": "x"}},
    "one arm": {"kind": "all", "arms": [], "arm": {"name": "popular", "table": "reco.popular"}},
}


@pytest.mark.parametrize("serving", SPECS.values(), ids=SPECS)
@pytest.mark.parametrize("more", [{}, {"primary_remaining": 0}, {"primary_remaining": None, "country": "JP"}])
def test_as_the_client_one_by_one(serving: dict[str, Any], more: dict[str, Any]) -> None:
    compiled, contexts = flags.flag(spec(**serving), "0badcafe", Settings()), ids(300, **more)
    client = OpenFeature()
    alone = [client.variants("demo", compiled, [context])[0] for context in contexts[:GOLDEN]]
    parts = [client.variants("demo", compiled, contexts[i : i + 100]) for i in range(0, 300, 100)]
    assert list(client.variants("demo", compiled, contexts)) == [variant for part in parts for variant in part]
    assert alone == [variant for part in parts for variant in part][:GOLDEN]


def targeting(rng: random.Random, depth: int = 3) -> Any:
    """A random targeting of operators that the compiler uses, and of some that it does not."""
    key: Any = {"var": "targetingKey"}
    split: Any = {
        "fractional": [{"cat": [rng.choice("abc"), ":", key]}, ["x", rng.randint(1, 9)], ["y", rng.randint(1, 9)]]
    }
    if depth == 0:
        return rng.choice([split, "x", "none", {"cat": ["x", {"if": [{"==": [split, "x"]}, "", ""]}]}])
    conditions: list[Any] = [
        {"==": [split, rng.choice("xy")]}, {"!": {"missing": ["targetingKey"]}}, {"<": [{"var": "n"}, 5]},
        {"and": [{"===": [split, "x"]}, {"!==": [{"var": "n"}, None]}]}, {"or": [False, {"==": [split, "y"]}]},
        {"in": [key, ["user-1", "user-2"]]}, {"starts_with": [key, "user-1"]}, {"var": "absent"},
    ]  # fmt: skip
    return {"if": [rng.choice(conditions), targeting(rng, depth - 1), targeting(rng, depth - 1)]}


def test_random_targetings() -> None:
    client, rng, formed = OpenFeature(), random.Random(11), 0
    for _ in range(count(15)):
        made = targeting(rng)
        variants = {name: {"arm": name} for name in ("x", "y", "none")}
        flag: Flag = {
            "state": "ENABLED", "variants": variants, "defaultVariant": "none", "targeting": made, "metadata": {},
        }  # fmt: skip
        if not isinstance(made, dict):
            continue
        contexts = ids(600, n=3)
        parts = [client.variants("demo", flag, contexts[i : i + 200]) for i in range(0, 600, 200)]
        assert list(client.variants("demo", flag, contexts)) == [one for part in parts for one in part], made
        formed += not isinstance(made, str)
    assert formed > 0


@pytest.mark.parametrize(
    "part",
    [
        {"in": [{"var": "targetingKey"}, ["a"]]},
        {"fractional": [["x", 1], ["y", 1]]},
        {"fractional": [{"cat": ["a", {"var": "targetingKey"}]}, ["x", 0], ["y", 1]]},
        {"if": [{"var": "targetingKey"}, "x"]},
        {"missing": ["targetingKey", "country"]},
        {"var": ""},
    ],
)
def test_what_is_not_known_is_left_to_the_client(part: Any) -> None:
    with pytest.raises(bulk.UnknownOperator):
        bulk.form(part, {}, lambda part, context: None)


def test_a_client_that_disagrees_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the form says: the client is what applications have."""
    compiled, contexts = flags.flag(spec(), "0badcafe", Settings()), ids(600)
    wanted = [
        one for i in range(0, 600, 200) for one in OpenFeature().variants("demo", compiled, contexts[i : i + 200])
    ]
    monkeypatch.setattr(bulk, "form", lambda *_: lambda key: "als")
    assert list(OpenFeature().variants("demo", compiled, contexts)) == wanted


def test_a_flag_that_is_refused_stays_refused() -> None:
    compiled = flags.flag(spec(), "0badcafe", Settings())
    with pytest.raises(Refused):
        OpenFeature().variants("demo", {**compiled, "state": "maybe", "defaultVariant": 5}, ids(600))


def test_ten_thousand_ids_take_little_time() -> None:
    compiled = flags.flag(spec(**slots(0, 5_000)), "0badcafe", Settings())
    OpenFeature().variants("demo", compiled, ids(1))
    started = time.process_time()
    OpenFeature().variants("demo", compiled, ids(10_000))
    assert time.process_time() - started < 0.5, "0.06 s on an idle machine; one by one it is 0.9 s"
