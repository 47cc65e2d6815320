"""A run begins when what it reads is there, of its day, and fresh."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Refused
from bot.tasks.wait import POLL, wait
from tests.tasks.conftest import NOW, Bench, Clock


def put(bench: Bench, table: str = "logs.users", age: timedelta = timedelta(), day: date | None = None) -> None:
    """A table that was changed that long before the clock began."""
    bench.put(table, bench.rows({"ada": 1.0}, day))
    moment = (NOW - age).timestamp()
    os.utime(Path(bench.settings.address(table)), (moment, moment))


def test_nothing_to_wait_for(bench: Bench) -> None:
    assert wait(bench.work(), bench.warehouse, Clock().now, Clock().sleep, print) == []


def test_ready_at_once(bench: Bench) -> None:
    put(bench, age=timedelta(hours=25), day=date(2026, 11, 23))
    put(bench, "logs.items")
    reads = {"users": bench.read(fresh_within=26 * 3600, partition="dt"), "items": bench.read("logs.items")}
    clock = Clock()
    said = wait(bench.work(inputs=reads, patience=60), bench.warehouse, clock.now, clock.sleep, clock.said.append)
    assert said == ["users: logs.users is ready", "items: logs.items is ready"]
    assert clock.slept == []


OLD, OTHER_DAY = timedelta(hours=27), date(2026, 11, 22)
UNREADY = [
    (None, {}, "logs.users is not there"),
    (
        {"age": OLD},
        {"fresh_within": 26 * 3600},
        "logs.users was last changed 2026-11-22 01:00 UTC, which is too long ago",
    ),
    ({"day": OTHER_DAY}, {"partition": "dt"}, "logs.users has no rows of 2026-11-23 yet"),
]


@pytest.mark.parametrize(("there", "asked", "reason"), UNREADY)
def test_not_ready_in_time(bench: Bench, there: dict[str, Any] | None, asked: dict[str, Any], reason: str) -> None:
    if there is not None:
        put(bench, **there)
    put(bench, "logs.items")
    clock = Clock()
    reads = {"items": bench.read("logs.items"), "users": bench.read(**asked)}
    with pytest.raises(Refused) as refused:
        wait(bench.work(inputs=reads, patience=100), bench.warehouse, clock.now, clock.sleep, clock.said.append)
    assert str(refused.value) == f"inputs are not ready: users: {reason}"
    assert clock.passed == 100, "it waits as long as it may, and no longer"
    assert max(clock.slept) <= POLL
    assert clock.said == [f"waiting for inputs: users: {reason}"] * 4, "at once and every half a minute"


@pytest.mark.parametrize(("there", "asked", "reason"), UNREADY)
def test_ready_after_a_while(bench: Bench, there: dict[str, Any] | None, asked: dict[str, Any], reason: str) -> None:
    if there is not None:
        put(bench, **there)
    clock = Clock((70.0, lambda: put(bench, day=date(2026, 11, 23))))
    said = wait(
        bench.work(inputs={"users": bench.read(**asked)}, patience=100),
        bench.warehouse,
        clock.now,
        clock.sleep,
        clock.said.append,
    )
    assert said == ["users: logs.users is ready"]
    assert 70 <= clock.passed <= 70 + POLL


def test_table_of_the_day(bench: Bench) -> None:
    reads = {"events": bench.read("logs.events_{date}")}
    clock = Clock((70.0, lambda: put(bench, "logs.events_20261123")))
    put(bench, "logs.events_20261122")
    said = wait(bench.work(inputs=reads, patience=100), bench.warehouse, clock.now, clock.sleep, clock.said.append)
    assert said == ["events: logs.events_20261123 is ready"]
    assert clock.passed >= 70


def test_without_patience_it_looks_once(bench: Bench) -> None:
    clock = Clock()
    with pytest.raises(Refused, match="not there"):
        wait(bench.work(inputs={"users": bench.read()}), bench.warehouse, clock.now, clock.sleep, clock.said.append)
    assert clock.slept == []


def test_all_that_is_missing_is_named(bench: Bench) -> None:
    Path(bench.settings.path).mkdir()
    Path(bench.settings.address("logs.spoilt")).write_text("no Parquet")
    reads = {"users": bench.read(), "items": bench.read("logs.items"), "spoilt": bench.read("logs.spoilt")}
    with pytest.raises(Refused) as refused:
        wait(bench.work(inputs=reads), bench.warehouse, Clock().now, Clock().sleep, print)
    said = str(refused.value)
    assert said.startswith(
        "inputs are not ready: users: logs.users is not there; items: logs.items is not there; spoilt: "
    )
    assert "cannot be read as Parquet" in said
    assert "\n" not in said
