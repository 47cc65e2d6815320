"""A run's verified rows are loaded into the stores, as versions that nobody reads yet."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.compile.work import store_places
from bot.errors import Refused
from bot.ports import Batches, Place, Version, Work
from bot.settings.kinds import SqliteStore
from bot.stores.sqlite import SqliteTables
from bot.tasks.keep import keep
from bot.tasks.put import put
from bot.tasks.verify import verify
from tests.tasks.conftest import Bench, Clock


def verified(bench: Bench, work: Work, **scores: float | None) -> Work:
    """The work, with rows of its job that were verified."""
    for name in work.outputs:
        bench.write(work, name, scores=scores)
    verify(work, bench.warehouse, Clock().now)
    return work


def kept(bench: Bench, work: Work) -> list[tuple[str, int]]:
    """What the stores have of the work's places: each version and its rows."""
    places = [(bench.stores[store], place) for _, store, place in store_places("demo", work.key, work.outputs)]
    return [(one.run, one.rows) for store, place in places for one in store.versions(place) if one.whole]


def test_loaded_rows_are_not_read_yet(bench: Bench) -> None:
    work = verified(bench, bench.work(), ada=0.5, bob=0.25)
    assert keep(work, bench.warehouse, bench.stores) == ["scores: 2 rows loaded into serving.v4__0badcafe"]
    assert (kept(bench, work), bench.served()) == ([(work.run, 2)], {})


def test_what_was_not_verified_is_not_loaded(bench: Bench) -> None:
    work = bench.work()
    bench.write(work, ada=0.5)
    with pytest.raises(Refused, match=r"reco\.v4__0badcafe: the rows of demo-0badcafe-20261123 were not verified"):
        keep(work, bench.warehouse, bench.stores)
    assert kept(bench, work) == []


class Counting(SqliteTables):
    """A store that counts the loads whose rows were read."""

    loads = 0

    def keep(self, place: Place, version: Version, rows: Batches) -> Version:
        """Load, and count where the rows are asked for."""

        class Asked:
            def __arrow_c_stream__(_, requested_schema: object = None) -> object:
                self.loads += 1
                return rows.__arrow_c_stream__(requested_schema)

        return super().keep(place, version, Asked())


def test_what_is_there_is_not_loaded_again(bench: Bench) -> None:
    work, store = verified(bench, bench.work(), ada=0.5), Counting(SqliteStore(path=str(bench.stores["serving"].path)))
    said = [keep(work, bench.warehouse, {"serving": store}) for _ in range(2)]
    assert (said[0], store.loads) == (said[1], 1)


def test_each_attempt_has_a_version_of_its_own(bench: Bench) -> None:
    for attempt in (1, 2):
        keep(verified(bench, bench.work(attempt=attempt), ada=float(attempt)), bench.warehouse, bench.stores)
    assert [run for run, _ in kept(bench, bench.work())] == ["demo-0badcafe-20261123-2", "demo-0badcafe-20261123"]


def two(bench: Bench, store: str) -> Work:
    """A run with two outputs."""
    items = bench.output("reco.items", sync={"store": store, "table": "items"})
    return bench.work(outputs={"scores": bench.output(), "items": items})


def lose(bench: Bench, work: Work) -> None:
    """The second output's table is gone."""
    (Path(bench.settings.path) / "reco.items__0badcafe_20261123.parquet").unlink()


def change(bench: Bench, work: Work) -> None:
    """The second output has other rows."""
    bench.write(work, "items", eva=2.0)


@pytest.mark.parametrize("fault", [lose, change])
@pytest.mark.parametrize("store", ["serving", "push"])
def test_a_fault_of_the_second_shows_nothing_of_both(
    bench: Bench, store: str, fault: Callable[[Bench, Work], None]
) -> None:
    work = verified(bench, two(bench, store), ada=1.0)
    fault(bench, work)
    with pytest.raises(Refused, match="items"):
        keep(work, bench.warehouse, bench.stores)
    assert (bench.served(), bench.served("items__0badcafe", store)) == ({}, {})


def test_what_the_store_cannot_hold_is_refused(bench: Bench) -> None:
    work = bench.work(outputs={"scores": bench.output(key=["user_id", "dt"])})
    verified(bench, work, ada=float("nan"))
    with pytest.raises(Refused):
        keep(work, bench.warehouse, bench.stores)
    assert (kept(bench, work), bench.served()) == ([], {})


def test_a_plain_table_is_refused_before_anything_is_loaded(bench: Bench) -> None:
    with closing(sqlite3.connect(bench.stores["serving"].path)) as connection:
        connection.execute("CREATE TABLE v4 (user_id TEXT, score REAL)")
    work = verified(bench, bench.work(), ada=1.0)
    with pytest.raises(Refused, match="v4 cannot be synced: a plain table v4 is already there"):
        keep(work, bench.warehouse, bench.stores)
    assert kept(bench, work) == []


def test_a_store_that_has_other_rows_of_the_run_shows_none(bench: Bench) -> None:
    """The warehouse was lost since, and the run made anew."""
    work = verified(bench, bench.work(), ada=0.5, bob=0.25)
    keep(work, bench.warehouse, bench.stores)
    shutil.rmtree(bench.settings.path)
    verified(bench, work, ada=0.5)
    wrong = r"v4__0badcafe has 2 rows of this run, 1 were verified: .* run it again as a new attempt"
    for task in (keep, put):
        with pytest.raises(Refused, match=wrong):
            task(work, bench.warehouse, bench.stores)
    assert bench.served() == {}


def test_put_after_keep_reads_the_warehouse_no_more(bench: Bench) -> None:
    work = verified(bench, bench.work(), ada=0.5)
    store = Counting(SqliteStore(path=str(bench.stores["serving"].path)))
    keep(work, bench.warehouse, {"serving": store})
    put(work, bench.warehouse, {"serving": store})
    assert (store.loads, bench.served()) == (1, {"ada": 0.5})
