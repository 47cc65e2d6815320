"""Who sees what, as the plan says it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.experiment.arms import Serving
from bot.report.traffic import may_leave, served
from bot.settings import Settings

ARMS = [{"name": "old", "control": True, "weight": 3, "table": "t"}, {"name": "new", "table": "u"}]
AB: dict[str, Any] = {"kind": "ab", "arms": ARMS, "period": {"start": "2026-11-30", "end": "2026-12-21"}}
ALL: dict[str, Any] = {"kind": "all", "arm": {"name": "new", "table": "u"}}
DATES = ", from 2026-11-30 until 2026-12-21, the first day without (UTC)"
SETTINGS = Settings.model_validate({
    "layers": {"home": {"surfaces": ["home"]}},
    "holdouts": {"h2": {"share": "5%", "start": "2026-07-01", "end": "2027-01-01", "surfaces": ["home"]}},
})  # fmt: skip
HOME = {"channel": "api", "placement": "home", "platforms": ["web", "ios"]}
SAID: dict[str, tuple[dict[str, Any], str, str]] = {
    "everybody": ({**ALL, "surfaces": [{"channel": "push"}]}, "new for everyone, on push", ""),
    "held out": (ALL, "new for everyone, without the 5% of the holdout h2", ""),
    "slots of a surface's layer": (
        {**AB, "surfaces": [HOME, {"channel": "mail"}], "slots": {"end": 2_500}},
        "old 75%, new 25% of 25% of the layer home, on api/home (web, ios) and mail, without the 5% of the holdout "
        "h2" + DATES, ""),
    "rankers": (
        {"kind": "interleaving", "rankers": [*({"name": n, "table": n} for n in ("v3", "v4", "v5"))],
         "surfaces": [HOME], "period": AB["period"]},
        "v3, v4 and v5, interleaved for everyone, on api/home (web, ios), without the 5% of the holdout h2" + DATES,
        ""),
    "conditions": (
        {**AB, "surfaces": [{"channel": "mail"}], "conditions": {
            "users": {"signed_up_after": "start - 30d", "signed_up_before": "start"}, "countries": ["JP", "TW"],
            "min_app_version": {"ios": "5.2.0"}, "after": {"experiment": "als-v3"}}},
        "old 75%, new 25% of everyone, on mail, signed up from start - 30d on, signed up before start, in JP, TW, on "
        "ios from 5.2.0 on, after all of als-v3's list" + DATES, "country, app_version, exhausted"),
}  # fmt: skip


@pytest.mark.parametrize(("serving", "words", "leave"), SAID.values(), ids=SAID)
def test_who_sees_what(serving: dict[str, Any], words: str, leave: str) -> None:
    made = Serving.model_validate(serving)
    assert (served(made, SETTINGS), may_leave(made)) == (words, leave)
