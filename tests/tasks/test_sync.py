"""A run's rows reach readers all at once or not at all, and never take the place of newer ones."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.compile.work import targets
from bot.errors import Refused
from bot.ports import Batches, Target, Work
from bot.settings.kinds import SqliteStore
from bot.stores.sqlite import SqliteTables
from bot.tasks.sync import sync
from tests.conftest import Said
from tests.tasks.conftest import Bench

DAYS = [date(2026, 11, day) for day in range(20, 28)]


def synced(bench: Bench, work: Work, **scores: float | None) -> list[str]:
    """Write the rows of a run's one output, and sync them."""
    bench.write(work, scores=scores)
    return sync(work, bench.warehouse, bench.stores)


def kept(bench: Bench, store: str = "serving") -> list[str]:
    """The versions of the one target, newest first."""
    ((_, _, _, target),) = targets(bench.work().outputs)
    return list(bench.stores[store].versions(target))


def test_first_run_is_shown(bench: Bench) -> None:
    assert synced(bench, bench.work(), ada=0.5, bob=0.25) == ["scores: 2 rows in serving.v4"]
    assert bench.served() == {"ada": 0.5, "bob": 0.25}


def test_newer_day_takes_its_place(bench: Bench) -> None:
    for i, day in enumerate(DAYS[:3]):
        synced(bench, bench.work(day), ada=float(i))
        assert bench.served() == {"ada": float(i)}
    assert kept(bench) == ["demo-0badcafe-20261122", "demo-0badcafe-20261121"], "and one to go back to"


def test_syncing_again_changes_nothing(bench: Bench) -> None:
    first = synced(bench, bench.work(DAYS[0]), ada=1.0)
    synced(bench, bench.work(DAYS[1]), ada=2.0)
    for _ in range(2):
        assert sync(bench.work(DAYS[1]), bench.warehouse, bench.stores) == first
        assert bench.served() == {"ada": 2.0}
        assert kept(bench) == ["demo-0badcafe-20261121", "demo-0badcafe-20261120"]


def test_backfill_is_loaded_but_not_shown(bench: Bench) -> None:
    synced(bench, bench.work(DAYS[3]), ada=3.0)
    assert synced(bench, bench.work(DAYS[1]), ada=1.0) == [
        "scores: 1 rows loaded; serving.v4 stays at demo-0badcafe-20261123, which is newer"
    ]
    assert bench.served() == {"ada": 3.0}
    synced(bench, bench.work(DAYS[4]), ada=4.0)
    assert bench.served() == {"ada": 4.0}
    assert set(kept(bench)) == {"demo-0badcafe-20261124", "demo-0badcafe-20261123"}, "the day before, not the backfill"


def test_new_attempt_of_the_day_shown(bench: Bench) -> None:
    synced(bench, bench.work(), ada=1.0)
    synced(bench, bench.work(attempt=2), ada=2.0)
    assert bench.served() == {"ada": 2.0}


def test_another_spec_waits_for_its_release(bench: Bench) -> None:
    old, new = bench.work(DAYS[0]), bench.work(DAYS[1], key="feedbeef")
    synced(bench, old, ada=1.0)
    assert synced(bench, new, ada=2.0) == [
        "scores: 1 rows loaded; serving.v4 stays at demo-0badcafe-20261120, which is live until this is released"
    ]
    assert bench.served() == {"ada": 1.0}
    ((_, _, _, target),) = targets(new.outputs)
    bench.stores["serving"].activate({target: [new.run]})
    assert bench.served() == {"ada": 2.0}
    for day in DAYS[2:5]:
        synced(bench, bench.work(day, key="feedbeef"), ada=float(day.day))
    assert bench.served() == {"ada": 24.0}
    assert "demo-0badcafe-20261120" in kept(bench), "what a rollback goes back to outlives the days"
    assert len(kept(bench)) == 3


def daily(bench: Bench, day: date, days: int = 3, **more: Any) -> Work:
    """A run whose target shows several days."""
    output = bench.output(key=["user_id", "dt"], sync={"store": "serving", "table": "v4", "days": days})
    return bench.work(day, outputs={"scores": output}, **more)


def days_served(bench: Bench) -> dict[str, float]:
    """Score by day."""
    with closing(sqlite3.connect(bench.stores["serving"].path)) as connection:
        return dict(connection.execute("SELECT dt, score FROM v4 ORDER BY dt"))


