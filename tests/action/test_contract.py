"""What no linter knows of action.yml: every name that is used is there, and no expression is in a script."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.far.runner import EXPRESSION, fill, holds, load, pairs, value

ACTION = load()
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]


def expressions(of: object) -> list[str]:
    """The insides of every `${{ }}`."""
    return [found.strip() for found in EXPRESSION.findall(str(of))]


def test_every_input_that_is_used_is_declared_and_the_other_way_round() -> None:
    used = {name for found in expressions(STEPS) for name in re.findall(r"inputs\.([\w-]+)", found)}
    assert used == set(ACTION["inputs"])


def test_every_input_and_output_is_described_and_has_a_default() -> None:
    assert all(set(declared) == {"description", "default"} for declared in ACTION["inputs"].values())
    assert all(set(declared) == {"description", "value"} for declared in ACTION["outputs"].values())


def test_a_step_that_is_named_comes_before() -> None:
    before: set[str] = set()
    for step in STEPS:
        assert {found.split(".")[1] for found in expressions(step) if found.startswith("steps.")} <= before
        before.add(step["id"])
    named = {found.split(".")[1] for found in expressions(ACTION["outputs"])}
    assert named
    assert named <= before


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step["id"])
def test_a_step_is_bash_without_expressions(step: dict[str, Any]) -> None:
    assert step["shell"] == "bash"
    assert "${{" not in step["run"]
    assert "uses" not in step, "another action: pin its commit, and teach the tests' runner"


def test_the_runner_of_these_tests_is_strict() -> None:
    known = {"inputs.a": "1", "steps.b.outputs.c": "2"}
    assert fill("${{ inputs.a }} ${{steps.b.outputs.c}}${{ steps.b.outputs.d }}", known) == "1 2"
    assert holds("inputs.a == '1'", known)
    assert not holds("inputs.a != '1'", known)
    assert pairs("a=1=2\nb<<END\nx\n\nc=3\nEND\nd=\n") == {"a": "1=2", "b": "x\n\nc=3", "d": ""}
    for unknown in ("fromJSON(inputs.a)", "inputs.a && inputs.a", "inputs.a == '1' || true"):
        with pytest.raises(ValueError, match="does not know"):
            value(unknown, known)
    with pytest.raises(KeyError):
        value("inputs.z", known)
