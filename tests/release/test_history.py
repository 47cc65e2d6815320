"""How many days a merge will show, and of which spec: what the plan says is what readers see afterwards."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.release.conftest import Site

pytestmark = pytest.mark.slow

PROGRAM = (
    "import duckdb, os; day = os.environ['SAMEDAY_DATA_DATE']; "
    "rows = duckdb.sql(f\"select {score} as score, date '{{day}}' as dt\"); "
    "rows.write_parquet(os.environ['SAMEDAY_OUTPUT_SCORES'])"
)


def daily(site: Site, score: str, kind: str = "FLOAT64", **output: Any) -> dict[str, Any]:
    """An experiment that fills a day's partition."""
    columns = {"score": kind, "dt": "DATE"}
    declared = {"table": "main.reco", "job": "infer", "columns": columns, "partition": {"column": "dt"}, **output}
    job = {"name": "infer", "commands": ["python", "-c", PROGRAM.format(score=score)]}
    arm = {"name": "new", "output": "scores"}
    return dict(site.plain(jobs=[job], outputs={"scores": declared}, serving={"kind": "all", "arm": arm}))


def shown(site: Site) -> list[float]:
    """The score of each day that readers see, oldest first."""
    return [float(score) for score, _ in sorted(site.warehouse(), key=lambda row: row[1])]


def test_the_plan_says_how_many_days_there_will_be_and_whose(site: Site) -> None:
    site.put(daily(site, "0.5::double"))
    assert "show " not in site.say("plan").replace("make main.reco show", ""), "nothing is shown yet"
    site.release()
    today, key = date.fromisoformat(site.ledger()[0]["item"]["date"]), site.scheduled()
    for back in (1, 2):
        site.say("run", "reco", "--date", str(today - timedelta(days=back)))
    site.put(daily(site, "0.7::double"))
    assert f"  - show 3 days in main.reco, 2 of {key}; 3 are shown now\n" in site.say("plan")
    site.release()
    assert shown(site) == [0.5, 0.5, 0.7]
    site.put(daily(site, "0.9::double", history="fresh"))
    assert "  - show 1 day in main.reco, none of before (history: fresh); 3 are shown now\n" in site.say("plan")
    site.release()
    assert shown(site) == [0.9]


def test_the_plan_says_which_column_keeps_the_days_before_away(site: Site) -> None:
    site.put(daily(site, "0.5::double"))
    site.release()
    today = date.fromisoformat(site.ledger()[0]["item"]["date"])
    site.say("run", "reco", "--date", str(today - timedelta(days=1)))
    site.put(daily(site, "5::bigint", "INT64"))
    why = "score differs from what was there"
    assert f"  - show 1 day in main.reco, none of before ({why}); 2 are shown now\n" in site.say("plan")
    site.release()
    assert shown(site) == [5.0]
