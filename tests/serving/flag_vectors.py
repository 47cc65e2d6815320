"""Flags, and the variant that each of some users gets: other clients of flagd must give the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bot.compile.flags import flag
from bot.experiment.model import Spec
from bot.flags.openfeature import OpenFeature
from bot.settings import Settings

AB = [
    {"name": "control", "control": True, "weight": 80, "table": "reco.v3"},
    {"name": "new", "weight": 20, "table": "reco.v4"},
]
RANKERS = [{"name": "als-v3", "control": True, "table": "reco.v3"}, {"name": "als-v4", "table": "reco.v4"}]
CREDIT = {"event": "apply", "within": "24h"}
HOME = [{"channel": "api", "placement": "home", "platforms": ["web", "ios"]}]
TESTS: Mapping[str, dict[str, Any]] = {
    "split": {"kind": "ab", "arms": AB, "slots": {"start": 1_000, "end": 9_000}},
    "conditions": {
        "kind": "ab", "arms": AB, "surfaces": HOME, "testers": {"attribute": "is_staff"},
        "conditions": {
            "users": {"signed_up_after": "start - 30d"}, "countries": ["JP", "TW"], "min_app_version": {"ios": "5.2.0"}
        },
        "fallback": {"table": "reco.popular"},
    },
    "lists": {
        "kind": "interleaving", "rankers": RANKERS, "surfaces": HOME, "credit": CREDIT, "slots": {"end": 5_000},
        "testers": {"attribute": "is_staff"},
    },
}  # fmt: skip
USER: dict[str, Any] = {
    "channel": "api", "placement": "home", "platform": "ios", "app_version": "5.10.0", "country": "JP",
    "signed_up_at": 1_793_664_000, "primary_remaining": 3,
}  # fmt: skip
OTHERS: tuple[dict[str, Any], ...] = (
    {}, {"platform": "web"}, {"platform": "android"}, {"channel": "push"}, {"placement": None}, {"country": "jp"},
    {"country": None}, {"app_version": "5.1.9"}, {"app_version": None}, {"signed_up_at": 0}, {"signed_up_at": None},
    {"signed_up_at": "1793664000"}, {"primary_remaining": 0}, {"primary_remaining": None}, {"is_staff": True},
    {"is_staff": True, "tester_arm": "new"}, {"is_staff": True, "tester_arm": "als-v4"}, {"is_staff": 1},
)  # fmt: skip


def page() -> str:
    """Each flag with its users, as JSON, a user a line."""
    client, found = OpenFeature(), list[str]()
    for name, serving in TESTS.items():
        compiled = flag(spec(name, serving), "0badcafe", Settings(), dated=False)
        given = list(users())
        lines = [
            json.dumps({"context": user, "variant": variant}, ensure_ascii=False)
            for user, variant in zip(given, client.variants(name, compiled, given), strict=True)
        ]
        found.append(f'{{"name": "{name}", "flag": {json.dumps(compiled)}, "vectors": [\n' + ",\n".join(lines) + "\n]}")
    return "[\n" + ",\n".join(found) + "\n]\n"


def spec(name: str, serving: dict[str, Any]) -> Spec:
    """The experiment."""
    period = {"start": "2026-11-30", "end": "2026-12-21", "timezone": "Asia/Tokyo"}
    jobs = [{"name": "infer", "command": "x"}]
    return Spec.model_validate({"name": name, "jobs": jobs, "serving": {"period": period, **serving}})


def users() -> Iterator[dict[str, Any]]:
    """Many who differ by their ids, and some with an attribute that is missing or another one."""
    for n in range(60):
        yield {"targetingKey": f"user-{n}", **USER}
    for text in ("ユーザー1", "🦊", "a b", "é", "0", "A" * 200):
        yield {"targetingKey": text, **USER}
    for n, other in enumerate(OTHERS):
        changed = {**USER, **other}
        yield {"targetingKey": f"user-{n}", **{key: value for key, value in changed.items() if value is not None}}
    yield USER
