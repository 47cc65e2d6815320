"""The weekly job: metrics are measured, and the next pull request's check knows them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.clock import steady_date
from tests.far.github import payloads
from tests.github.bot.conftest import SOUND, Hosted

pytestmark = pytest.mark.slow

METRICS = """\
metrics:
  clicks: {query: sql/clicks.sql, unit: user_id, type: mean}
  lost: {query: SELECT 1 AS unit, unit: user_id, type: mean}
"""
READ: dict[str, Any] = {"serving": {**SOUND["serving"], "metrics": {"primary": "clicks", "effect": "1%"}}}


def test_every_week(hosted: Hosted) -> None:
    """One that cannot be measured fails the job, of which GitHub tells; the others are known all the same."""
    today = steady_date(timedelta(seconds=60))
    clicks = {"user_id": [f"u{i}" for i in range(100)], "day": [today - timedelta(28)] * 100, "n": [1, 0] * 50}
    pq.write_table(pa.table(clicks), hosted.repo.root / ".sameday/warehouse/logs.clicks.parquet")
    hosted.repo.write("sameday.yaml", (hosted.repo.root / "sameday.yaml").read_text() + METRICS)
    hosted.repo.write("sql/clicks.sql", "SELECT user_id AS unit, day, n AS value FROM logs.clicks")
    hosted.put(**READ)
    hosted.environment["SAMEDAY_SCHEDULED"] = "measure"
    ran = hosted.bot("schedule", payloads.schedule())
    assert ran.code == 1
    assert ran.summary == "**⚠️ sameday: measured 1 of 2 metrics**, not <code>lost</code>\n"
    assert f"clicks, from {today - timedelta(28)} until {today}\n" in ran.out
    assert "lost was not measured: the query has no column `day` and has no column `value`\n" in ran.out
    hosted.branch()
    hosted.put(**READ, owner="@acme/reco")
    checked = hosted.bot("pull_request", hosted.proposed())
    assert "to find a change of 'clicks' by 1%, 'new' needs " in checked.summary
    hosted.repo.git("checkout", "-q", "main")
    hosted.repo.write("sameday.yaml", (hosted.repo.root / "sameday.yaml").read_text().partition("  lost:")[0])
    hosted.repo.commit()
    again = hosted.bot("schedule", payloads.schedule())
    assert (again.code, again.summary) == (0, "**✅ sameday: measured 1 of 1 metrics**\n")


def test_a_query_that_is_taken_away(hosted: Hosted) -> None:
    """The settings stay as they are, and would load no more: no command would do anything."""
    hosted.repo.write("sameday.yaml", (hosted.repo.root / "sameday.yaml").read_text() + METRICS)
    hosted.repo.write("sql/clicks.sql", "SELECT 1 AS unit")
    hosted.put()
    hosted.branch()
    hosted.repo.git("rm", "-q", "sql/clicks.sql")
    hosted.put(owner="@acme/reco")
    ran = hosted.bot("pull_request", hosted.proposed())
    assert ran.code == 1
    wanted = "sameday.yaml:8:19: error [settings.invalid] the file 'sql/clicks.sql' with the query cannot be read: "
    assert ran.out.startswith(wanted)
