"""A run's whole versions reach readers at once, day by day, and never take the place of newer ones."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date

import pytest

from bot.errors import Refused
from bot.ports import Place, Version, Work
from bot.settings.kinds import SqliteStore
from bot.stores.sqlite import SqliteTables
from bot.tasks.keep import keep
from bot.tasks.put import put
from bot.tasks.verify import verify
from tests.conftest import Said
from tests.tasks.conftest import DAY, Bench, Clock

DAYS = [date(2026, 11, day) for day in range(20, 28)]
PLACE = "reco.v4__0badcafe"


def ready(bench: Bench, work: Work, **scores: float | None) -> Work:
    """The work, up to its last task."""
    bench.write(work, scores=scores)
    verify(work, bench.warehouse, Clock().now)
    keep(work, bench.warehouse, bench.stores)
    return work


def test_first_run_is_shown(bench: Bench) -> None:
    assert bench.finish(bench.work(), ada=0.5, bob=0.25) == [
        f"scores: 2 rows in {PLACE}, day 2026-11-23",
        "scores: serving: 2 rows in v4__0badcafe",
    ]
    assert bench.served() == {"ada": 0.5, "bob": 0.25}
    assert bench.filled() == {("ada", 0.5, DAY), ("bob", 0.25, DAY)}


def test_a_newer_day_takes_its_place_in_the_store_and_stands_beside_it_in_the_warehouse(bench: Bench) -> None:
    for i, day in enumerate(DAYS[:3]):
        bench.finish(bench.work(day), ada=float(i))
        assert bench.served() == {"ada": float(i)}
    assert bench.filled() == {("ada", float(i), day) for i, day in enumerate(DAYS[:3])}


def test_an_older_day_is_loaded_but_not_shown_by_the_store(bench: Bench) -> None:
    bench.finish(bench.work(DAYS[3]), ada=3.0)
    assert bench.finish(bench.work(DAYS[1]), ada=1.0) == [
        f"scores: 1 rows in {PLACE}, day 2026-11-21",
        "scores: serving: not shown in v4__0badcafe, which has demo-0badcafe-20261123: that is newer",
    ]
    assert bench.served() == {"ada": 3.0}
    assert bench.filled() == {("ada", 3.0, DAYS[3]), ("ada", 1.0, DAYS[1])}


def test_putting_again_changes_nothing(bench: Bench) -> None:
    work = ready(bench, bench.work(), ada=0.5)
    first = put(work, bench.warehouse, bench.stores)
    assert put(work, bench.warehouse, bench.stores) == first
    assert (bench.served(), bench.filled()) == ({"ada": 0.5}, {("ada", 0.5, DAY)})


def test_specs_have_places_of_their_own(bench: Bench) -> None:
    bench.finish(bench.work(), ada=1.0)
    bench.finish(bench.work(key="feedbeef"), ada=2.0)
    assert (bench.served(), bench.served("v4__feedbeef")) == ({"ada": 1.0}, {"ada": 2.0})
    assert bench.filled() == {("ada", 1.0, DAY)}


def daily(bench: Bench, day: date, days: int = 3, attempt: int = 1) -> Work:
    """A run whose store shows several days."""
    output = bench.output(key=["user_id", "dt"], sync={"store": "serving", "table": "v4", "days": days})
    return bench.work(day, attempt=attempt, outputs={"scores": output})


def days_served(bench: Bench) -> dict[str, float]:
    """Score by day."""
    with closing(sqlite3.connect(bench.stores["serving"].path)) as connection:
        return dict(connection.execute("SELECT dt, score FROM v4__0badcafe ORDER BY dt"))


def test_the_newest_days_are_shown_at_once(bench: Bench) -> None:
    for i, day in enumerate(DAYS[:5]):
        bench.finish(daily(bench, day), ada=float(i))
    assert days_served(bench) == {"2026-11-22": 2.0, "2026-11-23": 3.0, "2026-11-24": 4.0}


def test_a_backfill_takes_its_place_among_the_days(bench: Bench) -> None:
    for day in (DAYS[0], DAYS[2]):
        bench.finish(daily(bench, day), ada=1.0)
    bench.finish(daily(bench, DAYS[1]), ada=5.0)
    assert days_served(bench) == {"2026-11-20": 1.0, "2026-11-21": 5.0, "2026-11-22": 1.0}
    bench.finish(daily(bench, DAYS[1], attempt=2), ada=7.0)
    said = bench.finish(daily(bench, date(2026, 11, 1)), ada=9.0)[-1]
    assert said == "scores: serving: not shown in v4__0badcafe, which has demo-0badcafe-20261122: that is newer"
    assert days_served(bench) == {"2026-11-20": 1.0, "2026-11-21": 7.0, "2026-11-22": 1.0}


class Slow(SqliteTables):
    """A store in which something else happens before a version is put."""

    meanwhile: Callable[[], object] = staticmethod(lambda: None)

    def put(self, place: Place, version: Version) -> bool:
        """Put it late."""
        self.meanwhile()
        return super().put(place, version)


def test_a_run_that_takes_longer_does_not_take_the_place_of_a_newer_one(bench: Bench) -> None:
    older, newer = ready(bench, bench.work(DAYS[0]), ada=1.0), ready(bench, bench.work(DAYS[1]), ada=2.0)
    slow = Slow(SqliteStore(path=str(bench.stores["serving"].path)))
    slow.meanwhile = lambda: put(newer, bench.warehouse, bench.stores)
    put(older, bench.warehouse, {"serving": slow})
    assert bench.served() == {"ada": 2.0}


class Killed(BaseException):
    """The end of a process."""


def die() -> None:
    """What a kill does."""
    raise Killed


def test_killed_between_warehouse_and_store_it_goes_on(bench: Bench) -> None:
    bench.finish(bench.work(DAYS[0]), ada=1.0)
    work = ready(bench, bench.work(DAYS[1]), ada=2.0)
    slow = Slow(SqliteStore(path=str(bench.stores["serving"].path)))
    slow.meanwhile = die
    with pytest.raises(Killed):
        put(work, bench.warehouse, {"serving": slow})
    assert bench.served() == {"ada": 1.0}, "each place by itself"
    put(work, bench.warehouse, bench.stores)
    assert bench.served() == {"ada": 2.0}


def test_a_store_lost_between_is_loaded_again(bench: Bench) -> None:
    work = ready(bench, bench.work(), ada=0.5)
    bench.stores["serving"].path.unlink()
    assert put(work, bench.warehouse, bench.stores)[-1] == "scores: serving: 1 rows in v4__0badcafe"
    assert bench.served() == {"ada": 0.5}


def test_what_was_not_verified_is_not_put(bench: Bench) -> None:
    bench.write(bench.work(), ada=0.5)
    with pytest.raises(Refused, match="were not verified"):
        put(bench.work(), bench.warehouse, bench.stores)
    assert bench.served() == {}


@pytest.mark.slow
def test_tasks_on_the_command_line(bench: Bench, run: Callable[..., Said]) -> None:
    work = bench.work(inputs={"users": bench.read()}, outputs=bench.work().outputs)
    place = bench.root / "work.json"
    place.write_text(work.model_copy(update={"date": DAYS[0]}).model_dump_json())
    bench.put("logs.users", bench.rows({"ada": 1.0}))
    bench.write(work, ada=0.5)
    expected = {
        "begin": "users: logs.users is ready\n",
        "verify": "scores: 1 rows\n",
        "keep": "scores: 1 rows loaded into serving.v4__0badcafe\n",
        "put": f"scores: 1 rows in {PLACE}, day 2026-11-23\nscores: serving: 1 rows in v4__0badcafe\n",
    }
    words = ("--work", str(place), "--date", "2026-11-23", "--attempt", "1")
    for task, said in expected.items():
        done = run("task", task, *words, cwd=bench.root)
        assert (done.code, done.out) == (0, said), done.err
    go = bench.root / "go"
    assert run("task", "begin", *words, "--go-to", str(go), cwd=bench.root).code == 0
    assert go.read_text() == "no"
    refused = run("task", "verify", *words[:3], "2026-11-24", cwd=bench.root)
    assert (refused.code, refused.out) == (1, "")
    assert refused.err == "sameday: scores: the job infer has not written reco.v4__0badcafe_20261124\n"
    place.write_text(json.dumps({"experiment": "demo"}))
    assert run("task", "verify", *words, cwd=bench.root).code == 2
