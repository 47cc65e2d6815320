"""Every warehouse counts the same of the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from bot.compile.work import version, warehouse_place
from bot.errors import Refused
from bot.experiment.model import Output
from bot.ports import Beside, DayCounts, Remark, Version, Watched, Work
from bot.release.held import held, let_through
from bot.tasks.put import put as task_put
from bot.tasks.verify import verify
from tests.ports.conftest import WarehouseCase
from tests.ports.test_places import NOW, whole

DAY, BEFORE = date(2026, 11, 23), date(2026, 11, 22)
LISTS = {
    "table": "lists",
    "job": "infer",
    "columns": {
        "user_id": "STRING", "item_id": "INT64", "score": "FLOAT64", "at": "TIMESTAMP", "dt": "DATE",
        "tags": "ARRAY<STRING>",
    },
    "key": ["user_id", "item_id", "dt"],
    "partition": {"column": "dt"},
}  # fmt: skip


def output(**more: Any) -> Output:
    """An output of lists of items for users."""
    return Output.model_validate({**LISTS, **more})


def lists(day: date = DAY, hour: int = 4, score: float = 0.5, **users: list[int]) -> pa.Table:
    """A row per user and item."""
    return rows(users, day, hour, score)


def rows(users: Mapping[str, list[int]], day: date, hour: int = 4, score: float = 0.5) -> pa.Table:
    """The same of users by any names."""
    pairs = [(user, item) for user, items in users.items() for item in items]
    return pa.table({
        "user_id": pa.array([user for user, _ in pairs], pa.string()),
        "item_id": pa.array([item for _, item in pairs], pa.int64()),
        "score": pa.array([score + item for _, item in pairs], pa.float64()),
        "at": pa.array([NOW.replace(hour=hour)] * len(pairs), pa.timestamp("us", "UTC")),
        "dt": pa.array([day] * len(pairs), pa.date32()),
        "tags": pa.array([["a"]] * len(pairs), pa.list_(pa.string())),
    })  # fmt: skip


def test_lists(warehouse: WarehouseCase) -> None:
    warehouse.put("lists", lists(ada=[1, 2, 3, 4], bob=[1, 2, 3, 4], cem=[1, 5, 6, 7], dan=[1]))
    count = warehouse.port.count("lists", output(), None)
    assert count.values == {"units": 4, "alike": 2, "short": 1, "items": 7, "top": 13}


def test_beside_what_is_shown(warehouse: WarehouseCase) -> None:
    """Of another day nothing counts, nor does who is gone or new."""
    shown = [lists(BEFORE, ada=[1, 2, 3], bob=[4, 5], eve=[6]), lists(date(2026, 11, 21), ada=[7], flo=[8])]
    warehouse.put("place", pa.concat_tables(shown))
    warehouse.put("lists", lists(ada=[1, 2, 9], bob=[5, 4], new=[6]))
    counts = warehouse.port.count("lists", output(), Beside("place", BEFORE, 1)).values
    assert {name: counts[name] for name in ("chosen", "stayed", "listed", "kept")} == {
        "chosen": 3, "stayed": 2, "listed": 5, "kept": 4,
    }  # fmt: skip


def test_one_in_some_is_chosen(warehouse: WarehouseCase) -> None:
    users = {f"u{i}": [1] for i in range(400)}
    warehouse.put("place", rows(users, BEFORE))
    warehouse.put("lists", rows(users, DAY))
    counts = warehouse.port.count("lists", output(), Beside("place", BEFORE, 4)).values
    assert 50 < counts["chosen"] < 150
    assert counts["chosen"] == counts["stayed"] == counts["kept"]


def test_rows_of_yesterday_with_todays_date(warehouse: WarehouseCase) -> None:
    warehouse.put("lists", lists(BEFORE, 4, ada=[1, 2], bob=[3]))
    before = warehouse.port.count("lists", output(), None).content
    warehouse.put("lists", lists(DAY, 5, bob=[3], ada=[2, 1]))
    assert warehouse.port.count("lists", output(), None).content == before
    for other in (lists(ada=[1, 2], bob=[4]), lists(ada=[1], bob=[2, 3]), lists(score=0.6, ada=[1, 2], bob=[3])):
        warehouse.put("lists", other)
        assert warehouse.port.count("lists", output(), None).content != before


def test_means_are_counted_if_asked_for(warehouse: WarehouseCase) -> None:
    warehouse.put("lists", lists(ada=[1, 3]))
    values = warehouse.port.count("lists", output(expect={"shifted": "warn"}), None).values
    assert values["mean_score"] == 2.5
    assert values["deviation_score"] == pytest.approx(2**0.5)


@pytest.mark.parametrize(
    ("key", "counts"),
    [([], {}), (["dt"], {}), (["user_id"], {"units": 2, "alike": 2}), (["user_id", "dt"], {"units": 2, "alike": 2})],
)
def test_other_keys(warehouse: WarehouseCase, key: list[str], counts: dict[str, int]) -> None:
    """Without somebody whom rows are for there is nobody to count; without things there are no lists."""
    warehouse.put("lists", lists(ada=[1], bob=[1]))
    count = warehouse.port.count("lists", output(key=key), None)
    assert (count.values, count.content != "") == (counts, True)


def test_no_rows(warehouse: WarehouseCase) -> None:
    warehouse.put("lists", lists(ada=[1]).slice(0, 0))
    count = warehouse.port.count("lists", output(), None)
    assert count.values == {"units": 0, "short": 0, "items": 0}
    assert count.content == ""


def test_names_that_need_quotes(warehouse: WarehouseCase) -> None:
    columns = {"select": "STRING", "Order": "FLOAT64"}
    odd = Output.model_validate(
        {"table": "t", "job": "j", "columns": columns, "key": ["select"], "expect": {"shifted": "warn"}}
    )
    warehouse.put("t", pa.table({"select": ["x", "y"], "Order": [1.0, 2.0]}))
    assert warehouse.port.count("t", odd, None).values["mean_Order"] == 1.5


def test_a_table_that_cannot_be_counted(warehouse: WarehouseCase) -> None:
    with pytest.raises(Refused, match=r"\A[^\n]+\Z"):
        warehouse.port.count("lists", output(), None)
    warehouse.put("lists", pa.table({"other": [1]}))
    with pytest.raises(Refused, match=r"\A[^\n]+\Z"):
        warehouse.port.count("lists", output(), None)


def test_what_was_counted_is_kept_with_the_version(warehouse: WarehouseCase) -> None:
    remark = Remark(rule="fewer", message='1 "user", 2 are usual')
    day = DayCounts(date=DAY, counts={"rows": 3, "kept": 0.5}, content="3:-7")
    before = (day.model_copy(update={"date": BEFORE}),)
    counts = Watched(day=day, warned=(remark,), held=(remark,), before=before)
    place, version = whole(), Version("reco", "0badcafe", DAY, NOW)
    warehouse.port.begin(place, version)
    warehouse.port.begin(place, replace(version, watched=counts))
    (kept,) = warehouse.port.versions(place)
    assert (kept.watched, kept.whole) == (counts, None)
    accepted = counts.model_copy(update={"accepted": "ada"})
    warehouse.port.begin(place, replace(version, watched=accepted))
    (kept,) = warehouse.port.versions(place)
    assert kept.watched == accepted
    warehouse.port.keep(place, replace(version, whole=NOW, rows=3, watched=counts))
    warehouse.port.begin(place, replace(version, watched=accepted))
    (kept,) = warehouse.port.versions(place)
    assert (kept.watched, kept.whole) == (counts, NOW), "what is whole stays as it was"


def run(warehouse: WarehouseCase, day: date, users: range, attempt: int = 1) -> list[str]:
    """What verifying a run's lists says; they are put in their place."""
    work = work_of(day, attempt)
    place = warehouse_place("reco", work.key, work.outputs["lists"])
    warehouse.put(place.own(version(work, NOW)), rows({f"u{i}": [i, i + day.day] for i in users}, day))
    lines = verify(work, warehouse.port, lambda: NOW)
    task_put(work, warehouse.port, {})
    return lines


