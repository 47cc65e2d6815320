"""`sameday measure`: what a person and a program read of it, and what the next check knows."""

from __future__ import annotations

import json
import random
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bot.settings import Settings
from tests.clock import steady_date
from tests.conftest import SETTINGS, Repo
from tests.ports.oracle import variant
from tests.some import some
from tests.traffic.conftest import file, repository

METRICS = """\
layers: {home: {}}
holdouts: {none: {share: 5%, start: 2020-01-01, end: 2199-01-01}}
metrics:
  clicks: {query: "SELECT user_id AS unit, day, n AS value FROM logs.clicks", unit: user_id, type: mean}
  applied: {query: sql/applied.sql, unit: user_id, type: proportion}
"""
APPLIED = "-- Who applied\nSELECT user_id AS unit, day, CASE WHEN n > 2 THEN 1 ELSE 0 END AS value FROM logs.clicks;\n"


def to_come(first: date) -> dict[str, object]:
    """A test that is to come, of half of a layer's users."""
    return {
        "kind": "ab",
        "layer": "home",
        "slots": {"start": 2_000, "end": 7_000},
        "arms": [
            {"name": "control", "control": True, "weight": 3, "table": "reco.v3"},
            {"name": "als", "table": "reco.v4"},
        ],
        "conditions": {"countries": ["JP", "US"], "users": {"signed_up_before": "start"}},
        "metrics": {"primary": "applied", "effect": "10%"},
        "period": {"start": first.isoformat(), "weeks": 2},
    }


@pytest.fixture
def measured(repo: Repo) -> tuple[Repo, date, dict[str, date]]:
    """Six thousand users of five weeks, the day of each one's first click in the last four, and today."""
    today, draw = steady_date(timedelta(seconds=60)), random.Random(1)
    rows = [
        (f"u{draw.randrange(6_000)}", today - timedelta(draw.randint(0, 35)), draw.randrange(4)) for _ in range(9_000)
    ]
    ids, dates, clicks = zip(*rows, strict=True)
    folder = repo.root / ".sameday/warehouse"
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"user_id": ids, "day": dates, "n": clicks}), folder / "logs.clicks.parquet")
    for table in ("reco.v3", "reco.v4"):
        pq.write_table(pa.table({"user_id": ["u1"]}), folder / f"{table}.parquet")
    repo.write("sameday.yaml", SETTINGS + METRICS)
    repo.write("sql/applied.sql", APPLIED)
    repo.write("experiments/reco.yaml", file("reco", to_come(today + timedelta(1))).decode())
    repo.commit()
    seen: dict[str, date] = {}
    for user, day, _ in rows:
        if today - timedelta(28) <= day < today:
            seen[user] = min(day, seen.get(user, day))
    return repo, today, seen


@pytest.mark.slow
def test_what_is_measured_is_what_the_flag_lets_in(measured: tuple[Repo, date, dict[str, date]]) -> None:
    """Each unit is asked of one by one, with the ids that the query returns, as the flag's oracle has it."""
    repo, today, seen = measured
    said = repo.sameday("measure", "applied", "--format", "json")
    assert (said.code, said.err) == (0, "")
    (found,) = json.loads(said.out)["metrics"]
    since = today - timedelta(28)
    assert (found["since"], found["until"]) == (since.isoformat(), today.isoformat())
    assert found["new"] == [sum(day == since + timedelta(i) for day in seen.values()) for i in range(28)]
    (experiment,) = repository(file("reco", to_come(today + timedelta(1)))).experiments
    serving, holdouts = some(experiment.spec.serving), Settings.model_validate_json(json.dumps(
        {"holdouts": {"none": {"share": "5%", "start": "2020-01-01", "end": "2199-01-01"}}})).holdouts  # fmt: skip
    start = some(serving.period).start
    belongs = {"country": "JP", "signed_up_at": 1_600_000_000}
    inside = [
        user for user, day in seen.items()
        if day < since + timedelta(14)
        and variant("reco", serving, holdouts, {"targetingKey": user, **belongs}, _noon(start)) == "als"
    ]  # fmt: skip
    (test,) = found["tests"]
    assert (test["arm"], test["gets"], test["counted"]) == ("als", len(inside), True)
    assert (test["days"], test["narrows"], test["effect"]) == (14, ["conditions"], "10%")


def _noon(day: date) -> int:
    return (day - date(1970, 1, 1)).days * 86_400 + 43_200


