"""The split is held against an experiment where the test means something, and not where ids are few or the layer's."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest

from bot.compile.shares import percent
from checks.flags import CHANCE, CHANCE_OF_SLOTS, chance
from tests.checks.conftest import Examine
from tests.fuzz import count

COUNT = count(600)
SPLITS = {
    "a canary of 0.1%": ({"control": 80, "a": 10, "b": 10}, 10),
    "two percent": ({"control": 1, "a": 1}, 200),
    "1 : 9999": ({"control": 9_999, "a": 1}, 10_000),
    "all ids": ({"control": 34, "a": 33, "b": 33}, 10_000),
    "twenty arms": ({f"a{i}": 5 for i in range(20)}, 500),
}


@pytest.mark.parametrize(("weights", "slots"), SPLITS.values(), ids=SPLITS)
def test_right_splits_are_refused_once_in_a_thousand(weights: Mapping[str, int], slots: int) -> None:
    """10,000 ids that fall where they fall, many times over."""
    rng = random.Random(7)
    arms, total = list(weights), sum(weights.values())
    shares = {arm: weight / total for arm, weight in weights.items()}
    refused = 0
    for _ in range(COUNT):
        inside = sum(rng.random() < slots / 10_000 for _ in range(1_000)) * 10 if slots < 10_000 else 10_000
        given = rng.choices(arms, [weights[arm] for arm in arms], k=inside)
        refused += chance({arm: given.count(arm) for arm in arms}, shares, inside) < CHANCE
    assert refused <= 3 + 4 * CHANCE * COUNT


def test_wrong_splits_are_found() -> None:
    even = {"control": 0.5, "new": 0.5}
    assert chance({"control": 5_300, "new": 4_700}, even, 10_000) < CHANCE
    assert chance({"control": 10_000, "new": 0}, even, 10_000) < CHANCE
    assert chance({"control": 100, "new": 0}, even, 100) < CHANCE
    assert chance({"control": 3, "new": 0}, even, 3) == 1, "three ids prove nothing"
    assert chance({"in": 200, "out": 9_800}, {"in": 0.5, "out": 0.5}, 10_000) < CHANCE_OF_SLOTS


AB = """\
name: {0}
jobs: [{{name: infer, command: x}}]
serving:
  kind: ab
  arms: [{{name: control, control: true, weight: 80, table: reco.v3}}, {{name: a, weight: 20, table: reco.v4}}]
  slots: {{start: {1}, end: {2}}}
  layer: home
  period: {{start: 2036-11-30, end: 2036-12-21}}
"""


@pytest.mark.slow
@pytest.mark.parametrize(("start", "end"), [(0, 10), (3_400, 3_600), (0, 1_000), (0, 10_000)])
def test_by_the_client(start: int, end: int, examine: Examine) -> None:
    """Right flags with any name and in any layer's slots are taken by the real client's own split."""
    from bot.flags.openfeature import OpenFeature

    rules = set()
    for i in range(20):
        report = examine({"x.yaml": AB.format(f"test-{i}", start, end).encode()}, "flags", evaluator=OpenFeature())
        rules |= {finding.rule for finding in report.findings}
    assert "flags.split" not in rules


PERCENT = {
    0.5: "50%", 0.0: "0%", 1.0: "100%", 0.0001: "0.01%", 0.9999: "99.99%", 0.001: "0.1%", 0.345: "34%",
    0.0025: "0.2%", 1e-7: "less than 0.001%", 1 - 1e-7: "more than 99.999%",
}  # fmt: skip


@pytest.mark.parametrize(("share", "words"), PERCENT.items())
def test_shares_are_neither_none_nor_all(share: float, words: str) -> None:
    assert percent(share) == words
