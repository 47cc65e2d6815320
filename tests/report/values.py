"""A report, a plan and a release summary with something of everything in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bot.experiment.files import FolderFiles
from bot.experiment.load import load
from bot.experiment.repository import Repository
from bot.finding import CheckResult, Edit, ExperimentReport, Finding, Related, Report, Span
from bot.ports import STEPS, Entry, Item, Node, NodeState, Run, StepName
from bot.release.summary import ReleaseOutcome, ReleaseSummary
from bot.report.plan import Planned
from bot.report.release import Proven

HOSTILE = "@everyone ![x](https://evil.example/b.png) | <b>`a`</b>\x1b[31m\n::error::x ##[error]y"
AT = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
COMMIT = "0123456789abcdef0123456789abcdef01234567"

FILE = b"""\
name: als-v4
inputs: {logs: {table: logs.applications}}
jobs:
  - {name: extract, command: x}
  - {name: infer, command: x, dependencies: [extract]}
outputs: {scores: {table: reco.als_v4, job: infer, columns: {user_id: STRING}}}
"""
SOUND = load("experiments/als.yaml", FILE)
REPOSITORY = Repository((SOUND,), FolderFiles(Path()))


def span(line: int, column: int, end: int) -> Span:
    return Span(line, column, line, end)


UNKNOWN = Finding(
    "schema.unknown-key", "error", "experiments/broken.yaml", span(10, 5, 17), "unknown key 'dependancies'",
    "did you mean 'dependencies'?", fix=Edit(span(10, 5, 17), "dependencies"),
)  # fmt: skip
CYCLE = Finding(
    "dag.cycle", "error", "experiments/a,b:c%.yaml", span(7, 20, 25), "jobs wait for each other: a -> b -> a",
    "remove one of them", related=(Related("experiments/a,b:c%.yaml", span(9, 20, 21), "'b' waits here"),),
)  # fmt: skip
STALE = Finding("tables.stale-table", "warning", "experiments/als.yaml", span(2, 15, 30), "last changed 30 hours ago")
MEANT = replace(STALE, rule="flags.small-arm", ignored="a slow start is wanted")
RANGE = replace(STALE, severity="notice", span=Span(3, 1, 9, 4), message=HOSTILE)

PASSED = Report(
    (
        ExperimentReport(
            "als-v4",
            "experiments/als.yaml",
            (
                CheckResult("schema", "passed"),
                CheckResult("dag", "passed", unproven=("no cluster was asked",)),
                CheckResult("tables", "skipped", "there is no warehouse here"),
            ),
        ),
    )
)
FAILED = Report(
    (
        *PASSED.experiments,
        ExperimentReport("", "experiments/broken.yaml", (CheckResult("schema", "failed", findings=(UNKNOWN,)),)),
        ExperimentReport(
            "circle",
            "experiments/a,b:c%.yaml",
            (
                CheckResult("schema", "passed"),
                CheckResult("dag", "failed", findings=(CYCLE, STALE, MEANT, RANGE)),
                CheckResult("tables", "errored", f"the warehouse did not answer: {HOSTILE}"),
                CheckResult("manifest", "skipped", "`dag` did not pass"),
            ),
        ),
    )
)
UNKNOWN_VERDICT = Report(
    (ExperimentReport("als-v4", "experiments/als.yaml", (CheckResult("tables", "errored", "no answer"),)),)
)

PLANNED = (
    Planned(
        "als-v4",
        "new",
        "is released for the first time",
        ("run 2 jobs", "turn the flag on: a 80%, b 20%"),
        "nothing",
        "r1",
    ),
    Planned("old", "retired", "is retired", ("take its flag out of the flag set",), "old-1-20261101", "nothing"),
)


def item(name: str, before: str | None = None) -> Item:
    digests: dict[StepName, str] = {"apply": "1", "generate": "2", "switch": "3", "settle": "3", "announce": "4"}
    run = f"{name}-0a1b2c3d-20261124"
    return Item(name, "changed" if before else "new", run, "0a1b2c3d", date(2026, 11, 24), 1, digests, (before, run))


def entries(of: Item) -> tuple[Entry, ...]:
    notes = ("template als", "run als", "flag on", "", "")
    said = dict(zip(STEPS, notes, strict=True))
    return tuple(Entry(i, of, COMMIT, step, "done", note, AT) for i, (step, note) in enumerate(said.items(), 1))


def node(name: str, state: NodeState, reason: str = "", log: str = "") -> Node:
    return Node(name, state, AT, AT + timedelta(seconds=1.5), reason, log)


CRASHED = node("infer", "failed", "ended with exit code 1", f"line 1\n{HOSTILE}\n```\nTraceback: boom")
LIVE = item("als-v4")
PAGE = "https://argo.example.com/workflows/jobs/als-v4-0a1b2c3d-20261124"
SEEN = "control 50%, als-v4 50% of everyone, from 2026-11-24 (Asia/Tokyo)"
PROVEN = {"als-v4": (Proven("scores", 12_345, "serving"), Proven("weights", 30, ""))}
SUMMARY = ReleaseSummary(
    (
        ReleaseOutcome(
            LIVE, "live", entries=entries(LIVE), run=Run(LIVE.run, "succeeded", (node("extract", "succeeded"),), PAGE)
        ),
        ReleaseOutcome(
            item("bad", "bad-99999999-20261101"),
            "failed",
            "generate",
            "infer ended with exit code 1",
            failures=(CRASHED,),
            run=Run("bad", "failed", (node("extract", "succeeded"), CRASHED)),
        ),
        ReleaseOutcome(item("reader"), "blocked", "apply", "it reads an output of bad, whose release is not through"),
        ReleaseOutcome(item("kept", "kept-99999999-20261101"), "held", reason="rolled back on 2026-11-20: by Ada"),
        ReleaseOutcome(item("slow"), "running", "generate", "its run goes on"),
        ReleaseOutcome(item("away"), "unreachable", "switch", "the store did not answer"),
    ),
    COMMIT,
)