@pytest.mark.slow
def test_a_check_knows_what_was_measured(measured: tuple[Repo, date, dict[str, date]]) -> None:
    """Until the query is another one."""
    repo, today, _ = measured
    line = "experiments/reco.yaml:25:14: notice "
    never = "[traffic.unmeasured] 'applied' was never measured, so it is not known how many users the test needs"
    assert f"{line}{never}\n    run `sameday measure applied`\n" in repo.sameday("check").out
    said = repo.sameday("measure")
    assert (said.code, said.err) == (0, "")
    head = f"clicks, from {today - timedelta(28)} until {today}\n                  users          mean     deviation\n"
    assert said.out.startswith(head)
    assert "\n  reco: 'als' needs " in said.out
    assert " to find 10%, and gets at most " in said.out
    assert " in 2 weeks: too few; it would take " in said.out
    after = repo.sameday("check")
    assert after.code == 0
    assert f"{line}[traffic.underpowered] to find a change of 'applied' by 10%, 'als' needs " in after.out
    assert " fewer by its conditions\n    it would take " in after.out
    assert "traffic.un" not in repo.sameday("check", "--offline").out, "no ledger was asked"
    repo.write("sql/applied.sql", APPLIED.replace("> 2", "> 1"))
    changed = f"[traffic.unmeasured] the settings have changed 'applied' since it was measured on {today}"
    assert line + changed in repo.sameday("check").out


FAULTY = """\
metrics:
  lost: {query: "SELECT user_id AS unit, day, 1 AS value FROM logs.click", unit: user_id, type: mean}
  words: {query: "SELECT user_id AS unit, day, user_id AS value FROM logs.clicks", unit: user_id, type: mean}
  files: {query: "SELECT 'x' AS unit, day, 1 AS value FROM read_csv('/etc/passwd')", unit: user_id, type: mean}
  secret: {query: "SELECT user_id AS unit, day, CAST(user_id AS INT64) AS value FROM logs.clicks", unit: user_id,
    type: mean}
  late: {query: "SELECT user_id AS unit, day, 1 AS value FROM logs.clicks", unit: user_id, type: mean}
"""


@pytest.mark.slow
def test_a_query_that_cannot_be_measured(repo: Repo) -> None:
    """The others are measured all the same; what rows hold is not shown."""
    today = steady_date(timedelta(seconds=30))
    folder = repo.root / ".sameday/warehouse"
    folder.mkdir(parents=True)
    rows = {"user_id": ["u-s3cret", "u2"], "day": [today - timedelta(28), today - timedelta(3)]}
    pq.write_table(pa.table(rows), folder / "logs.clicks.parquet")
    repo.write("sameday.yaml", "warehouse: {kind: folder}\n" + FAULTY)
    said = repo.sameday("measure")
    assert said.code == 1
    assert [line for line in said.out.splitlines() if "not measured" in line] == [
        'lost was not measured: the query: Catalog Error: Table with name "logs.click" does not exist because schema '
        '"logs" does not exist.',
        "words was not measured: the query has `value` as STRING, not as INT64, FLOAT64, NUMERIC or BIGNUMERIC",
        'files was not measured: the query: Permission Error: Cannot access file "/etc/passwd" - file system '
        "operations are disabled by configuration",
        "secret was not measured: the query: its rows cannot be read (ConversionException)",
    ]
    assert f"  there are no rows after {today - timedelta(3)}: the last days count as if nothing happened\n" in said.out
    assert "  not kept: the settings name no ledger, so checks know nothing of it\n" in said.out
    assert "s3cret" not in said.out + said.err


@pytest.mark.slow
def test_what_is_not_there(repo: Repo) -> None:
    for more, words, wanted in (
        ("", [], "sameday.yaml has no `metrics` that could be measured"),
        (METRICS, ["click"], "there is no metric 'click' in sameday.yaml; did you mean 'clicks'?"),
        (METRICS, ["x"], "there is no metric 'x' in sameday.yaml; there are: clicks, applied"),
    ):
        repo.write("sameday.yaml", SETTINGS + more)
        repo.write("sql/applied.sql", APPLIED)
        said = repo.sameday("measure", *words)
        assert (said.code, said.out, said.err) == (2, "", f"sameday: {wanted}\n")
    repo.write("sameday.yaml", METRICS)
    said = repo.sameday("measure")
    assert (said.code, said.err) == (2, "sameday: sameday.yaml names no warehouse, which metrics are measured in\n")
