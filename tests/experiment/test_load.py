"""Files as people write them: dagg's own sample, a complete experiment, one with ten faults."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.experiment.load import load

EXAMPLES = Path(__file__).parents[2] / "examples" / "experiments"

TEN = """\
name: My_Experiment
owner: acme
ownr: x
option: {team: !env TEAM}
schedule: {cron: 0 25 * * *, timezone: Mars}
jobs:
  - {name: extract, command: x, command: y}
  - {name: infer, dependancies: [extract]}
outputs:
  scores: {table: t, job: infr, columns: {user: STRNG}, key: [item]}
"""
WANTED = [
    ("name", 1), ("wrong-value", 2), ("unknown-key", 3), ("tag", 4), ("wrong-value", 5), ("wrong-value", 5),
    ("duplicate-key", 7), ("missing-key", 8), ("unknown-key", 8),
    ("unknown-reference", 10), ("unknown-reference", 10), ("wrong-value", 10),
]  # fmt: skip


def test_dagg_sample_loads_unchanged() -> None:
    experiment = load("dagg.yaml", (EXAMPLES / "dagg.yaml").read_bytes())
    assert experiment.problems == ()
    spec = experiment.spec
    assert (spec.name, spec.option) == ("sample", {"team": "rerost"})
    assert [(job.name, job.argv, job.dependencies, job.option) for job in spec.jobs] == [
        ("jobA", ("sh", "-c", "echo A"), (), {"repo": "repo"}),
        ("jobB", ("sh", "-c", "echo B"), ("jobA",), {"repo": "repo"}),
        ("jobC", ("sh", "-c", "echo C"), ("jobB",), {"repo": "repo"}),
        ("jobD", ("sh", "-c", "echo D"), ("jobB", "jobC"), {"repo": "repo"}),
    ]
    assert (spec.inputs, spec.outputs, spec.serving, spec.schedule) == ({}, {}, None, None)


def test_the_complete_example_is_sound() -> None:
    assert load("x.yaml", (EXAMPLES / "next-locale.yaml").read_bytes()).problems == ()


def test_all_problems_in_one_load() -> None:
    experiment = load("x.yaml", TEN.encode())
    places = [(p.rule, experiment.tree.span(p.route, p.on).line) for p in experiment.problems]
    assert sorted(places, key=lambda place: (place[1], place[0])) == WANTED
    assert len({rule for rule, _ in places}) >= 7


def test_a_file_with_problems_has_no_spec() -> None:
    experiment = load("x.yaml", TEN.encode())
    assert (experiment.name, experiment.parsed) == ("My_Experiment", None)
    with pytest.raises(ValueError, match=r"x\.yaml has problems"):
        _ = experiment.spec


def test_a_fault_of_the_text_alone_leaves_no_spec() -> None:
    """Whatever is behind a duplicate key or a tag is not taken for what was meant."""
    assert load("x.yaml", b"name: a\njobs: [{name: j, command: x}]\nname: b\n").parsed is None
    assert load("x.yaml", b"name: !x a\njobs: [{name: j, command: x}]\n").parsed is None


def test_one_fault_is_said_once() -> None:
    """Through an alias, one place can be wrong for many values."""
    experiment = load("x.yaml", b"name: a\njobs: [&j {name: j, command: x, timeout: x}, *j, *j]\n")
    assert len({experiment.tree.span(p.route) for p in experiment.problems}) == 1