def test_several_days_are_shown_at_once(bench: Bench) -> None:
    for i, day in enumerate(DAYS[:5]):
        synced(bench, daily(bench, day), ada=float(i))
    assert days_served(bench) == {"2026-11-22": 2.0, "2026-11-23": 3.0, "2026-11-24": 4.0}
    assert [version[-2:] for version in kept(bench)] == ["24", "23", "22", "21"], "and one day to go back to"


def test_backfill_takes_its_place_among_the_days(bench: Bench) -> None:
    for day in (DAYS[0], DAYS[2]):
        synced(bench, daily(bench, day), ada=1.0)
    assert synced(bench, daily(bench, DAYS[1]), ada=5.0) == ["scores: 1 rows in serving.v4"]
    assert days_served(bench) == {"2026-11-20": 1.0, "2026-11-21": 5.0, "2026-11-22": 1.0}
    synced(bench, daily(bench, DAYS[1], attempt=2), ada=7.0)
    assert days_served(bench) == {"2026-11-20": 1.0, "2026-11-21": 7.0, "2026-11-22": 1.0}
    said = synced(bench, daily(bench, date(2026, 11, 1)), ada=9.0)
    assert said == ["scores: 1 rows loaded; serving.v4 stays at demo-0badcafe-20261122, which is newer"]
    assert days_served(bench) == {"2026-11-20": 1.0, "2026-11-21": 7.0, "2026-11-22": 1.0}


def test_days_of_the_released_spec_only(bench: Bench) -> None:
    for day in DAYS[:2]:
        synced(bench, daily(bench, day), ada=1.0)
    new = daily(bench, DAYS[2], key="feedbeef")
    synced(bench, new, ada=2.0)
    assert days_served(bench) == {"2026-11-20": 1.0, "2026-11-21": 1.0}
    ((_, _, _, target),) = targets(new.outputs)
    bench.stores["serving"].activate({target: [new.run]})
    synced(bench, daily(bench, DAYS[3], key="feedbeef"), ada=3.0)
    assert days_served(bench) == {"2026-11-22": 2.0, "2026-11-23": 3.0}
    assert {version[5:13] for version in kept(bench)} == {"0badcafe", "feedbeef"}, "what a rollback goes back to"
    assert len(kept(bench)) == 4


def test_days_of_the_release_before_are_kept_whatever_this_one_shows(bench: Bench) -> None:
    """A rollback brings back all that its readers saw."""
    for day in DAYS[:3]:
        synced(bench, daily(bench, day), ada=1.0)
    new = daily(bench, DAYS[3], days=1, key="feedbeef")
    synced(bench, new, ada=2.0)
    ((_, _, _, target),) = targets(new.outputs)
    bench.stores["serving"].activate({target: [new.run]})
    synced(bench, daily(bench, DAYS[4], days=1, key="feedbeef"), ada=3.0)
    assert days_served(bench) == {"2026-11-24": 3.0}
    assert [version[-2:] for version in kept(bench) if "0badcafe" in version] == ["22", "21", "20"]


def test_of_several_releases_in_a_day_the_last_ones_are_kept(bench: Bench) -> None:
    keys = [f"{number}badcafe" for number in range(5)]
    for key in keys:
        work = bench.work(key=key)
        synced(bench, work, ada=1.0)
        ((_, _, _, target),) = targets(work.outputs)
        bench.stores["serving"].activate({target: [work.run]})
    synced(bench, bench.work(DAYS[4], key=keys[-1]), ada=2.0)
    assert {version[5:13] for version in kept(bench)} == set(keys[-3:])


class Slow(SqliteTables):
    """A store in which a newer run is synced while the table `items` is loaded."""

    meanwhile: Callable[[], object] = staticmethod(lambda: None)

    def load(self, target: Target, version: str, rows: Batches) -> Any:
        if target.table == "items":
            self.meanwhile()
        return super().load(target, version, rows)


def test_an_older_run_that_takes_longer_does_not_take_the_place_of_a_newer_one(bench: Bench) -> None:
    older, newer = two(bench, day=DAYS[0]), two(bench, day=DAYS[1])
    fill(bench, older, 1.0)
    fill(bench, newer, 2.0)
    slow = Slow(SqliteStore(path=str(bench.stores["serving"].path)))
    slow.meanwhile = lambda: sync(newer, bench.warehouse, bench.stores)
    said = sync(older, bench.warehouse, {"serving": slow})
    assert (bench.served("v4"), bench.served("items")) == ({"ada": 2.0}, {"ada": 2.0}), said


