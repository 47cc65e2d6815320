"""What an interleaving test may not say: the rule, the place and the words."""

from __future__ import annotations

import pytest

from bot.experiment.load import load

TEST = """\
name: lists
jobs: [{name: j, command: x}]
outputs:
  new: {table: n, job: j, columns: {user_id: STRING, item_id: STRING, score: FLOAT64}, sync: {store: s, table: n}}
serving:
  kind: interleaving
  surfaces: [{channel: api}]
  rankers:
    - {name: old, control: true, table: t1}
    - {name: new, output: new}
  draft: {method: team, length: 10, per: unit_day}
  credit: {event: apply, within: 24h}
  period: {start: 2026-01-05, weeks: 2}
"""
RANKERS = "    - {name: old, control: true, table: t1}\n    - {name: new, output: new}\n"
DRAFT = "method: team, length: 10, per: unit_day"
Said = tuple[str, int, int, str]
FAULTS: dict[str, tuple[tuple[str, str], Said]] = {
    "one ranker": (("    - {name: new, output: new}\n", ""),
        ("missing-key", 8, 3, "an interleaving test needs at least two rankers")),
    "no rankers": (("  rankers:\n" + RANKERS, ""),
        ("missing-key", 5, 1, "an interleaving test needs at least two rankers")),
    "one name": (("name: new, output", "name: old, output"),
        ("conflict", 10, 14, "two rankers are named 'old'")),
    "no control": (("control: true, ", ""), ("missing-key", 8, 3, "no ranker is the control")),
    "two controls": (("name: new, output", "name: new, control: true, output"),
        ("conflict", 10, 28, "more than one ranker is the control")),
    "the flag's own name": (("name: new, output", "name: interleaving, output"),
        ("name", 10, 14,
         "'none', 'off', 'interleaving' and names that end in '--fallback' or '--tester' are the flag's own")),
    "a ranker of nothing": (("name: new, output: new", "name: new"),
        ("missing-key", 10, 8, "a ranker serves one of `table` or `output`")),
    "a ranker of no output": (("output: new", "output: nwe"),
        ("unknown-reference", 10, 27, "there is no output 'nwe'")),
    "a ranker with a weight": (("output: new", "output: new, weight: 2"),
        ("unknown-key", 10, 32, "unknown key 'weight'")),
    "a run's own table": (("table: t1", "table: t__0badcafe_20261101"),
        ("name", 9, 41, "the table 't__0badcafe_20261101' has the name of a run's own table")),
    "arms, too": (("  rankers:", "  arms: []\n  rankers:"),
        ("conflict", 8, 3, "kind 'interleaving' shows the lists of `rankers`")),
    "balanced of three": (("team, length: 10, per: unit_day}", "balanced}\n  fallback: {table: f}"),
        ("conflict", 12, 19, "a balanced draft is between two rankers, and here are 3")),
    "length 0": (("length: 10", "length: 0"),
        ("wrong-value", 11, 33, "serving.draft.length is 0, but should be at least 1")),
    "no such item": ((DRAFT, "item: item"),
        ("unknown-reference", 11, 17, "the output 'new' has no column 'item'")),
    "no such rank, which is not written": (("score: FLOAT64", "rank: INT64"),
        ("unknown-reference", 11, 3, "the output 'new' has no column 'score'")),
    "a rank that is text": ((DRAFT, "rank: user_id"),
        ("conflict", 11, 17, "the column 'user_id' of the output 'new' is STRING")),
    "item and rank": ((DRAFT, "item: score, rank: score"),
        ("conflict", 11, 30, "the column 'score' cannot be both `item` and `rank`")),
    "in a mail": (("{channel: api}", "{channel: api}, {channel: mail}"),
        ("conflict", 7, 40, "a mail has no list that rankers could pick for in turn")),
    "everywhere": (("  surfaces: [{channel: api}]\n", ""),
        ("missing-key", 5, 1, "an interleaving test needs its `surfaces`: a list is shown in an application only")),
    "no credit": (("  credit: {event: apply, within: 24h}\n", ""),
        ("missing-key", 5, 1, "an interleaving test needs its `credit`")),
    "a window longer than the test": (("24h", "15d"),
        ("conflict", 12, 34, "the credit's window of 15d is longer than the test of 14 days")),
    "no period": (("  period: {start: 2026-01-05, weeks: 2}\n", ""),
        ("missing-key", 5, 1, "an interleaving test needs its `period`")),
    "no end": ((", weeks: 2", ""), ("missing-key", 13, 3, "an interleaving test needs an end")),
}  # fmt: skip


def said(text: str) -> list[Said]:
    """Every problem, as it is found."""
    experiment = load("x.yaml", text.encode())
    places = [(problem, experiment.tree.span(problem.route, problem.on)) for problem in experiment.problems]
    return [(problem.rule, span.line, span.column, problem.message) for problem, span in places]


@pytest.mark.parametrize(("change", "wanted"), FAULTS.values(), ids=FAULTS)
def test_fault(change: tuple[str, str], wanted: Said) -> None:
    old, new = change
    assert old in TEST
    text = TEST.replace(old, new)
    if "balanced" in new:
        text = text.replace(RANKERS, RANKERS + "    - {name: third, table: t3}\n")
    assert wanted in said(text)
    assert {line for _, line, *_ in said(text)} == {wanted[1]}


SOUND = {
    "as it is": TEST,
    "defaults": TEST.replace(f"  draft: {{{DRAFT}}}\n", ""),
    "balanced": TEST.replace("team", "balanced"),
    "a window as long as the test": TEST.replace("24h", "14d"),
    "types by other names": TEST.replace("FLOAT64", "numeric").replace("item_id: STRING", "item_id: integer"),
}


@pytest.mark.parametrize("text", SOUND.values(), ids=SOUND)
def test_sound(text: str) -> None:
    assert said(text) == []


@pytest.mark.parametrize("key", ["rankers: []", "draft: {}", "credit: {event: apply, within: 1h}"])
def test_another_kind_has_nothing_of_it(key: str) -> None:
    text = "name: a\njobs: [{name: j, command: x}]\nserving:\n  kind: all\n  arm: {name: a, table: t}\n  " + key + "\n"
    assert said(text) == [("conflict", 6, 3, f"kind 'all' has no `{key.partition(':')[0]}`")]
