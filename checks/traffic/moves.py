"""What share of a test's users a change moves: both flags are asked for the same 10,000."""

from __future__ import annotations

from typing import Any

from bot.compile.contexts import around
from bot.compile.flags import NONE, flag
from bot.compile.names import ANY_KEY
from bot.experiment.arms import Serving
from bot.experiment.model import Spec
from bot.ports import Evaluator
from bot.settings import Settings

IDS = 10_000


def moved(before: Spec, after: Spec, evaluator: Evaluator, settings: Settings, *, entering: bool = False) -> float:
    """The share of users in the test who would see another variant; both serve something.

    `entering` counts those who come in, too: by their slots alone anybody may, whatever they are like. Raises Refused
    where the client does not take a flag.
    """
    assert before.serving is not None
    assert after.serving is not None
    contexts = users(before.serving, after.serving)
    seen = [
        evaluator.variants(before.name, flag(one, ANY_KEY, settings, dated=False), contexts) for one in (before, after)
    ]
    pairs = [(old, new) for old, new in zip(*seen, strict=True) if old != NONE or (entering and new != NONE)]
    return sum(old != new for old, new in pairs) / len(pairs) if pairs else 0.0


def users(before: Serving, after: Serving) -> list[dict[str, Any]]:
    """Ids of users who belong to either, or are at an edge of a condition of either."""
    kinds = around([before, after])
    testers = {one.testers.attribute: True for one in (before, after) if one.testers is not None}
    if before.testers != after.testers:
        kinds += [{**kinds[0], name: value} for name, value in testers.items()]
    return [{"targetingKey": f"sameday-{i}", **kinds[i % len(kinds)]} for i in range(IDS)]
