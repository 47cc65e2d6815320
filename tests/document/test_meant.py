"""What people write for values and keys, and what they certainly mean; where it is not certain, nothing is offered."""

from __future__ import annotations

import pytest

from bot.document import meant, zones
from bot.experiment import types
from bot.experiment.load import load

JOBS = "name: a\njobs: [{name: j, command: x}]\n"
COLUMN = JOBS + "outputs: {o: {table: t, job: j, columns: {a: <0>}}}\n"
EXPECT = JOBS + "outputs: {o: {table: t, job: j, columns: {a: STRING}, expect: {<0>}}}\n"
JOB = "name: a\njobs: [{name: j, command: x, <0>}]\n"
SCHEDULE = JOBS + "schedule: {cron: 0 4 * * *, <0>}\n"
ARMS = "arms: [{name: b, control: true, table: t}, {name: c, table: u<0>}], period: {start: <1>, end: 2027-01-01}"
SERVING = JOBS + "serving: {kind: ab, " + ARMS + "}\n"

# A file and the value in it; what it means, or None.
VALUES: list[tuple[str, tuple[str, ...], object]] = [
    *((COLUMN, (written,), known) for written, known in {
        "DOUBLE": "FLOAT64", "TEXT": "STRING", "VARCHAR": "STRING", "varchar(20)": "STRING", "STRING(20)": "STRING",
        "'NUMERIC(10,2)'": "NUMERIC", "'ARRAY<TEXT>'": "ARRAY<STRING>", "'STRING[]'": "ARRAY<STRING>",
        "'STRUCT<a TEXT, b int32>'": "STRUCT<a STRING, b INT64>", "double precision": "FLOAT64", "int32": "INT64",
        "timestamptz": "TIMESTAMP", "STRNG": "STRING", "LIST": None, "datetime64": "DATETIME", "'ARRAY<LIST>'": None,
    }.items()),
    *((JOB, (f"timeout: {written}",), known) for written, known in {
        "10min": "10m", "2 hours": "2h", "1h30m": "90m", "1.5h": "90m", "1w": "7d", "PT10M": "10m", "90 sec": "90s",
        "600": None, "soon": None, "10 m 5": None, "5 fortnights": None, "0h": None,
    }.items()),
    *((EXPECT, (f"min_rows: {written}",), known) for written, known in {
        "10k": 10_000, "10_000": 10_000, "'10,000'": 10_000, "1e4": 10_000, "'500'": 500, "1.5k": 1_500,
        "1m": 1_000_000, "many": None, "1.5": None, "10kb": None,
    }.items()),
    *((EXPECT, (f"max_null_share: {{a: {written}}}",), known) for written, known in {
        "1%": 0.01, "'0.5'": 0.5, "12.5%": 0.125, "none": None}.items()),
    *((SERVING, ("", written), known) for written, known in {
        "2026/11/30": "2026-11-30", "2026-1-1": "2026-01-01", "20261130": "2026-11-30", "2026年11月3日": "2026-11-03",
        "30.11.2026": None, "2026/13/01": None, "2026-11": None,
    }.items()),
    *((SERVING, (f", weight: {written}", "2026-11-30"), known) for written, known in {
        "50%": 50, "'50'": 50, "34.5": None, "50.0": 50}.items()),
    *((SCHEDULE, (f"adopt: {written}",), known) for written, known in {
        "yes": True, "Off": False, "'true'": True, "maybe": None}.items()),
    *((SCHEDULE, (f"timezone: {written}",), known) for written, known in {
        "Asia/Tokio": "Asia/Tokyo", "asia/tokyo": "Asia/Tokyo", "Tokyo": "Asia/Tokyo", "JST": "Asia/Tokyo",
        "New York": "America/New_York", "+09:00": None, "Mars": None, "localtime": None, "Factory": None,
    }.items()),
    (JOB, ("resources: {memory: 4GB}",), "4Gi"), (JOB, ("resources: {memory: 512mb}",), "512Mi"),
    (JOB, ("resources: {cpu: 2}",), "2"), (JOB, ("resources: {cpu: two}",), None),
    *((JOBS + "inputs: {i: {table: <0>}}\n", (written,), known) for written, known in {
        "'logs.daily_{data_date}'": "logs.daily_{date}", "'logs.daily_{{ ds }}'": "logs.daily_{date}",
        "'logs.{date}.daily'": None,
    }.items()),
    (JOBS + "owner: <0>\n", ("acme/reco",), "@acme/reco"), (JOBS + "owner: <0>\n", ("jo@acme.com",), None),
    ("name: <0>\njobs: [{name: j, command: x}]\n", ("Category_Affinity",), "category-affinity"),
    ("name: <0>\njobs: [{name: j, command: x}]\n", ("rerankALSv4",), "rerank-alsv4"),
    ("name: <0>\njobs: [{name: j, command: x}]\n", ("日本",), None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words", "known"), VALUES, ids=[f"{words[-1]}" for _, words, _ in VALUES])
def test_a_value(text: str, words: tuple[str, ...], known: object) -> None:
    """One finding; and where a fix is offered, the file with it is sound."""
    source = text.replace("<0>", words[0]).replace("<1>", words[-1])
    experiment = load("x.yaml", source.encode())
    (problem,) = experiment.problems
    assert problem.replace == known
    assert type(problem.replace) is type(known)
    if known is None or problem.replace is None:
        return
    fix = experiment.tree.edit(problem.route, problem.replace, problem.on)
    assert fix is not None
    lines = source.split("\n")
    line = lines[fix.span.line - 1]
    lines[fix.span.line - 1] = line[: fix.span.column - 1] + fix.text + line[fix.span.end_column - 1 :]
    assert load("x.yaml", "\n".join(lines).encode()).problems == ()


def test_names_that_others_refer_to_are_offered_but_not_changed() -> None:
    experiment = load(
        "x.yaml", b"name: a\njobs: [{name: J_1, command: x}, {name: k, command: x, dependencies: [J_1]}]\n"
    )
    assert [(problem.hint, problem.replace) for problem in experiment.problems] == [("did you mean 'J-1'?", None)]


@pytest.mark.parametrize("cron", ["@daily", "0 0 0 * * *", "0 0 * * 7"])
def test_schedules(cron: str) -> None:
    (problem,) = load("x.yaml", f"{JOBS}schedule: {{cron: '{cron}'}}\n".encode()).problems
    assert problem.replace == ("0 0 * * 0" if cron.endswith("7") else "0 0 * * *")


def test_zones_are_the_same_on_every_machine() -> None:
    """No zone of a machine's own folder: it would be another one on the next machine, or none."""
    assert {"UTC", "Asia/Tokyo", "America/New_York"} <= zones.names()
    assert not {"localtime", "Factory", "posixrules", "posix/Asia/Tokyo", "right/Asia/Tokyo"} & zones.names()


def test_every_other_name_of_a_type_is_none_of_ours() -> None:
    for known, names in types.ELSEWHERE.items():
        assert known in types.SCALARS
        assert not {*types.SCALARS, *types.ALIASES} & set(names)


@pytest.mark.parametrize("word", ["x" * 10_000, "1" * 10_000, "ARRAY<" * 5_000, "1h" * 5_000, "9" * 400 + "k"])
def test_long_values_take_no_time(word: str) -> None:
    meant.duration(word)
    assert types.meant(word) is None
    meant.number(word, whole=True)
    meant.day(word)
    zones.meant(word[:1000])
