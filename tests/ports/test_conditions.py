"""Every flag client lets in who meets the conditions, and nobody who cannot be shown to meet them."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.compile import flags, traffic
from bot.compile.contexts import belonging
from bot.experiment.arms import Serving
from bot.experiment.model import Spec
from bot.ports import Evaluator
from bot.settings import Settings
from tests.fuzz import count
from tests.ports import oracle
from tests.some import some

TODAY = datetime.now(UTC).date()
DAY = timedelta(days=1)
BEGAN = TODAY - 27 * DAY
SINCE = int(datetime(BEGAN.year, BEGAN.month, BEGAN.day, tzinfo=UTC).timestamp())
KINDS: dict[str, dict[str, Any]] = {
    "surfaces": {"surfaces": [
        {"channel": "api", "placement": "home", "platforms": ["web", "ios"]}, {"channel": "mail"}]},
    "new users": {"conditions": {"users": {"signed_up_after": str(BEGAN)}}},
    "existing users": {"conditions": {"users": {"signed_up_before": str(BEGAN)}}},
    "users of some days": {"conditions": {"users": {"signed_up_after": "start - 26d", "signed_up_before": "start"}}},
    "countries": {"conditions": {"countries": ["JP", "TW"]}},
    "versions": {"conditions": {"min_app_version": {"ios": "5.2.0", "android": "10.0.1"}}},
    "a version on one platform": {"conditions": {"min_app_version": {"ios": "5.2.0"}}},
    "after another": {"conditions": {"after": {"experiment": "als-v3"}}},
    "slots": {"slots": {"start": 1_000, "end": 7_000}, "layer": "home"},
    "testers": {"testers": {"attribute": "is_staff"}, "slots": {"end": 5_000}, "layer": "home"},
    "fallback": {"fallback": {"table": "reco.popular"}},
    "not begun, with testers": {
        "testers": {"attribute": "is_staff"},
        "period": {"start": str(TODAY + 3 * DAY), "end": str(TODAY + 9 * DAY)}},
    "over, with testers": {
        "testers": {"attribute": "is_staff"},
        "period": {"start": str(TODAY - 9 * DAY), "end": str(TODAY - 3 * DAY)}},
}  # fmt: skip
KINDS["all at once"] = {
    key: value for name in ("surfaces", "testers", "fallback") for key, value in KINDS[name].items()
} | {"conditions": {
    "users": {"signed_up_after": str(BEGAN)}, "countries": ["JP", "TW"], "min_app_version": {"ios": "5.2.0"},
    "after": {"experiment": "als-v3"}}}  # fmt: skip
HOLDOUTS: dict[str, Any] = {
    "now": {"share": "20%", "start": str(TODAY - DAY), "end": str(TODAY + 2 * DAY)},
    "later": {"share": "50%", "start": str(TODAY + 3 * DAY), "end": str(TODAY + 9 * DAY)},
    "elsewhere": {
        "share": "50%", "start": str(TODAY + 10 * DAY), "end": str(TODAY + 11 * DAY), "surfaces": ["nowhere"]},
}  # fmt: skip

ABSENT = object()
STRANGE: list[Any] = [ABSENT, None, "", "x", True, False, 0, 1, -1, 1.5, [], ["JP"], {}, "None", "null", "true"]
VALUES: dict[str, list[Any]] = {
    "channel": ["api", "mail", "push", "API", *STRANGE],
    "placement": ["home", "search", *STRANGE],
    "platform": ["web", "ios", "android", "tv", *STRANGE],
    "country": ["JP", "TW", "US", "jp", "JPN", "J", *STRANGE],
    "signed_up_at": [
        SINCE - 1, SINCE, SINCE + 1, SINCE + 0.5, float(SINCE), SINCE * 1000, str(SINCE + 1), [SINCE + 1],
        SINCE + 26 * 86_400 - 1, SINCE + 26 * 86_400, 2_000_000_000, *STRANGE],
    "app_version": [
        "5.1.9", "5.2.0", "5.2.1", "5.10.0", "10.0.0", "10.0.1", "10.0.2", "5.x", "5.2.0.1", 5.2, 6, ["5.2.0"],
        *STRANGE],
    "exhausted": [["als-v3"], ["other", "als-v3"], ["other"], [["als-v3"]], "als-v3", "als-v3, x", *STRANGE],
    "is_staff": [True, True, *STRANGE],
    "tester_arm": ["control", "als", "als--tester", "none", *STRANGE],
    "primary_remaining": [-1, 0, 0.0, 1, 7, "0", *STRANGE],
}  # fmt: skip


def spec(**serving: Any) -> Spec:
    """An A/B test that runs now."""
    arms = [
        {"name": "control", "control": True, "weight": 80, "table": "reco.v3"},
        {"name": "als", "weight": 20, "table": "reco.v4"},
    ]
    period = {"start": str(TODAY - DAY), "end": str(TODAY + 2 * DAY)}
    made = {"kind": "ab", "arms": arms, "period": period, "layer": "default", **serving}
    return Spec.model_validate({"name": "demo", "jobs": [{"name": "j", "command": "true"}], "serving": made})


def users(serving: Serving, many: int) -> list[dict[str, Any]]:
    """Users who belong, or of whom some attributes are at an edge, beside it, missing, or of any type."""
    draw = random.Random(20261128)
    found = []
    for i in range(many):
        context = {"targetingKey": f"user-{i}", **belonging(serving)}
        for key in draw.sample(sorted(VALUES), draw.choice([0, 1, 1, 2, 3])):
            context[key] = draw.choice(VALUES[key])
        if i % 97 == 0:
            context["targetingKey"] = draw.choice(["", None])
        found.append({key: value for key, value in context.items() if value is not ABSENT})
    return found


@pytest.mark.parametrize("holdouts", [{}, HOLDOUTS], ids=["", "held"])
@pytest.mark.parametrize("name", KINDS)
def test_the_client_agrees_with_the_oracle(name: str, holdouts: dict[str, Any], evaluator: Evaluator) -> None:
    settings = Settings.model_validate({"holdouts": holdouts})
    tested = spec(**KINDS[name])
    contexts = users(some(tested.serving), count(600, 100_000))
    before = int(time.time())
    found = evaluator.variants("demo", flags.flag(tested, "0badcafe", settings), contexts)
    if datetime.now(UTC).date() != TODAY:
        pytest.skip("the day changed on the way")
    held = traffic.holdouts(some(tested.serving), settings)
    wanted = [oracle.variant("demo", some(tested.serving), held, context, before) for context in contexts]
    differ = [(context, one, two) for context, one, two in zip(contexts, found, wanted, strict=True) if one != two]
    assert differ == []
    assert len(set(found)) > 1 or name.startswith("over"), "both sides of each edge were seen"


def test_an_application_that_sends_nothing_lets_nobody_in(evaluator: Evaluator) -> None:
    for name in ("surfaces", "new users", "existing users", "countries", "versions", "after another"):
        compiled = flags.flag(spec(**KINDS[name]), "0badcafe", Settings())
        assert set(evaluator.variants("demo", compiled, [{"targetingKey": f"u{i}"} for i in range(50)])) == {"none"}


def test_a_tester_is_counted_in_no_arm() -> None:
    variants = flags.flag(spec(**KINDS["testers"]), "0badcafe", Settings())["variants"]
    assert variants["als--tester"] == {"arm": "", "tester": "als", "store": "", "table": "reco.v4"}


def test_the_salt_of_a_layer_moves_all_its_slots(evaluator: Evaluator) -> None:
    ids = [{"targetingKey": f"user-{i}"} for i in range(2_000)]
    half = spec(layer="home", slots={"end": 5_000})
    found = []
    for salt in ("", "2026h2"):
        settings = Settings.model_validate({"layers": {"home": {"salt": salt}}})
        found.append(evaluator.variants("demo", flags.flag(half, "0badcafe", settings), ids))
    both = sum(one != "none" and two != "none" for one, two in zip(*found, strict=True))
    assert 400 < both < 600, "a quarter is in both halves"


def test_the_layer_of_a_surface_holds_where_the_file_names_none(evaluator: Evaluator) -> None:
    settings = Settings.model_validate({"layers": {"home": {"salt": "x", "surfaces": ["home"]}}})
    on_home = {"surfaces": [{"channel": "api", "placement": "home"}], "slots": {"end": 5_000}}
    flag = flags.flag(spec(**on_home, layer=None), "0badcafe", settings)
    assert flag == flags.flag(spec(**on_home, layer="home"), "0badcafe", settings)
    assert flag["metadata"]["layer"] == "home"


def test_two_phases_are_two_splits(evaluator: Evaluator) -> None:
    ids = [{"targetingKey": f"user-{i}"} for i in range(2_000)]
    one, two = (evaluator.variants("demo", flags.flag(spec(phase=n), "0badcafe", Settings()), ids) for n in (1, 2))
    same = sum(a == b for a, b in zip(one, two, strict=True))
    assert 0.64 * 2_000 < same < 0.72 * 2_000, "as many as two independent splits have in common"
