"""Verified tables take their declared places, and old runs' own tables go."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from bot.compile.names import moment
from bot.compile.work import own_table
from bot.ports import Absent, Table
from bot.tasks.promote import promote
from tests.tasks.conftest import Bench

DAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def test_promote_takes_away_what_old_runs_left(bench: Bench) -> None:
    bench.put("reco.v4__0badcafe_20261001", bench.rows({"ada": 1.0}))
    work = bench.work(keep=3600, outputs={"scores": bench.output()})
    bench.write(work, ada=0.5)
    own = own_table(work.outputs["scores"], work.key, moment(work.run, work.date, work.attempt))
    promote(work, bench.warehouse, datetime.now(UTC))
    assert isinstance(bench.warehouse.describe(["reco.v4__0badcafe_20261001"])["reco.v4__0badcafe_20261001"], Table)
    said = promote(work, bench.warehouse, datetime.now(UTC) + timedelta(hours=2))
    assert said == ["scores: reco.v4, day 2026-11-23", "1 tables of old runs removed"]
    left = bench.warehouse.describe([own, "reco.v4", "reco.v4__0badcafe_20261001"])
    assert isinstance(left["reco.v4__0badcafe_20261001"], Absent)
    assert isinstance(left[own], Table), "which is still to be synced, however long its jobs took"
    assert isinstance(left["reco.v4"], Table)


def test_promote_leaves_what_others_made(bench: Bench) -> None:
    """Only a spec key of this experiment's makes a table its runs' own; the rest of its name can be anybody's."""
    others = ["main.events__20250101_20250131", "logs.sales__20250101_20250131", "reco.v4__20250101_20250131",
              "reco.v4__deadbeef_20261001", "reco.it__0badcafe_20261001", "reco.direct__0badcafe_20261001"]  # fmt: skip
    mine = ["reco.v4__0badcafe_20261001", "reco.v4__feedbeef_20261001_2"]
    for table in others + mine:
        bench.put(table, bench.rows({"ada": 1.0}))
    outputs = {"scores": bench.output(), "direct": bench.output("reco.direct", partition=None, write="direct")}
    work = bench.work(keep=3600, outputs=outputs, earlier=("feedbeef",))
    for name in outputs:
        bench.write(work, name, ada=0.5)
    promote(work, bench.warehouse, datetime.now(UTC) + timedelta(hours=2))
    known = bench.warehouse.describe(others + mine)
    assert [table for table in others + mine if not isinstance(known[table], Table)] == mine


def test_promote_says_what_went_where(bench: Bench) -> None:
    outputs = {
        "scores": bench.output(),
        "whole": bench.output("reco.whole", partition=None),
        "direct": bench.output("reco.direct", partition=None, write="direct"),
    }
    work = bench.work(outputs=outputs)
    for name in outputs:
        bench.write(work, name, ada=0.5)
    bench.put("reco.v4", bench.rows({"kept": 1.0, "ada": 9.0}, date(2026, 11, 22)))
    bench.put("reco.whole", bench.rows({"gone": 1.0}))
    for _ in range(2):
        assert promote(work, bench.warehouse, NOW) == [
            "scores: reco.v4, day 2026-11-23", "whole: reco.whole", "direct: written in place by its job",
        ]  # fmt: skip
        before = date(2026, 11, 22)
        assert bench.promoted() == {("kept", 1.0, before), ("ada", 9.0, before), ("ada", 0.5, DAY)}
        assert bench.promoted("reco.whole") == {("ada", 0.5, DAY)}
        assert bench.promoted("reco.direct") == {("ada", 0.5, DAY)}
