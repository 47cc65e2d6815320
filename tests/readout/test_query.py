"""The query over exposures and events, beside the same written out in Python; on both warehouses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bot.ports import Warehouse
from bot.readout import query
from bot.readout.judge import judged
from bot.readout.statistics import estimate
from bot.settings.events import Event
from bot.settings.kinds import FolderWarehouse
from bot.warehouses.bigquery import BigQuery
from bot.warehouses.folder import ParquetFolder
from tests.far.emulator import Emulator, put
from tests.fuzz import count
from tests.readout.worlds import sums

START, HOUR = datetime(2026, 11, 30, tzinfo=UTC), timedelta(hours=1)
WITHIN = 6 * HOUR
EVENT = Event(table="logs.opened", unit="user_id", item="item_id", at="opened_at")
MAPPING = """\
SELECT user_id AS unit, experiment, phase, arm, ranker, item, position, ranking, forced, shown_at
FROM logs.shown  -- the team's own;
;
"""
MOMENT = pa.timestamp("us", "UTC")
SHOWN = pa.schema([
    ("user_id", "string"), ("experiment", "string"), ("phase", "int64"), ("arm", "string"), ("ranker", "string"),
    ("item", "string"), ("position", "int64"), ("ranking", "string"), ("forced", "bool"), ("shown_at", MOMENT),
])  # fmt: skip
OPENED = pa.schema([("user_id", "string"), ("item_id", "string"), ("opened_at", MOMENT)])
Row = dict[str, Any]
Write = Callable[[list[Row], list[Row]], Warehouse]


def logs(random: Random) -> tuple[list[Row], list[Row]]:
    """Lists of few users with all that a log may hold: NULLs, repeats, testers, other tests, items shown again."""
    shown: list[Row] = []
    for _ in range(random.randrange(2, 25)):
        line = {
            "user_id": random.choice(["ann", "bob", "eve", None]), "experiment": random.choice([*"aaaa", "b"]),
            "phase": random.choice([1, 2, 2, None]), "arm": "", "forced": random.choice([*[False] * 4, None, True]),
            "ranking": random.choice(["r1", "r2", "r3", None]), "shown_at": START + random.randrange(-5, 48) * HOUR,
        }  # fmt: skip
        for position in range(1, random.randrange(2, 6)):
            ranker, item = random.choice(["a", "b", "b", "c", "", None]), random.choice(["i1", "i2", "i3", "i4", None])
            shown += [{**line, "ranker": ranker, "item": item, "position": position}] * random.choice([1, 1, 2])
    opened = [
        {"user_id": random.choice(["ann", "bob", None]), "item_id": random.choice(["i1", "i2", "i3", None]),
         "opened_at": START + random.randrange(-5, 60) * HOUR}
        for _ in range(random.randrange(20))
    ]  # fmt: skip
    return shown, opened


def expected(shown: list[Row], opened: list[Row]) -> dict[int, dict[str, Any]]:
    """The same as the query, a step a line."""
    needed = ("user_id", "phase", "ranking", "item")
    kept = [
        {**row, "ranker": row["ranker"] or ""} for row in shown
        if row["experiment"] == "a" and not row["forced"] and row["shown_at"] >= START
        and all(row[key] is not None for key in needed)
    ]  # fmt: skip
    taken = set()
    for event in opened:
        seen = [
            (row["shown_at"], row["phase"], row["ranking"], row["ranker"]) for row in kept
            if (row["user_id"], row["item"]) == (event["user_id"], event["item_id"])
            and row["shown_at"] <= event["opened_at"] <= row["shown_at"] + WITHIN
        ]  # fmt: skip
        if seen and event["opened_at"] >= START:
            newest = max(one[:2] for one in seen)
            _, phase, ranking, ranker = min(one for one in seen if one[:2] == newest)
            taken.add((phase, event["user_id"], ranking, ranker, event["item_id"]))
    sides: dict[Any, dict[str, int]] = defaultdict(dict)
    for row in kept:
        if row["ranker"]:
            side = sides[row["phase"], row["user_id"], row["ranking"]]
            side[row["ranker"]] = min(side.get(row["ranker"], 99), row["position"])
    found: dict[int, dict[str, Any]] = {}
    for (phase, unit, ranking), best in sides.items():
        about = found.setdefault(phase, {"units": set(), "impressions": 0, "rankers": defaultdict(list)})
        about["units"].add(unit)
        about["impressions"] += 1
        won = {r: len({one for one in taken if one[:4] == (phase, unit, ranking, r)}) for r in best}
        for ranker in best.keys() - {"a"} if "a" in best else ():
            ahead = (won[ranker] > won["a"]) - (won[ranker] < won["a"])
            about["rankers"][ranker].append((unit, ahead, best[ranker] < best["a"], best[ranker] != best["a"]))
    return found


def asked(port: Warehouse) -> query.Question:
    """What is asked of the logs."""
    return query.Question("a", "a", START, MAPPING, port.quoted(EVENT.table), EVENT, WITHIN)


def compare(write: Write, cases: int) -> None:
    """Both say the same of drawn logs."""
    for number in range(cases):
        shown, opened = logs(Random(f"logs-{number}"))
        port = write(shown, opened)
        read = judged(list(port.select(query.interleaving(asked(port)), 5)), 1, [])
        wanted = expected(shown, opened)
        assert {one.phase for one in read} == wanted.keys() | {1}, number
        for one in read:
            about = wanted.get(one.phase, {"units": (), "impressions": 0, "rankers": {}})
            assert (one.units, one.impressions) == (len(about["units"]), about["impressions"]), number
            assert {each.ranker for each in one.comparisons} == about["rankers"].keys(), number
            for each in one.comparisons:
                lists = about["rankers"][each.ranker]
                won, lost = (sum(ahead == side for _, ahead, *_ in lists) for side in (1, -1))
                assert (each.competitive, each.won, each.lost) == (len(lists), won, lost), number
                same(each.preference, lists, lambda one: (one[1], one[1] != 0), signed=True)
                same(each.began, lists, lambda one: (one[2], one[3]), signed=False)


def same(found: Any, lists: list[Any], case: Callable[[Any], tuple[int, int]], *, signed: bool) -> None:
    """The estimate is that of the lists' cases, by user."""
    units: Mapping[str, list[int]] = defaultdict(lambda: [0, 0])
    for one in lists:
        x, n = case(one)
        units[one[0]][0] += x
        units[one[0]][1] += n
    wanted = estimate(sums(units.values()), signed=signed)
    assert (found is None) == (wanted is None)
    if wanted is not None:
        near = (pytest.approx(wanted.value), pytest.approx(wanted.error, abs=1e-6), pytest.approx(wanted.degrees))
        assert (found.value, found.error, found.degrees) == near


def in_folder(folder: Path) -> Write:
    """Write logs as Parquet files."""
    port = ParquetFolder(FolderWarehouse(kind="folder", path=str(folder)))

    def write(shown: list[Row], opened: list[Row]) -> Warehouse:
        pq.write_table(pa.Table.from_pylist(shown, SHOWN), folder / "logs.shown.parquet")
        pq.write_table(pa.Table.from_pylist(opened, OPENED), folder / "logs.opened.parquet")
        return port

    return write


def test_as_written_out_in_python(tmp_path: Path) -> None:
    compare(in_folder(tmp_path), count(5, 2_000))


@pytest.mark.slow
def test_as_written_out_in_python_on_bigquery(emulator: Emulator) -> None:
    """The emulator translates BigQuery's dialect; what a real BigQuery says of the text is not known here."""
    settings = emulator.settings()
    client = emulator.client(settings.project)

    def write(shown: list[Row], opened: list[Row]) -> Warehouse:
        put(client, settings.table("logs.shown"), pa.Table.from_pylist(shown, SHOWN))
        put(client, settings.table("logs.opened"), pa.Table.from_pylist(opened, OPENED))
        return BigQuery(settings)

    compare(write, count(2, 50))