def work_of(day: date, attempt: int = 1) -> Work:
    """A run of lists."""
    return Work(experiment="reco", key="0badcafe", date=day, attempt=attempt, steps=(), outputs={"lists": output()})


def test_half_of_the_users(warehouse: WarehouseCase) -> None:
    """They are held, a person lets them through, and the next day is compared with them."""
    place = warehouse_place("reco", "0badcafe", output())
    run(warehouse, BEFORE, range(150))
    with pytest.raises(Refused, match=r"\Aheld, and what was shown stays: lists: 80 user_id, 150 are usual\Z"):
        run(warehouse, DAY, range(80))
    assert [one.date for one in warehouse.port.inside(place)] == [BEFORE]
    found = held(work_of(DAY), warehouse.port)
    assert found is not None
    assert (found.date, found.accepted) == (DAY, "")
    assert let_through(work_of(DAY), warehouse.port, "ada") == DAY
    assert run(warehouse, DAY, range(80), 2)[1:] == [
        "lists: warning: 80 user_id, 150 are usual; let through by a person"
    ]
    assert held(work_of(DAY), warehouse.port) is None
    assert [one.date for one in warehouse.port.inside(place)] == [DAY, BEFORE]
    (newest, *_) = warehouse.port.versions(place)
    assert newest.watched is not None
    counts = newest.watched.day.counts
    assert {name: counts[name] for name in ("chosen", "stayed", "listed", "kept")} == {
        "chosen": 150, "stayed": 80, "listed": 160, "kept": 80,
    }  # fmt: skip
