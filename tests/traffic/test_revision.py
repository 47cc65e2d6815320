"""A running test is changed: what is refused, in which words, and what is let through."""

from __future__ import annotations

from typing import Any

import pytest

from bot.experiment.load import load
from bot.ports import Trial
from bot.settings import Settings
from checks.traffic.moves import moved
from tests.traffic.conftest import LAYERS, Examine, ab, day, file, repository, said

RUNS = "the test runs since 2026-11-30, and its "
HOME = [{"channel": "api", "placement": "home"}]
HALF = {"layer": "home", "slots": {"start": 2_000, "end": 6_000}}


def weights(*each: int) -> list[dict[str, Any]]:
    """The arms with these weights."""
    return [{**arm, "weight": weight} for arm, weight in zip(ab()["arms"], each, strict=True)]


ARMS = "arms are changed from control 80, als 20 (line 7 before) to"
SLOTS = "slots are changed from 2,000 to 6,000 of home (line 19 before) to"
MADE = "of 10,000 users made for both sides of it would come in or leave"
# What the test said, what it says now, and what is said of it (the line, and the words after "its").
REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], int, str]] = {
    "another unit": (
        {}, {"unit": "device_id"}, 18,
        "unit is changed from user_id (line 5 before) to device_id: 100.0% of its users would move"),
    "another salt": (
        {}, {"salt": "x"}, 18, "salt is changed from its name (line 5 before) to x: 31.6% of its users would move"),
    "a start that moves": (
        {}, {"period": {"start": "2026-12-01", "end": "2026-12-22"}}, 15,
        "start is changed from 2026-11-30 (UTC) (line 15 before) to 2026-12-01 (UTC): 100.0% of its users would move"),
    "another time zone": (
        {}, {"period": {"start": "2026-11-30", "end": "2026-12-21", "timezone": "Asia/Tokyo"}}, 15,
        "start is changed from 2026-11-30 (UTC) (line 15 before) to 2026-11-30 (Asia/Tokyo): 100.0% of its users would "
        "move"),
    "other weights": ({}, {"arms": weights(50, 50)}, 7, f"{ARMS} control 50, als 50: 30.2% of its users would move"),
    "another order of the arms": (
        {}, {"arms": ab()["arms"][::-1]}, 7, f"{ARMS} als 20, control 80: 39.9% of its users would move"),
    "an arm more": (
        {}, {"arms": [*ab()["arms"], {"name": "more", "weight": 1, "table": "reco.v5"}]}, 7,
        f"{ARMS} control 80, als 20, more 1: 1.6% of its users would move"),
    "another name of an arm": (
        {}, {"arms": [ab()["arms"][0], {"name": "als-v4", "weight": 20, "table": "reco.v4"}]}, 7,
        f"{ARMS} control 80, als-v4 20: 19.7% of its users would move"),
    "fewer slots": (
        HALF, {**HALF, "slots": {"start": 2_000, "end": 5_000}}, 19,
        f"{SLOTS} 2,000 to 5,000 of home: 23.1% of its users would move"),
    "other slots": (
        HALF, {**HALF, "slots": {"start": 6_000, "end": 10_000}}, 19,
        f"{SLOTS} 6,000 to 10,000 of home: 100.0% of its users would move"),
    "another layer": (
        HALF, {**HALF, "layer": "mail"}, 18,
        f"{SLOTS} 2,000 to 6,000 of mail: 60.0% of its users would move".replace("line 19", "line 18")),
    "a surface more": (
        {"surfaces": HOME}, {"surfaces": [*HOME, {"channel": "mail"}]}, 18,
        "surfaces are changed from {channel: api, placement: home} (line 18 before) to {channel: api, placement: home} "
        f"and {{channel: mail}}: 66.7% {MADE}"),
    "a country more": (
        {"conditions": {"countries": ["JP"]}}, {"conditions": {"countries": ["JP", "TW"]}}, 18,
        f"conditions are changed from {{countries: [JP]}} (line 18 before) to {{countries: [JP, TW]}}: 50.0% {MADE}"),
    "other users": (
        {"conditions": {"users": {"signed_up_after": "start - 30d"}}},
        {"conditions": {"users": {"signed_up_after": "start - 60d"}}}, 18,
        "conditions are changed from {users: {signed_up_after: start - 30d}} (line 18 before) to {users: "
        f"{{signed_up_after: start - 60d}}}}: 66.7% {MADE}"),
    "testers": (
        {}, {"testers": {"attribute": "is_staff"}}, 18,
        f"testers are changed from nobody (line 5 before) to is_staff: 50.0% {MADE}"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after", "line", "words"), REFUSED.values(), ids=REFUSED)
def test_refused(before: dict[str, Any], after: dict[str, Any], line: int, words: str, examine: Examine) -> None:
    result = examine(repository(file("reco", ab(**after))), repository(file("reco", ab(**before))))
    assert said(result) == [("running-test", line, RUNS + words)]
    assert result.outcome == "failed"
    assert result.findings[0].hint == "put it back, or write `phase: 2` with a start of its own"


LONGER = {"period": {"start": "2026-11-30", "end": "2026-12-28"}}
ALLOWED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nothing": ({}, {}),
    "more slots behind": (HALF, {**HALF, "slots": {"start": 2_000, "end": 8_000}}),
    "more slots before": (HALF, {**HALF, "slots": {"start": 0, "end": 6_000}}),
    "all slots": (HALF, {}),
    "another layer of all": ({}, {"layer": "mail"}),
    "a later end": ({}, LONGER),
    "an earlier end": ({}, {"period": {"start": "2026-11-30", "end": "2026-12-14"}}),
    "weights that say the same": ({"arms": weights(80, 20)}, {"arms": weights(4, 1)}),
    "the default said": ({}, {"salt": "reco:1", "phase": 1, "unit": "user_id", "layer": "default"}),
    "the same days": (
        {"conditions": {"users": {"signed_up_after": "start - 29d"}}},
        {"conditions": {"users": {"signed_up_after": "2026-11-01"}}}),
    "surfaces in another order": (
        {"surfaces": [*HOME, {"channel": "mail"}], "layer": "home"},
        {"surfaces": [{"channel": "mail"}, *HOME], "layer": "home"}),
    "words for people": ({}, {"hypothesis": "Newer is better."}),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), ALLOWED.values(), ids=ALLOWED)
