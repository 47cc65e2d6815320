"""Every kind of wrong value: which rule, where, in which words, with which suggestion."""

from __future__ import annotations

import pytest

from bot.experiment.load import load

JOBS = "name: a\njobs: [{name: j, command: x}]\n"
COLUMNS = "columns: {c: STRING}"
DURATION = "a duration such as 30m, 26h or 14d, of at most ten years"
TYPE = "a BigQuery type such as STRING, INT64 or ARRAY<STRING>"
WORD = "lower-case letters, digits and _, and begin with a letter"

# What follows a sound file's first two lines; line 3 is where the fault is. Rule, column, words.
ADDED = {
    "owner: 1": ("wrong-type", 8, "owner should be text (put it in quotes), not 1"),
    "owner: true": ("wrong-type", 8, "owner should be text (put it in quotes), not true"),
    "owner: [a]": ("wrong-type", 1, "owner should be text (put it in quotes), not a list"),
    "owner: acme": ("wrong-value", 8, "owner is 'acme', but should be a user or a team such as @acme/reco"),
    "sources: x": ("wrong-type", 10, "sources should be a list, not 'x'"),
    "sources: {a: b}": ("wrong-type", 1, "sources should be a list, not a mapping"),
    "inputs: []": ("wrong-type", 9, "inputs should be a mapping of keys to values, not a list"),
    "schedule: daily": ("wrong-type", 11, "schedule should be a mapping of keys to values, not 'daily'"),
    "schedule: {}": ("missing-key", 11, "the key 'cron' is missing"),
    "outputs: {o: }": ("wrong-type", 14, "outputs.o should be a mapping of keys to values, not nothing"),
    "option: {a: [x]}": ("wrong-type", 10, "option.a should be text (put it in quotes), not a list"),
    "option: [x]": ("wrong-type", 1, "option should be a mapping of keys to values, not a list"),
    "schedule: {cron: 0 4 * * *, adopt: yes}": (
        "wrong-type", 36, "schedule.adopt should be true or false, not 'yes'"),
    "schedule: {cron: 5}": ("wrong-type", 18, "schedule.cron should be text (put it in quotes), not 5"),
    "schedule: {cron: 0 4 * * *, timezone: Mars}": (
        "wrong-value", 39, "schedule.timezone should be an IANA time zone such as Asia/Tokyo, not 'Mars'"),
    "schedule: {cron: 0 4 * * *, timezone: ../UTC}": (
        "wrong-value", 39, "schedule.timezone should be an IANA time zone such as Asia/Tokyo, not '../UTC'"),
    "schedule: {cron: 0 4 * * *, timezone: Asia}": (
        "wrong-value", 39, "schedule.timezone should be an IANA time zone such as Asia/Tokyo, not 'Asia'"),
    "inputs: {a: {table: t, fresh_within: 26}}": (
        "wrong-value", 38, f"inputs.a.fresh_within should be {DURATION}, not 26"),
    "inputs: {a: {table: t, fresh_within: 0h}}": (
        "wrong-value", 38, f"inputs.a.fresh_within should be {DURATION}, not '0h'"),
    "inputs: {a: {table: t, fresh_within: 999999999d}}": (
        "wrong-value", 38, f"inputs.a.fresh_within should be {DURATION}, not '999999999d'"),
    "inputs: {Apps: {table: t}}": (
        "name", 10, f"inputs.Apps is 'Apps', but may hold only {WORD}"),
    "inputs: {a: {table: x y}}": ("name", 21, "inputs.a.table is 'x y', but should be a table such as reco.als_v4"),
    "inputs: {a: {table: 'x\\y'}}": (
        "name", 21, "inputs.a.table is 'x\\\\y', but should be a table such as reco.als_v4"),
    'inputs: {a: {table: "x\\e[31m"}}': (
        "name", 21, "inputs.a.table is 'x\\x1b[31m', but should be a table such as reco.als_v4"),
    f"outputs: {{o: {{table: t, job: j, {COLUMNS}, key: c}}}}": (
        "wrong-type", 60, "outputs.o.key should be a list, not 'c'"),
    "outputs: {o: {table: t, job: j, columns: {}}}": ("wrong-value", 42, "outputs.o.columns should not be empty"),
    "outputs: {o: {table: t, job: j, columns: {c: STRNG}}}": (
        "wrong-value", 46, f"outputs.o.columns.c should be {TYPE}, not 'STRNG'"),
    "outputs: {o: {table: t, job: j, columns: {c-d: STRING}}}": (
        "name", 43,
        "outputs.o.columns.c-d is 'c-d', but may hold only letters, digits and _, and begin without a digit"),
    f"outputs: {{o: {{table: t, job: j, {COLUMNS}, expect: {{min_rows: -1}}}}}}": (
        "wrong-value", 74, "outputs.o.expect.min_rows is -1, but should be at least 0"),
    f"outputs: {{o: {{table: t, job: j, {COLUMNS}, expect: {{min_rows: 1.5}}}}}}": (
        "wrong-type", 74, "outputs.o.expect.min_rows should be a whole number, not 1.5"),
    f"outputs: {{o: {{table: t, job: j, {COLUMNS}, expect: {{min_rows: many}}}}}}": (
        "wrong-type", 74, "outputs.o.expect.min_rows should be a whole number, not 'many'"),
    f"outputs: {{o: {{table: t, job: j, {COLUMNS}, expect: {{max_null_share: {{c: x}}}}}}}}": (
        "wrong-type", 84, "outputs.o.expect.max_null_share.c should be a number, not 'x'"),
    f"outputs: {{o: {{table: t, job: j, {COLUMNS}, expect: {{max_null_share: {{c: 2}}}}}}}}": (
        "wrong-value", 84, "outputs.o.expect.max_null_share.c is 2, but should be at most 1.0"),
    f"outputs: {{o: {{table: t, job: j, {COLUMNS}, sync: {{store: s, table: {'t' * 41}}}}}}}": (
        "name", 79, "outputs.o.sync.table should be at most 40 characters long"),
    "serving: {kind: interleaved}": (
        "wrong-value", 17, "serving.kind should be 'all', 'ab', 'aa' or 'interleaving', not 'interleaved'"),
    "serving: {kind: [ab]}": (
        "wrong-value", 11, "serving.kind should be 'all', 'ab', 'aa' or 'interleaving', not a list"),
    "serving: {kind: all, arm: {name: n, table: t}, salt: ''}": (
        "wrong-value", 54, "serving.salt should not be empty"),
    "serving: {kind: all, arm: {name: n, table: t, weight: 0}}": (
        "wrong-value", 55, "serving.arm.weight is 0, but should be at least 1"),
    "serving: {kind: all, arm: {name: n, table: t, weight: 99999999999999999999}}": (
        "wrong-value", 55, "serving.arm.weight is 99999999999999999999, but should be at most 10000"),
    "serving: {kind: all, arm: {name: n, table: t}, period: {start: 2026-1-1}}": (
        "wrong-value", 64, "serving.period.start should be a date such as 2026-11-30, not '2026-1-1'"),
    "serving: {kind: all, arm: {name: n, table: t}, period: {start: 2026-02-30}}": (
        "wrong-value", 64, "serving.period.start should be a date such as 2026-11-30, not '2026-02-30'"),
    "serving: {kind: all, arm: {name: n, table: t}, period: {start: 20260101}}": (
        "wrong-value", 64, "serving.period.start should be a date such as 2026-11-30, not 20260101"),
}  # fmt: skip


