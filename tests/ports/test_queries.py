"""What every warehouse does with a query that others wrote."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from bot.compile.metric import statement
from bot.errors import Refused
from bot.ports import Absent
from bot.settings.metric import Metric
from tests.ports.conftest import WarehouseCase
from tests.ports.test_warehouse import DAY, scores

CLICKS = "SELECT user_id AS unit, dt AS day, score AS value FROM logs.clicks"


def test_columns_of_a_query(warehouse: WarehouseCase) -> None:
    """With their types, as an experiment declares them; a name without a dataset is of the settings' own."""
    warehouse.put("logs.clicks", scores(DAY, a=1.0))
    warehouse.put("users", scores(b=1.0))
    assert warehouse.port.columns(CLICKS) == {"unit": "STRING", "day": "DATE", "value": "FLOAT64"}
    joined = f"{CLICKS} WHERE user_id NOT IN (SELECT user_id FROM users) -- and no more"
    assert list(warehouse.port.columns(joined)) == ["unit", "day", "value"]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT user_id AS unit FROM logs.click",
        "SELECT users AS unit FROM logs.clicks",
        "SELECT",
        "CREATE TABLE logs.more AS SELECT 1 AS one",
        "SELECT 1; SELECT 2",
        "DROP TABLE logs.clicks",
    ],
)
def test_what_is_no_query_is_refused(warehouse: WarehouseCase, query: str) -> None:
    """And nothing is changed by it."""
    warehouse.put("logs.clicks", scores(DAY, a=1.0))
    for ask in (warehouse.port.columns, lambda query: list(warehouse.port.select(query))):
        with pytest.raises(Refused, match="the query"):
            ask(query)
    assert warehouse.rows("logs.clicks") == [{"user_id": "a", "score": 1.0, "dt": DAY}]
    assert isinstance(warehouse.port.describe(["logs.more"])["logs.more"], Absent)


def test_rows_of_a_metric(warehouse: WarehouseCase) -> None:
    """The statement that counts them is one text for all warehouses."""
    days = [date(2026, 11, 1), date(2026, 11, 1), date(2026, 11, 9), date(2026, 11, 28), date(2026, 11, 29)]
    users, values = ["a", "a", "a", "b", "c"], [1.0, None, 2.5, 4.0, 8.0]
    rows = {"user_id": [*users, None], "score": [*values, 1.0], "dt": pa.array([*days, days[0]], pa.date32())}
    warehouse.put("logs.clicks", pa.table(rows))
    metric = Metric(query=f"-- clicks\n{CLICKS} -- of all\n;\n", unit="user_id", type="mean")
    found = sorted(warehouse.port.select(statement(metric, date(2026, 11, 1))))
    assert found == [
        ("a", date(2026, 11, 1), date(2026, 11, 9), 1.0, 3.5, 3.5, 3.5),
        ("b", date(2026, 11, 28), date(2026, 11, 28), None, None, None, 4.0),
    ]