def test_a_straggler_does_not_take_the_place_of_a_later_attempt(bench: Bench) -> None:
    synced(bench, bench.work(attempt=2), ada=2.0)
    said = synced(bench, bench.work(), ada=1.0)
    assert said == ["scores: 1 rows loaded; serving.v4 stays at demo-0badcafe-20261123-2, which is newer"]
    assert bench.served() == {"ada": 2.0}


def two(bench: Bench, store: str = "serving", day: date = DAYS[0]) -> Work:
    """A run with two outputs."""
    items = bench.output("reco.items", sync={"store": store, "table": "items"})
    return bench.work(day, outputs={"scores": bench.output(), "items": items})


def fill(bench: Bench, work: Work, value: float) -> None:
    for name in work.outputs:
        bench.write(work, name, ada=value)


@pytest.mark.parametrize("store", ["serving", "push"])
def test_two_outputs(bench: Bench, store: str) -> None:
    work = two(bench, store)
    fill(bench, work, 1.0)
    said = sync(work, bench.warehouse, bench.stores)
    assert said == ["scores: 1 rows in serving.v4", f"items: 1 rows in {store}.items"]
    assert (bench.served("v4"), bench.served("items", store)) == ({"ada": 1.0}, {"ada": 1.0})


def lose(bench: Bench, work: Work) -> None:
    """The second output's table is gone."""
    (Path(bench.settings.path) / f"reco.items__0badcafe_{work.date:%Y%m%d}.parquet").unlink()


def double(bench: Bench, work: Work) -> None:
    """The second output has a key twice."""
    rows = bench.rows({"ada": 2.0}, work.date)
    bench.write(work, "items", type(rows).from_batches([*rows.to_batches(), *rows.to_batches()]))


def spoil(bench: Bench, work: Work) -> None:
    """The second output holds what its store cannot."""
    bench.write(work, "items", ada=float("nan"))


@pytest.mark.parametrize("fault", [lose, double, spoil])
@pytest.mark.parametrize("store", ["serving", "push"])
def test_failure_of_the_second_leaves_both(bench: Bench, store: str, fault: Callable[[Bench, Work], None]) -> None:
    before, work = two(bench, store), two(bench, store, DAYS[1])
    fill(bench, before, 1.0)
    sync(before, bench.warehouse, bench.stores)
    fill(bench, work, 2.0)
    fault(bench, work)
    with pytest.raises(Refused, match="items"):
        sync(work, bench.warehouse, bench.stores)
    assert (bench.served("v4"), bench.served("items", store)) == ({"ada": 1.0}, {"ada": 1.0})
    fill(bench, work, 2.0)
    sync(work, bench.warehouse, bench.stores)
    assert (bench.served("v4"), bench.served("items", store)) == ({"ada": 2.0}, {"ada": 2.0})


def test_plain_table_is_refused_before_anything_is_loaded(bench: Bench) -> None:
    connection = sqlite3.connect(bench.stores["serving"].path)
    connection.execute("CREATE TABLE v4 (user_id TEXT, score REAL)")
    connection.close()
    with pytest.raises(Refused, match="v4 cannot be synced: a plain table v4 is already there"):
        synced(bench, bench.work(), ada=1.0)
    assert kept(bench) == []


@pytest.mark.slow
def test_tasks_on_the_command_line(bench: Bench, run: Callable[..., Said]) -> None:
    work = bench.work(inputs={"users": bench.read()}, outputs=bench.work().outputs)
    place = bench.root / "work.json"
    place.write_text(work.model_copy(update={"date": DAYS[0]}).model_dump_json())
    bench.put("logs.users", bench.rows({"ada": 1.0}))
    bench.write(work, ada=0.5)
    expected = {
        "wait": "users: logs.users is ready\n",
        "verify": "scores: 1 rows\n",
        "promote": "scores: reco.v4, day 2026-11-23\n",
        "sync": "scores: 1 rows in serving.v4\n",
    }
    words = ("--work", str(place), "--date", "2026-11-23", "--attempt", "1")
    for task, said in expected.items():
        done = run("task", task, *words, cwd=bench.root)
        assert (done.code, done.out, done.err) == (0, said, "")
    assert bench.served() == {"ada": 0.5}
    assert {row[0] for row in bench.promoted()} == {"ada"}
    refused = run("task", "verify", *words[:3], "2026-11-24", cwd=bench.root)
    assert (refused.code, refused.out) == (1, "")
    assert refused.err == "sameday: scores: the job infer has not written reco.v4__0badcafe_20261124\n"
    place.write_text(json.dumps({"experiment": "demo"}))
    assert run("task", "verify", *words, cwd=bench.root).code == 2