@pytest.mark.parametrize(("line", "wanted"), ADDED.items())
def test_wrong_value(line: str, wanted: tuple[str, int, str]) -> None:
    experiment = load("x.yaml", f"{JOBS}{line}\n".encode())
    assert len(experiment.problems) == 1
    problem = experiment.problems[0]
    span = experiment.tree.span(problem.route, problem.on)
    assert (problem.rule, span.line, span.column, problem.message) == (wanted[0], 3, *wanted[1:])


# One job, and what is said of it.
JOB = {
    "{name: j, command: x, timeout: soon}": ("wrong-value", "jobs.0.timeout should be a duration such as"),
    "{name: j, command: ''}": ("wrong-value", "jobs.0.command should not be empty"),
    "{name: j_1, command: x}": (
        "name", "jobs.0.name is 'j_1', but may hold only letters, digits and hyphens, and begin without a hyphen"),
    "{name: -j, command: x}": ("name", "jobs.0.name is '-j', but may hold only letters, digits and hyphens"),
    f"{{name: {'j' * 129}, command: x}}": ("name", "jobs.0.name should be at most 128 characters long"),
    "{name: j, command: x, resources: {cpu: 2}}": (
        "wrong-type", "jobs.0.resources.cpu should be text (put it in quotes), not 2"),
    "{name: j, command: x, resources: {cpu: lots}}": (
        "wrong-value", "jobs.0.resources.cpu is 'lots', but should be an amount such as 2 or 500m"),
    "{name: j, command: x, resources: {memory: 4GB}}": (
        "wrong-value", "jobs.0.resources.memory is '4GB', but should be an amount such as 512Mi or 4Gi"),
    "{command: x}": ("missing-key", "the key 'name' is missing"),
    "[x]": ("wrong-type", "jobs.0 should be a mapping of keys to values, not a list"),
    "x": ("wrong-type", "jobs.0 should be a mapping of keys to values, not 'x'"),
}  # fmt: skip


