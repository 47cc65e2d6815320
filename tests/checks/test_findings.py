"""From what a check yields to findings: places, levels, what is ignored, what no check may yield."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.check import Problem, Unproven
from bot.experiment.files import FolderFiles
from bot.experiment.load import load
from bot.experiment.repository import Repository
from bot.finding import Report

JOB = ("jobs", 0, "name")
FAULT = Problem("fault", JOB, "wrong")


def test_what_it_yields_becomes_findings_in_the_order_of_lines(
    make: Callable[..., Any], report: Callable[..., Report]
) -> None:
    said = [Problem("other", JOB, "second", hint="do", on="key"), Unproven("who knows"), ("fault", ("name",), "first")]
    (result,) = report(make(said=said)).experiments[0].checks
    assert (result.outcome, result.unproven) == ("failed", ("who knows",))
    assert [(f.rule, f.severity, f.path, f.span.line, f.span.column, f.message, f.hint) for f in result.findings] == [
        ("a.fault", "error", "0.yaml", 1, 7, "first", ""),
        ("a.other", "warning", "0.yaml", 3, 4, "second", "do"),
    ]


def test_related_places_and_fixes_are_located(make: Callable[..., Any], report: Callable[..., Report]) -> None:
    said = [Problem("fault", JOB, "wrong", replace="new name", related=(("here", ("name",)),))]
    (finding,) = report(make(said=said)).findings
    assert finding.fix is not None
    assert (finding.fix.span, finding.fix.text) == (finding.span, '"new name"')
    assert [(r.path, r.span.line, r.span.column, r.message) for r in finding.related] == [("0.yaml", 1, 7, "here")]


def test_related_places_are_in_the_file_of_the_problem(make: Callable[..., Any], report: Callable[..., Report]) -> None:
    other = load("other.yaml", b"\n\nname: other\njobs: [{name: j, command: x}]\n")
    said = [Problem("fault", JOB, "wrong", path="other.yaml", related=(("here", ("name",)),))]
    (finding,) = report(make(said=said), repository=Repository((other,), FolderFiles(Path()))).findings
    assert (finding.path, finding.span.line) == ("other.yaml", 4)
    assert [(r.path, r.span.line) for r in finding.related] == [("other.yaml", 3)]


def test_a_warning_alone_passes(make: Callable[..., Any], report: Callable[..., Report]) -> None:
    found = report(make(said=[Problem("other", JOB, "hm")]))
    assert [result.outcome for result in found.experiments[0].checks] == ["passed"]
    assert [finding.severity for finding in found.findings] == ["warning"]
    assert found.verdict == "passed"


def test_levels_come_from_the_settings(make: Callable[..., Any], report: Callable[..., Report]) -> None:
    said = [FAULT, Problem("other", JOB, "hm")]
    for levels, severities, verdict in (
        ({"a.fault": "off"}, ["warning"], "passed"),
        ({"a.fault": "notice"}, ["notice", "warning"], "passed"),
        ({"a.fault": "warning", "a.other": "off"}, ["warning"], "passed"),
        ({"a.fault": "off", "a.other": "error"}, ["error"], "failed"),
    ):
        found = report(make(said=said), settings={"rules": levels})
        assert ([finding.severity for finding in found.findings], found.verdict) == (severities, verdict)


def test_a_rule_is_ignored_only_where_the_settings_let_it(
    make: Callable[..., Any], report: Callable[..., Report]
) -> None:
    found = report(make(said=[FAULT, Problem("other", JOB, "hm")]), settings={"ignorable": ["a.fault"]})
    assert [(f.rule, f.severity, f.ignored) for f in found.findings] == [
        ("a.fault", "error", "it is known"), ("a.other", "warning", None),
    ]  # fmt: skip
    assert found.verdict == "passed"
    assert report(make(said=[FAULT])).verdict == "failed"


STRANGE = {
    "an unknown rule": [("nope", JOB, "x")],
    "too short": [("fault", JOB)],
    "nothing": [None],
    "text": ["fault"],
    "no list": 5,
}


@pytest.mark.parametrize("said", STRANGE.values(), ids=STRANGE)
def test_what_no_check_may_yield_is_its_own_fault(
    said: Any, make: Callable[..., Any], report: Callable[..., Report]
) -> None:
    found = report(make("a", lambda experiment, context: said), make("b", [FAULT]))
    assert [result.outcome for result in found.experiments[0].checks] == ["errored", "failed"]


def test_an_unknown_rule_is_named(make: Callable[..., Any], report: Callable[..., Report]) -> None:
    (result,) = report(make(said=[("nope", JOB, "x")])).experiments[0].checks
    assert result.reason == "the check crashed: ValueError: the check a has no rule 'nope'"