def test_allowed(before: dict[str, Any], after: dict[str, Any], examine: Examine) -> None:
    result = examine(repository(file("reco", ab(**after))), repository(file("reco", ab(**before))))
    assert said(result) == []


@pytest.mark.parametrize(("before", "after"), ALLOWED.values(), ids=ALLOWED)
def test_what_is_allowed_moves_nobody(before: dict[str, Any], after: dict[str, Any], evaluator: Any) -> None:
    old, new = (load("x.yaml", file("reco", ab(**serving))).spec for serving in (before, after))
    assert moved(old, new, evaluator, Settings.model_validate(LAYERS)) == 0.0


def test_the_end_of_a_test_is_no_change_of_it(examine: Examine) -> None:
    before = repository(file("reco", ab()))
    for serving in ({"kind": "all", "arm": {"name": "als", "table": "reco.v4"}}, None):
        assert said(examine(repository(file("reco", serving)), before)) == []


@pytest.mark.parametrize("start", ["2026-12-07", "2026-11-02"], ids=["not begun", "over"])
def test_a_test_that_does_not_run_may_be_changed(start: str, examine: Examine) -> None:
    end = {"2026-12-07": "2026-12-21", "2026-11-02": "2026-11-30"}[start]
    before = repository(file("reco", ab(period={"start": start, "end": end})))
    after = ab(arms=weights(50, 50), unit="device_id", phase=2, period={"start": "2026-12-14", "end": "2026-12-28"})
    assert said(examine(repository(file("reco", after)), before)) == []


def test_a_phase_changes_everything_from_a_start_of_its_own(examine: Examine) -> None:
    before = repository(file("reco", ab(phase=2)))
    anew = ab(arms=weights(50, 50), unit="device_id", period={"start": "2026-12-07", "end": "2026-12-21"})
    assert said(examine(repository(file("reco", {**anew, "phase": 3})), before)) == []
    late = {**anew, "phase": 3, "period": ab()["period"]}
    assert said(examine(repository(file("reco", late)), before)) == [
        ("late", 16, "the test should begin on 2026-11-30, and is not live yet"),
        ("running-test", 16, "phase 3 begins on 2026-11-30 (UTC), not after phase 2"),
    ]
    assert said(examine(repository(file("reco", {**anew, "phase": 1})), before)) == [
        ("running-test", 19, "the test is in phase 2 (line 18 before); no phase comes back"),
    ]


def test_a_phase_needs_a_salt_of_its_own(examine: Examine) -> None:
    before = repository(file("reco", ab(salt="mine")))
    after = ab(salt="mine", phase=2, period={"start": "2026-12-07", "end": "2026-12-21"})
    message = "phase 1 of reco, from 2026-11-30 to 2026-12-21, split users with the same salt 'mine'"
    assert said(examine(repository(file("reco", after)), before)) == [("reused-salt", 18, message)]


def test_an_heir_is_the_test_that_it_was(examine: Examine) -> None:
    before = repository(file("reco", ab()))
    assert said(examine(repository(file("new", ab(), renamed_from="reco")), before)) == []
    (found,) = said(examine(repository(file("new", ab(unit="device_id"), renamed_from="reco")), before))
    assert found[0] == "running-test"


def test_without_the_client_the_change_is_refused_all_the_same(examine: Examine) -> None:
    before = repository(file("reco", ab()))
    result = examine(repository(file("reco", ab(arms=weights(50, 50)))), before, evaluator=None)
    words = "arms are changed from control 80, als 20 (line 7 before) to control 50, als 50"
    assert said(result) == [("running-test", 7, RUNS + words)]
    assert result.unproven == ("the flag client was not asked: how many users would move is not known",)


def test_without_a_base_a_running_test_is_not_proven(examine: Examine) -> None:
    head = repository(file("reco", ab()))
    for start, told in ((day("2026-11-30"), True), (day("2026-12-07"), False)):
        live = {"reco": (Trial(1, "reco:1", "default", (0, 10_000), start, day("2026-12-21")),)}
        words = ("it is live; with `--base`, the check says whether a running test is changed",)
        assert examine(head, trials=live).unproven == (words if told else ())
        assert examine(head, head, trials=live).unproven == ()
    assert examine(head).unproven == ()