@pytest.mark.parametrize(("job", "wanted"), JOB.items())
def test_wrong_job(job: str, wanted: tuple[str, str]) -> None:
    experiment = load("x.yaml", f"name: a\njobs:\n  - {job}\n".encode())
    assert [problem.rule for problem in experiment.problems] == [wanted[0]]
    assert experiment.problems[0].message.startswith(wanted[1])
    assert experiment.tree.span(experiment.problems[0].route, experiment.problems[0].on).line == 3


SUGGESTED = {
    "ownr: '@a'": ("unknown key 'ownr'", "did you mean 'owner'?", "owner"),
    "serving: {kind: al, arm: {name: n, table: t}}": (
        "serving.kind should be 'all', 'ab', 'aa' or 'interleaving', not 'al'", "did you mean 'all'?", "all"),
    "serving: {kind: all, arm: {name: n, tabel: t, table: t}}": (
        "unknown key 'tabel'", "did you mean 'table'?", "table"),
    "schedule: {cron: 0 4 * * *, zzz: 1}": ("unknown key 'zzz'", "known here: adopt, cron, data_date, timezone", None),
    "inputs: {a: {table: t, zzz: 1}}": (
        "unknown key 'zzz'", "known here: columns, experiment, fresh_within, output, partition, table", None),
    "serving: {kind: all, arm: {name: n, table: t}, fallback: {table: t, on: [stail]}}": (
        "serving.fallback.on.0 should be 'missing', 'stale', 'exhausted' or 'error', not 'stail'",
        "did you mean 'stale'?", "stale"),
}  # fmt: skip


@pytest.mark.parametrize(("line", "wanted"), SUGGESTED.items())
def test_suggestion(line: str, wanted: tuple[str, str, str | None]) -> None:
    (problem,) = load("x.yaml", f"{JOBS}{line}\n".encode()).problems
    assert (problem.message, problem.hint, problem.replace) == wanted


def test_a_long_wrong_value_is_cut() -> None:
    (problem,) = load("x.yaml", f"{JOBS}owner: {'x' * 5000}\n".encode()).problems
    assert len(problem.message) < 200


WHOLE = {
    "": ("empty", "the file is empty"),
    "# nothing\n": ("empty", "the file is empty"),
    "[]": ("wrong-type", "the file should be a mapping of keys to values, not a list"),
    "text": ("wrong-type", "the file should be a mapping of keys to values, not 'text'"),
    "5": ("wrong-type", "the file should be a mapping of keys to values, not 5"),
}


@pytest.mark.parametrize(("source", "wanted"), WHOLE.items())
def test_the_file_as_a_whole(source: str, wanted: tuple[str, str]) -> None:
    (problem,) = load("x.yaml", source.encode()).problems
    assert (problem.rule, problem.message) == wanted
