"""How every warehouse puts a run's own table in its place, and forgets it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

from bot.experiment.model import Output
from bot.ports import Table
from tests.ports.conftest import WarehouseCase
from tests.some import some

DAY, BEFORE = date(2026, 11, 23), date(2026, 11, 22)
STAGED = "reco.v4__0badcafe_20261123"
WHOLE = Output(table="reco.v4", job="infer", columns={"user_id": "STRING", "score": "FLOAT64"}, key=("user_id",))
DAILY = Output.model_validate(
    {
        "table": "reco.v4",
        "job": "infer",
        "columns": {"user_id": "STRING", "score": "FLOAT64", "dt": "DATE"},
        "key": ["user_id"],
        "partition": {"column": "dt"},
    }
)


def scores(day: date | None = None, **users: float | None) -> pa.Table:
    """Rows of a user each, with a day if there is one."""
    days = {} if day is None else {"dt": pa.array([day] * len(users), pa.date32())}
    return pa.table({"user_id": list(users), "score": pa.array(list(users.values()), pa.float64()), **days})


def in_order(rows: list[dict[str, object]]) -> list[tuple[object, ...]]:
    """Rows as tuples, sorted."""
    return sorted(tuple(row.values()) for row in rows)


def test_promote_a_whole_table(warehouse: WarehouseCase) -> None:
    warehouse.put("reco.v4", scores(old=1.0))
    warehouse.put(STAGED, scores(a=1.0, b=2.0))
    for _ in range(2):
        warehouse.port.promote(STAGED, WHOLE, DAY)
        assert in_order(warehouse.rows("reco.v4")) == [("a", 1.0), ("b", 2.0)]
    assert in_order(warehouse.rows(STAGED)) == [("a", 1.0), ("b", 2.0)], "a run that is resumed finds its table"


@pytest.mark.parametrize("there", [True, False])
def test_promote_one_day(warehouse: WarehouseCase, there: bool) -> None:
    others = [("kept", 1.0, BEFORE)] if there else []
    if there:
        warehouse.put("reco.v4", pa.concat_tables([scores(BEFORE, kept=1.0), scores(DAY, old=1.0, older=2.0)]))
    warehouse.put(STAGED, scores(DAY, a=1.0, b=None))
    for _ in range(2):
        warehouse.port.promote(STAGED, DAILY, DAY)
        assert sorted(map(str, in_order(warehouse.rows("reco.v4")))) == sorted(
            map(str, [*others, ("a", 1.0, DAY), ("b", None, DAY)])
        )


def test_promote_keeps_rows_without_a_day(warehouse: WarehouseCase) -> None:
    undated = scores(DAY, kept=1.0).set_column(2, "dt", pa.array([None], pa.date32()))
    warehouse.put("reco.v4", undated)
    warehouse.put(STAGED, scores(DAY, a=1.0))
    warehouse.port.promote(STAGED, DAILY, DAY)
    assert {row["user_id"] for row in warehouse.rows("reco.v4")} == {"kept", "a"}


@pytest.mark.slow
def test_promoted_days_by_processes_at_once(
    warehouse: WarehouseCase, elsewhere: Callable[..., subprocess.Popen[str]]
) -> None:
    program = """
from datetime import date
from bot.experiment.model import Output
output = Output.model_validate_json(sys.argv[2])
sys.stdin.readline()
port.promote(f"reco.v4__0badcafe_202611{int(sys.argv[3]):02}", output, date(2026, 11, int(sys.argv[3])))
"""
    processes = []
    for day in range(1, 5):
        warehouse.put(f"reco.v4__0badcafe_202611{day:02}", scores(date(2026, 11, day), **{f"u{day}": 1.0}))
        processes.append(elsewhere(program, warehouse.open, DAILY.model_dump_json(), str(day)))
    for process in processes:
        some(process.stdin).write("\n")
        some(process.stdin).flush()
    assert [process.wait() for process in processes] == [0] * 4
    assert {row["user_id"] for row in warehouse.rows("reco.v4")} == {"u1", "u2", "u3", "u4"}


OLD = "reco.v4__0badcafe_20261101"
STRANGERS = [
    "reco.v4", "reco.v4__0badcafe", "reco.v4__mine_20261123", "reco.v4__feedbeef_20261101",
    "reco.v4x__0badcafe_20261101", "reco.v4__20250101_20250131", "reco.x_v4__0badcafe_20261101",
    "logs.v4__0badcafe_20261101",     "logs.sales__20250101_20250131", "main.reco__0badcafe_20261101",
    "reco.v4__0badcafe_20261101_copy",
    "reco.v4__0badcafe_20261101_2__0badcafe_20261101",
]  # fmt: skip


def test_sweep_takes_what_these_runs_made_and_nothing_else(warehouse: WarehouseCase) -> None:
    swept = [OLD, f"{OLD}_2"]
    for table in [*STRANGERS, STAGED, *swept]:
        warehouse.put(table, scores(a=1.0))
    later = datetime.now(UTC) + timedelta(hours=1)

    def sweep(tables: list[str], keys: list[str], before: datetime) -> list[str]:
        return sorted(warehouse.port.sweep(tables, keys, before, [STAGED]))

    assert not sweep(["reco.v4"], ["0badcafe"], datetime.now(UTC) - timedelta(hours=1))
    assert not sweep([], ["0badcafe"], later)
    assert not sweep(["reco.v4"], [], later)
    assert not sweep(["reco.v4"], ["0badcaf0"], later)
    assert sweep(["reco.v4"], ["0badcafe"], later) == swept
    known = warehouse.port.describe([*STRANGERS, STAGED, *swept])
    assert [table for table, found in known.items() if not isinstance(found, Table)] == swept


def test_sweep_knows_a_name_however_it_is_written(warehouse: WarehouseCase) -> None:
    warehouse.put("main.v4__0badcafe_20261101", scores(a=1.0))
    later = datetime.now(UTC) + timedelta(hours=1)
    assert not warehouse.port.sweep(["v4"], ["0badcafe"], later, ["v4__0badcafe_20261101"])
    assert len(warehouse.port.sweep(["v4"], ["0badcafe", "feedbeef"], later)) == 1
