"""The check against the plainest oracles: sets of slots and hours, and the flag before and after."""

from __future__ import annotations

import random
import time
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.check import Context
from bot.document.tree import Tree
from bot.experiment.load import Experiment
from bot.experiment.model import Spec
from bot.experiment.repository import Repository
from bot.settings import Settings
from checks.traffic import declared
from checks.traffic.claims import Claims, claim, free
from checks.traffic.moves import moved
from tests.checks.conftest import Memory
from tests.fuzz import count
from tests.some import some
from tests.traffic.conftest import LAYERS, NOW, Examine, ab, file, repository

ZONES = ("UTC", "Asia/Tokyo", "America/Lima", "Pacific/Kiritimati")
SETTINGS = Settings.model_validate(LAYERS)


def experiment(name: str, serving: dict[str, Any]) -> Experiment:
    """A sound experiment without a file."""
    whole = {"name": name, "jobs": [{"name": "infer", "command": "x"}], "serving": serving}
    return Experiment(f"{name}.yaml", name, Tree(), (), Spec.model_validate(whole))


def context(*experiments: Experiment) -> Context:
    """These, and nothing else."""
    return Context(SETTINGS, Repository(experiments, Memory({})), NOW, NOW)


def drawn(draw: random.Random) -> dict[str, Any]:
    """A test of a few days that takes some slots of one of two layers."""
    start = date(2026, 12, 1) + timedelta(days=draw.randrange(10))
    end = start + timedelta(days=draw.randint(1, 8))
    low, high = sorted(draw.sample(range(0, 10_001, 500), 2))
    period = {"start": str(start), "end": str(end), "timezone": draw.choice(ZONES)}
    return ab(layer=draw.choice(["home", "home", "mail"]), slots={"start": low, "end": high}, period=period)


