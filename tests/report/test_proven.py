"""The verdict's own line says how much was proven, and nothing that was left out hides behind it."""

from __future__ import annotations

import pytest

from bot.finding import CheckResult, ExperimentReport, Outcome, Report
from bot.report import markdown, text
from bot.report.proven import proven

OFFLINE = "the warehouse was not asked"


def report(*experiments: dict[str, tuple[Outcome, str]]) -> Report:
    """A report of these outcomes, each with its reason."""
    return Report(
        tuple(
            ExperimentReport(
                f"e{i}",
                f"e{i}.yaml",
                tuple(CheckResult(name, outcome, why, blocks=False) for name, (outcome, why) in checks.items()),
            )
            for i, checks in enumerate(experiments)
        )
    )


SAID: dict[str, tuple[Report, str]] = {
    "all": (report({"dag": ("passed", ""), "tables": ("passed", "")}), ""),
    "one is left": (
        report({"dag": ("passed", ""), "tables": ("skipped", OFFLINE)}), f"1 of 2 checks (tables: {OFFLINE})"),
    "none was made": (report({"tables": ("skipped", OFFLINE)}), f"0 of 1 checks (tables: {OFFLINE})"),
    "one reason for two": (
        report({"dag": ("passed", ""), "sync": ("skipped", "x"), "tables": ("skipped", "x")}),
        "1 of 3 checks (sync and tables: x)"),
    "of one experiment only": (
        report({"dag": ("passed", ""), "tables": ("passed", "")}, {"dag": ("passed", ""), "tables": ("skipped", "x")}),
        "1 of 2 checks (tables: x)"),
    "what was away": (
        report({"dag": ("passed", ""), "tables": ("errored", "it did not answer")}),
        "1 of 2 checks (tables: it did not answer)"),
    "many reasons": (
        report({f"c{i}": ("skipped", f"r{i}") for i in range(6)}),
        "0 of 6 checks (c0: r0; c1: r1; c2: r2; and 3 more reasons)"),
}  # fmt: skip


@pytest.mark.parametrize(("value", "wanted"), SAID.values(), ids=SAID)
def test_proven(value: Report, wanted: str) -> None:
    assert proven(value) == wanted
    last = [line.text for line in text.report(value)][-1]
    counted = f"{len(value.experiments)} experiment{'s' if len(value.experiments) > 1 else ''}"
    assert last == f"{counted}: passed {wanted}".rstrip()
    first = markdown.headline(value)
    assert first.startswith(f"**✅ sameday: ready to merge**, {counted}")
    assert (first == f"**✅ sameday: ready to merge**, {counted}") is not bool(wanted)
    assert "checks" not in markdown.headline(value, brief=True)
