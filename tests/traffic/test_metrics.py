"""What a test is read by: what is said of metrics, and of a test that gets too few users."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.compile.metric import key
from bot.ports import Baseline, Measurement
from bot.settings import Settings
from tests.traffic.conftest import NOW, Examine, ab, day, file, repository, said

METRICS: dict[str, Any] = {
    "applications": {"query": "SELECT 1", "unit": "user_id", "type": "proportion"},
    "clicks": {"query": "SELECT 2", "unit": "device_id", "type": "mean"},
}
SETTINGS = {"metrics": METRICS}
FOUND = Measurement(
    "applications",
    key(Settings.model_validate(SETTINGS).metrics["applications"]),
    NOW, day("2026-11-05"), (Baseline(280_000, 0.2, 0.4),) * 4, (10_000,) * 28,
)  # fmt: skip


def read_by(primary: str = "applications", **more: Any) -> dict[str, Any]:
    """The test, with metrics."""
    serving = more.pop("serving", {})
    return ab(metrics={"primary": primary, **more}, **serving)


def examined(examine: Examine, found: Measurement | None = FOUND, **more: Any) -> list[tuple[str, int, str]]:
    """What is said where this was measured."""
    measurements = {} if found is None else {"applications": found}
    return said(examine(repository(file("reco", read_by(**more))), settings=SETTINGS, measurements=measurements))


def test_names_of_metrics(examine: Examine) -> None:
    serving = read_by("aplications", guardrails=["clicks", "x"])
    result = examine(repository(file("reco", serving)), settings=SETTINGS)
    assert [(found.rule, found.span.line, found.message, found.hint) for found in result.findings] == [
        ("traffic.unknown-metric", 19, "there is no metric 'aplications'", "did you mean 'applications'?"),
        ("traffic.metric-unit", 21, "the metric 'clicks' counts by device_id, and the test splits by user_id",
         "name a metric that counts by the test's `unit`"),
        ("traffic.unknown-metric", 22, "there is no metric 'x'",
         "known: applications, clicks; the settings declare `metrics`"),
    ]  # fmt: skip
    assert result.outcome == "failed"


def test_one_that_was_not_measured(examine: Examine) -> None:
    """Also where its query is another one since; nothing is said where no ledger was asked."""
    never = "'applications' was never measured, so it is not known how many users the test needs"
    assert examined(examine, None) == [("unmeasured", 19, never)]
    other = "the settings have changed 'applications' since it was measured on 2026-12-03"
    assert examined(examine, replace(FOUND, key="0badcafe")) == [("unmeasured", 19, other)]
    quiet = examine(repository(file("reco", read_by())), settings=SETTINGS, measurements=None)
    assert said(quiet) == []


def test_too_few_users(examine: Examine) -> None:
    """An arm of 20 beside 80: 98,111 to find a change of 0.2 by 2%; it gets a fifth of 210,000."""
    result = examine(
        repository(file("reco", read_by())), settings=SETTINGS, measurements={"applications": FOUND}
    )  # fmt: skip
    (found,) = result.findings
    assert found.message == (
        "to find a change of 'applications' by 2%, 'als' needs 98,111 users, as measured from 2026-11-05 until "
        "2026-12-03; in 3 weeks it gets about 42,000"
    )
    assert found.hint == "it would take 8 weeks; more slots, equal weights or a larger `effect` help, too"
    assert (found.severity, result.outcome) == ("notice", "passed")


def test_enough_users(examine: Examine) -> None:
    assert examined(examine, effect="3.1%") == []
    assert [rule for rule, *_ in examined(examine, effect="3%")] == ["underpowered"]


def test_what_is_not_measured_is_said(examine: Examine) -> None:
    serving = {"conditions": {"countries": ["JP"]}, "surfaces": [{"channel": "api"}], "slots": {"end": 1_000}}
    ((_, _, message),) = examined(examine, serving=serving)
    assert message.endswith("in 3 weeks it gets at most 4,200, fewer by its surfaces and conditions")


@pytest.mark.parametrize(
    ("mean", "wanted"),
    [
        (0.0, "'applications' is 0 for all users, as measured from 2026-11-05 until 2026-12-03: no change of it can "
         "be found"),
        (1e-9, "needs 3,924,"),
    ],
)  # fmt: skip
def test_metrics_of_which_no_test_finds_a_change(examine: Examine, mean: float, wanted: str) -> None:
    none = replace(FOUND, baselines=(Baseline(280_000, mean, 0.4),) * 4)
    ((_, _, message),) = examined(examine, none)
    assert wanted in message


def test_a_running_test_may_be_read_by_another_metric(examine: Examine) -> None:
    before, after = (repository(file("reco", read_by(effect=effect))) for effect in ("2%", "3.5%"))
    assert said(examine(after, before, settings=SETTINGS, measurements={"applications": FOUND})) == []