def taken(serving: dict[str, Any]) -> set[tuple[str, int, int]]:
    """Layer, hour and slot, each by each; slots by five hundreds."""
    period, zone = serving["period"], ZoneInfo(serving["period"]["timezone"])
    first, last = (datetime.fromisoformat(period[key]).replace(tzinfo=zone) for key in ("start", "end"))
    hours = range(int(first.timestamp()) // 3600, int(last.timestamp()) // 3600)
    slots = range(serving["slots"]["start"] // 500, serving["slots"]["end"] // 500)
    return {(serving["layer"], hour, slot) for hour in hours for slot in slots}


def test_overlaps_are_those_of_the_sets() -> None:
    draw = random.Random(20261128)
    overlapping = 0
    for number in range(count(2_000)):
        one, two = drawn(draw), drawn(draw)
        pair = experiment("one", one), experiment("two", two)
        found = [problem.rule for problem in declared(pair[0], context(*pair))]
        meet = not taken(one).isdisjoint(taken(two))
        overlapping += meet
        assert ("overlap" in found) == meet, (number, one, two)
    assert overlapping > count(2_000) / 10


def test_what_is_offered_is_free() -> None:
    draw = random.Random(20261129)
    for _ in range(count(300, 20_000)):
        servings = [{**drawn(draw), "layer": "home"} for _ in range(draw.randint(1, 6))]
        whole = [experiment(f"e{i}", serving) for i, serving in enumerate(servings)]
        index = Claims(((one.name, None, some(one.spec.serving)) for one in whole), SETTINGS)
        first = some(claim(whole[0].name, whole[0].spec.serving, SETTINGS))
        hours = {hour for _, hour, _ in taken(servings[0])}
        busy = {slot for serving in servings[1:] for _, hour, slot in taken(serving) if hour in hours}
        offered = {slot for start, end in free(index.in_layer(first)) for slot in range(start // 500, end // 500)}
        assert offered == set(range(20)) - busy


def edited(draw: random.Random, serving: dict[str, Any]) -> dict[str, Any]:
    """The test with one or two changes, harmful or not."""
    changed = dict(serving)
    for key in draw.sample(["unit", "salt", "period", "arms", "slots", "layer", "surfaces", "conditions", "phase"], 2):
        changed[key] = draw.choice(EDITS[key])
        if changed[key] is None:
            del changed[key]
    return changed


def arms(*weights: int) -> list[dict[str, Any]]:
    """Two arms, or three."""
    return [
        {"name": f"arm{i}", "control": i == 0, "weight": weight, "table": f"reco.v{i}"}
        for i, weight in enumerate(weights)
    ]


EDITS: dict[str, list[Any]] = {
    "unit": ["user_id", "device_id"],
    "salt": [None, "reco:1", "other"],
    "period": [
        {"start": start, "end": end, "timezone": zone}
        for start in ("2026-11-30", "2026-12-01") for end in ("2026-12-14", "2026-12-21") for zone in ZONES[:2]],
    "arms": [arms(1, 1), arms(50, 50), arms(80, 20), arms(1, 1, 1), arms(1, 1)[::-1]],
    "slots": [None, *({"start": a, "end": b} for a in (0, 2_000, 3_000) for b in (6_000, 7_000, 10_000))],
    "layer": [None, "home", "mail"],
    "surfaces": [None, [{"channel": "api"}], [{"channel": "api", "placement": "home"}, {"channel": "mail"}]],
    "conditions": [
        None, {}, {"countries": ["JP"]}, {"countries": ["JP", "TW"]}, {"users": {"signed_up_after": "start - 30d"}},
        {"users": {"signed_up_after": "2026-10-31"}}, {"min_app_version": {"ios": "5.2.0"}}],
    "phase": [None, 1],
}  # fmt: skip


@pytest.mark.slow
def test_what_is_refused_moves_somebody_and_what_is_allowed_nobody(examine: Examine, evaluator: Any) -> None:
    """A start and a unit, which no flag shows at one moment, aside: they are refused by themselves."""
    draw, refused = random.Random(20261130), 0
    for number in range(count(15, 2_000)):
        before = edited(draw, {**ab(arms=arms(1, 1)), "layer": "home"})
        after = edited(draw, before)
        head, base = repository(file("reco", after)), repository(file("reco", before))
        found = [f for f in examine(head, base).findings if f.rule == "traffic.running-test"]
        old, new = base.experiments[0].spec, head.experiments[0].spec
        is_told = any(f" {what} is changed" in f.message for what in ("start", "unit") for f in found)
        outside = {"surfaces", "conditions"} & {key for key in EDITS if before.get(key) != after.get(key)}
        share = moved(
            old, new, evaluator, SETTINGS, entering=bool(outside) and before.get("slots") == after.get("slots")
        )
        refused += bool(found)
        assert (share > 0) <= bool(found), (number, before, after)
        assert bool(found) <= (share > 0 or is_told or bool(outside)), (number, before, after)
        assert all(": 0.0% of" not in f.message for f in found), (number, before, after)
    assert refused > count(15, 2_000) / 4


@pytest.mark.slow
def test_ten_thousand_experiments_in_a_second() -> None:
    """Five years of tests in twenty layers, none of which meets another, and the index made anew."""
    whole = []
    for number in range(10_000):
        layer, turn = number % 20, number // 20
        start = date(2024, 1, 1) + timedelta(weeks=3 * (turn // 5))
        slots = {"start": turn % 5 * 2_000, "end": turn % 5 * 2_000 + 2_000}
        period = {"start": str(start), "end": str(start + timedelta(weeks=3))}
        surfaces = [{"channel": "api", "placement": f"place-{layer}"}]
        whole.append(experiment(f"e{number}", ab(layer=f"l{layer}", slots=slots, period=period, surfaces=surfaces)))
    layers: dict[str, Any] = {f"l{i}": {} for i in range(20)}
    settings = Settings.model_validate({"layers": layers})
    all_of_them = Context(settings, Repository(tuple(whole), Memory({})), NOW, NOW)
    begun = time.process_time()
    found = [problem for one in whole for problem in declared(one, all_of_them)]
    took = time.process_time() - begun
    assert found == []
    assert took < 3, "one second on a quiet machine"
    print(f"10,000 experiments in {took:.2f} s")
