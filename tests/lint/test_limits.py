"""Manifests that are too large, too deep, or call themselves."""

from __future__ import annotations

import time

import pytest

from tests.lint.conftest import findings

HEAD = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: x}\nspec:\n  entrypoint: t0\n  templates:\n"


def rules(text: str) -> list[tuple[int, str]]:
    return [(finding.span.line, finding.rule) for finding in findings({"a.yaml": text.encode()})]


@pytest.mark.parametrize(("kilobytes", "rule"), [(340, ""), (400, "manifest.large"), (1_600, "manifest.size")])
def test_size(kilobytes: int, rule: str) -> None:
    line = f"    - {{name: t0, container: {{image: reco, args: ['{'x' * kilobytes * 1000}']}}}}\n"
    assert rules(HEAD + line) == ([(4, rule)] if rule else [])


def chain(length: int) -> str:
    """Templates that call each other in a row."""
    row = "".join(f"    - {{name: t{i}, steps: [[{{name: a, template: t{i + 1}}}]]}}\n" for i in range(length))
    return f"{HEAD}{row}    - {{name: t{length}, suspend: {{}}}}\n"


def test_depth() -> None:
    assert rules(chain(99)) == []
    assert rules(chain(101)) == [(107, "manifest.deep")]


@pytest.mark.slow
def test_no_depth_makes_it_fall() -> None:
    assert {rule for _, rule in rules(chain(5_000))} == {"manifest.deep"}


def test_a_template_may_call_itself() -> None:
    assert rules(HEAD + "    - {name: t0, steps: [[{name: a, template: t0, when: 'false'}]]}\n") == []


@pytest.mark.slow
def test_a_large_graph_takes_no_time() -> None:
    """2,000 tasks in a row, each with an argument of the one before."""
    tasks = "".join(
        f"          - {{name: a{i}, template: job, dependencies: [{f'a{i - 1}' if i else ''}], arguments: "
        f"{{parameters: [{{name: p, value: '{f'{{{{tasks.a{i - 1}.outputs.result}}}}' if i else 'x'}'}}]}}}}\n"
        for i in range(2_000)
    )
    job = "    - {name: job, container: {image: reco}, inputs: {parameters: [{name: p}]}}\n"
    start = time.perf_counter()
    assert rules(f"{HEAD}    - name: t0\n      dag:\n        tasks:\n{tasks}{job}") == []
    assert time.perf_counter() - start < 20


@pytest.mark.parametrize("end", ["", "x}}", "inputs.parameters.p}}"])
def test_variables_without_an_end_take_no_time(end: str) -> None:
    argument = "{{ " * 50_000 + end
    start = time.perf_counter()
    inputs = "inputs: {parameters: [{name: p, value: a}]}"
    assert rules(f"{HEAD}    - {{name: t0, {inputs}, container: {{image: reco, args: ['{argument}']}}}}\n") == []
    assert time.perf_counter() - start < 10
