"""What an arm of a running test serves is changed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.traffic.conftest import Examine, ab, file, repository, said

RUNS = "the test runs since 2026-11-30, and "
ELSE = "is changed, so that an arm serves something else"
OUTPUT: dict[str, Any] = {"table": "reco.v4", "job": "infer", "columns": {"user_id": "STRING", "score": "FLOAT64"}}


def arms(**new: Any) -> list[dict[str, Any]]:
    """A control and an arm of an output."""
    return [
        {"name": "control", "control": True, "table": "reco.v3"},
        {"name": "als", "output": "scores", **new},
    ]


def made(command: str = "infer", serving: dict[str, Any] | None = None, **more: Any) -> bytes:
    """An experiment whose arm serves what its jobs make."""
    jobs = [
        {"name": "extract", "command": "extract"},
        {"name": "infer", "command": command, "dependencies": ["extract"]},
        {"name": "report", "command": "report", "dependencies": ["infer"]},
    ]
    sync = {"sync": {"store": "serving", "table": "v4"}}
    whole = {"jobs": jobs, "outputs": {"scores": {**OUTPUT, **sync}}, "inputs": {"clicks": {"table": "logs.clicks"}}}
    return file("reco", {**ab(arms=arms()), **(serving or {})}, **{**whole, **more})


JOBS: list[dict[str, Any]] = [
    {"name": "extract", "command": "extract"},
    {"name": "infer", "command": "infer", "dependencies": ["extract"]},
]
COLUMNS = {"scores": {**OUTPUT, "columns": {"user_id": "STRING", "score": "FLOAT64", "rank": "INT64"},
                      "sync": {"store": "serving", "table": "v4"}}}  # fmt: skip
CHANGED: dict[str, tuple[bytes, int, str]] = {
    "a job": (made("infer --more"), 5, "the job 'infer' (line 5 before)"),
    "a job before it": (
        made(jobs=[{"name": "extract", "command": "other"}, JOBS[1]]), 3, "the job 'extract' (line 3 before)"),
    "an input": (made(inputs={"clicks": {"table": "logs.all_clicks"}}), 24, "the input 'clicks' (line 24 before)"),
    "an input more": (
        made(inputs={"clicks": {"table": "logs.clicks"}, "more": {"table": "t"}}), 26, "the input 'more'"),
    "the columns": (made(outputs=COLUMNS), 14, "the output 'scores' (line 14 before)"),
    "a fallback": (made(serving={"fallback": {"table": "reco.popular"}}), 37, "the fallback"),
}  # fmt: skip


@pytest.mark.parametrize(("after", "line", "what"), CHANGED.values(), ids=CHANGED)
def test_changed(after: bytes, line: int, what: str, examine: Examine) -> None:
    result = examine(repository(after), repository(made()))
    assert said(result) == [("treatment", line, f"{RUNS}{what} {ELSE}")]
    assert result.findings[0].hint == (
        "write `phase: 2` with a start of its own, or to repair it, `fix: <reason>` in `serving`"
    )


UNCHANGED: dict[str, bytes] = {
    "more memory": made(jobs=[{**JOBS[0], "resources": {"memory": "4Gi"}}, JOBS[1]]),
    "what comes after": made(jobs=JOBS),
    "a schedule": made(schedule={"cron": "0 4 * * *"}),
    "what is expected": made(outputs={"scores": {
        **OUTPUT, "expect": {"min_rows": 5}, "sync": {"store": "serving", "table": "v4"}}}),
    "the order of jobs": made(jobs=JOBS[::-1]),
}  # fmt: skip


@pytest.mark.parametrize("after", UNCHANGED.values(), ids=UNCHANGED)
def test_unchanged(after: bytes, examine: Examine) -> None:
    assert said(examine(repository(after), repository(made()))) == []


def test_the_code_that_sources_name(examine: Examine) -> None:
    text = made(sources=["jobs/**"])
    one, two = (repository(text, **{"jobs/infer.py": code}) for code in (b"1", b"2"))
    (found,) = said(examine(two, one))
    assert found[0] == "treatment"
    assert found[2] == f"{RUNS}the code of `sources` (line 26 before) {ELSE}"
    assert said(examine(one, one)) == []


def test_jobs_that_no_arm_serves_may_change(examine: Examine) -> None:
    before, after = (file("reco", ab(), jobs=[{"name": "infer", "command": c}]) for c in ("x", "y"))
    assert said(examine(repository(after), repository(before))) == []


def test_the_table_of_an_arm(examine: Examine) -> None:
    other = [ab()["arms"][0], {**ab()["arms"][1], "table": "reco.v5"}]
    result = examine(repository(file("reco", ab(arms=other))), repository(file("reco", ab())))
    assert said(result) == [("treatment", 12, f"{RUNS}the arm 'als' (line 12 before) {ELSE}")]


def test_another_control(examine: Examine) -> None:
    control, als = ab()["arms"]
    other = [{**control, "control": False}, {**als, "control": True}]
    result = examine(repository(file("reco", ab(arms=other))), repository(file("reco", ab())))
    assert [rule for rule, _, _ in said(result)] == ["treatment", "treatment"]


def test_a_reason_holds_for_the_change_that_brings_it(examine: Examine) -> None:
    reason = {"fix": "the list was empty for one user in a hundred"}
    repaired = examine(repository(made("infer --repaired", reason)), repository(made()))
    assert repaired.outcome == "passed"
    assert said(repaired) == [
        ("fixed", 37, "the job 'infer' of a running test is changed: the list was empty for one user in a hundred")
    ]
    again = examine(repository(made("infer --again", reason)), repository(made("infer --repaired", reason)))
    assert [rule for rule, _, _ in said(again)] == ["treatment"]


def test_a_reason_moves_nobody(examine: Examine) -> None:
    moving = {"fix": "so be it", "unit": "device_id"}
    result = examine(repository(made("infer --repaired", moving)), repository(made()))
    assert [rule for rule, _, _ in said(result)] == ["fixed", "running-test"]
    assert result.outcome == "failed"
