"""What a folder does beyond the port: links, files beside a place, and what others may have put there."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bot.errors import Refused
from bot.experiment.model import Output
from bot.ports import Absent, Denied
from bot.settings.kinds import FolderWarehouse
from bot.warehouses.folder import ParquetFolder
from tests.ports.conftest import PlacesCase, WarehouseCase, in_folder, of_warehouse
from tests.ports.test_places import D24, D25, D26, NOW, daily, made, put, rows, seen, version, whole
from tests.some import some

LATER = NOW + timedelta(days=1)


@pytest.fixture
def case(tmp_path: Path) -> WarehouseCase:
    return in_folder(tmp_path)


@pytest.fixture
def places(case: WarehouseCase) -> PlacesCase:
    return of_warehouse(case)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "warehouse"


def test_a_name_is_a_relative_link_that_others_read(places: PlacesCase, root: Path, tmp_path: Path) -> None:
    put(places, whole(), D26, 1.0)
    places.port.point([whole()])
    assert (root / "main.scores.parquet").readlink() == Path("main.scores__0badcafe.parquet")
    others = duckdb.execute(f"SELECT DISTINCT score FROM '{root}/main.scores.parquet'")
    assert others.fetchall() == [(1.0,)]
    root.rename(tmp_path / "moved")
    assert pq.read_table(tmp_path / "moved/main.scores.parquet")["score"].to_pylist() == [1.0, 1.0]


def test_names_in_two_datasets(places: PlacesCase) -> None:
    here, there = whole(table="scores"), whole(table="reco.scores")
    put(places, here, D26, 1.0)
    put(places, there, D26, 2.0)
    places.port.point([here, there])
    assert (seen(places, "main.scores"), seen(places, "reco.scores")) == ([1.0], [2.0])
    assert places.port.shown("main.scores") == "main.scores__0badcafe", "a name however it is written"
    assert list(places.port.prune("reco", "reco.scores", [], LATER)) == []
    places.port.unname(["reco.scores"])
    assert list(places.port.prune("reco", "reco.scores", [], LATER)) == ["reco.scores__0badcafe"]
    assert seen(places, "scores") == [1.0]


def test_a_folder_named_like_a_column(tmp_path: Path) -> None:
    """Or like a pattern: a folder's name says nothing about the rows."""
    above = tmp_path / "score=7" / "dt=2026-01-01" / "[x]*"
    above.mkdir(parents=True)
    case = in_folder(above)
    places = of_warehouse(case)
    for day in (D24, D25, D26):
        put(places, daily(), day, float(day.day))
    assert seen(places, daily().name) == {"2026-11-24": 24.0, "2026-11-25": 25.0, "2026-11-26": 26.0}
    assert case.port.holds(daily().name, "dt", D25)
    assert not case.port.holds(daily().name, "dt", D25.replace(month=1, day=1))


def test_a_link_to_nothing_says_so(case: WarehouseCase, places: PlacesCase, root: Path) -> None:
    put(places, whole(), D26, 1.0)
    places.port.point([whole()])
    (root / "main.scores__0badcafe.parquet").unlink()
    described = case.port.describe(["scores"])["scores"]
    assert described == Denied("main.scores shows main.scores__0badcafe.parquet, which is not there")
    assert places.port.shown("scores") == "scores__0badcafe", "the name says which place is gone"
    assert places.port.inside(whole()) == (), "and the place that it holds nothing"
    assert places.port.put(whole(), places.port.versions(whole())[0]), "so that it is put again"
    assert seen(places, "scores") == [1.0]


def test_a_name_whose_place_is_gone_with_its_catalogue_is_pointed_anew(places: PlacesCase, root: Path) -> None:
    put(places, whole(), D26, 1.0)
    places.port.point([whole()])
    for left in root.glob("*scores__0badcafe*"):
        left.unlink()
    put(places, whole("feedbeef"), D26, 2.0)
    places.port.point([whole("feedbeef")])
    assert seen(places, "scores") == [2.0]


@pytest.mark.parametrize(
    "target",
    [
        "other.parquet",
        "nothing.parquet",
        "../elsewhere.parquet",
        "scores__0badcafe.parquet",
        "main.x__0badcafe.parquet",
    ],
)
def test_a_strangers_link_is_adopted_like_a_table(places: PlacesCase, root: Path, target: str) -> None:
    others = root / "other.parquet", root / "scores__0badcafe.parquet", root.parent / "elsewhere.parquet"
    for path in others:
        pq.write_table(rows(whole(), D26, 9.0), path)
    name = root / "main.scores.parquet"
    name.symlink_to(target)
    put(places, whole(), D26, 1.0)
    assert (places.port.shown("scores"), places.port.owner("scores")) == ("scores", None)
    with pytest.raises(Refused, match="adopt: true"):
        places.port.point([whole()])
    places.port.point([whole(adopt=True)])
    assert seen(places, "scores") == [1.0]
    assert (root / "main.scores__before_sameday.parquet").readlink() == Path(target)
    places.port.unname(["scores"])
    assert name.readlink() == Path(target)


def test_what_was_kept_is_not_written_over(places: PlacesCase) -> None:
    for name, score in (("scores", 9.0), ("scores__before_sameday", 8.0)):
        places.table(name, rows(whole(), D26, score))
    put(places, whole(), D26, 1.0)
    with pytest.raises(Refused, match=r"main\.scores__before_sameday\.parquet is there already"):
        places.port.point([whole(adopt=True)])
    assert (seen(places, "scores"), seen(places, "scores__before_sameday")) == ([9.0], [8.0])


def test_where_a_file_has_one_name_only_it_is_adopted_too(places: PlacesCase, monkeypatch: pytest.MonkeyPatch) -> None:
    places.table("scores", rows(whole(), D26, 9.0))
    put(places, whole(), D26, 1.0)

    def link(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", link)
    places.port.point([whole(adopt=True)])
    assert (seen(places, "scores"), seen(places, "scores__before_sameday")) == ([1.0], [9.0])


def test_a_folder_in_place_of_a_name(places: PlacesCase, root: Path) -> None:
    (root / "main.scores.parquet").mkdir()
    put(places, whole(), D26, 1.0)
    with pytest.raises(Refused, match=r"main\.scores\.parquet is no file"):
        places.port.point([whole(adopt=True)])


def test_a_place_is_no_name(places: PlacesCase) -> None:
    """The name that another experiment declares is that of a place."""
    put(places, whole(), D26, 1.0)
    other = whole("feedbeef", table="scores__0badcafe", experiment="other", adopt=True)
    put(places, other, D26, 2.0)
    with pytest.raises(Refused, match=r"main\.scores__0badcafe is a place of sameday's own"):
        places.port.point([other])
    assert seen(places, "scores__0badcafe") == [1.0]


def test_all_refusals_come_before_the_first_change(places: PlacesCase) -> None:
    places.table("items", rows(whole(), D26, 9.0))
    for place in (whole(), whole(table="items")):
        put(places, place, D26, 1.0)
    with pytest.raises(Refused, match="items"):
        places.port.point([whole(), whole(table="items")])
    assert places.port.shown("scores") is None


def test_a_file_that_has_the_name_of_a_place(places: PlacesCase) -> None:
    place = whole()
    places.table(place.name, rows(place, D25, 9.0))
    kept = made(places, place, D26, 1.0)
    with pytest.raises(Refused, match=r"scores__0badcafe\.parquet was there before"):
        places.port.put(place, kept)
    assert seen(places, place.name) == [9.0]


def test_a_place_of_another_experiment(places: PlacesCase) -> None:
    put(places, whole(), D26, 1.0)
    others = whole(experiment="other")
    for refused in (
        lambda: places.port.begin(others, version(others)),
        lambda: places.port.inside(others),
        lambda: places.port.carry(daily(experiment="other"), others),
    ):
        with pytest.raises(Refused, match=r"\A[^\n]+\Z"):
            refused()


def test_a_day_that_was_taken_out_is_not_carried_back(places: PlacesCase) -> None:
    old, new = daily(), daily("feedbeef")
    for day in (D24, D25):
        put(places, old, day, 1.0)
    put(places, new, D26, 2.0)
    places.port.carry(new, old)
    places.port.take_out(new, D25)
    assert places.port.carry(new, old) == ()
    assert seen(places, new.name) == {"2026-11-24": 1.0, "2026-11-26": 2.0}


def test_carrying_keeps_the_window(places: PlacesCase) -> None:
    old, new = daily(days=0), daily("feedbeef", days=2)
    for day in (D24 - timedelta(days=1), D24, D25, D26):
        put(places, old, day, 1.0)
    put(places, new, D24, 2.0)
    assert [one.date for one in places.port.carry(new, old)] == [D26, D25]
    assert seen(places, new.name) == {"2026-11-25": 1.0, "2026-11-26": 1.0}


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"now": 1}', "[" * 100_000, '{"now": {"experiment": "reco"}}', "\x00\xff",
     '{"now": {"experiment": "../../evil", "table": "main.scores", "spec": "0badcafe", "daily": false}}',
     '{"now": {"experiment": "reco", "table": "main.other", "spec": "0badcafe", "daily": false}}',
     '{"now": {"experiment": "reco", "table": "main.scores", "spec": "0badcafe", "daily": false, "more": 1}}'],
)  # fmt: skip
def test_a_catalogue_that_anybody_wrote(places: PlacesCase, root: Path, text: str) -> None:
    place = whole()
    put(places, place, D26, 1.0)
    places.port.point([place])
    (root / ".main.scores__0badcafe.json").write_text(text)
    asked: list[Callable[[], object]] = [
        lambda: places.port.inside(place), lambda: places.port.versions(place), lambda: places.port.shown("scores"),
        lambda: places.port.owner("scores"), lambda: places.port.begin(place, version(place)),
        lambda: places.port.put(place, version(place)), lambda: places.port.take_out(place, D26),
        lambda: places.port.point([place]), lambda: places.port.unname(["scores"]),
    ]  # fmt: skip
    for ask in asked:
        with pytest.raises(Refused, match=r"\A[^\n]*scores__0badcafe\.json is no catalogue that sameday wrote[^\n]*\Z"):
            ask()
    assert list(places.port.prune("reco", "scores", [], LATER)) == [], "what it says is nobody's stays"
    assert seen(places, "scores") == [1.0]


def test_a_catalogue_that_is_no_file(places: PlacesCase, root: Path) -> None:
    os.mkfifo(root / ".main.scores__0badcafe.json")
    with pytest.raises(Refused, match="is no file"):
        places.port.inside(whole())


@pytest.mark.parametrize("digest", ["x", "0" * 64])
def test_a_version_that_could_not_be_read_back_is_not_recorded(case: WarehouseCase, digest: str) -> None:
    broken = replace(version(whole()), whole=NOW, digest=digest)
    with pytest.raises(Refused, match="its digest has another form"):
        case.port.keep(whole(), broken)
    assert list(case.port.versions(whole())) == []


def test_own_tables_of_shown_days_go_with_time(places: PlacesCase, root: Path) -> None:
    """Their rows are in the place; a whole table's stay, for one of them may have to come back."""
    for place in (daily(), whole(table="items")):
        for day in (D25, D26):
            put(places, place, day, float(day.day))
        places.port.prune("reco", place.table, [place.spec], LATER)
        assert [one.date for one in places.port.versions(place)] == [D26, D25]
    assert sorted(path.name for path in root.glob("*_202611*")) == [
        "main.items__0badcafe_20261125.parquet", "main.items__0badcafe_20261126.parquet",
    ]  # fmt: skip
    assert seen(places, daily().name) == {"2026-11-25": 25.0, "2026-11-26": 26.0}
    assert places.port.take_out(whole(table="items"), D26)


STRANGERS = [
    "scores__0badcafe_20261101", "scores__mine_20261123", "scores__20250101_20250131", "scores__eeeeeeee",
    "scoresx__0badcafe_20261101", "logs.scores__0badcafe_20261126", "scores__0badcafe_20261126_copy",
    "scores__0badcafe_20261126_2__0badcafe_20261126", "scores__before_sameday", "logs.scores__0badcafe",
]  # fmt: skip


def test_pruning_takes_what_is_ours_and_nothing_else(places: PlacesCase) -> None:
    for name in STRANGERS:
        places.table(name, rows(whole(), D26, 9.0))
    put(places, whole(), D26, 1.0)
    assert list(places.port.prune("reco", "scores", [], LATER)) == ["scores__0badcafe"]
    assert [seen(places, name) for name in STRANGERS] == [[9.0]] * len(STRANGERS)


def test_a_link_of_anybody_keeps_a_place(places: PlacesCase, root: Path) -> None:
    put(places, whole(), D26, 1.0)
    (root / "main.mine.parquet").symlink_to("main.scores__0badcafe.parquet")
    assert list(places.port.prune("reco", "scores", [], LATER)) == []
    assert seen(places, "mine") == [1.0]


def test_what_killed_processes_left_goes(places: PlacesCase, root: Path) -> None:
    put(places, whole(), D26, 1.0)
    left = [".main.scores.parquet.3808", ".main.scores__0badcafe.parquet.7", ".main.scores__0badcafe.json.7", ".own-x1"]
    strangers = [".main.scores.parquet.bak", ".main.other.parquet.3808", ".main.scores__feedbeef.parquet.7"]
    for name in (*left, *strangers):
        (root / name).write_bytes(b"x" * 1000)
        os.utime(root / name, (1.7e9, 1.7e9))
    (root / ".own-fresh").touch()
    (root / ".main.scores__cccccccc.lock").touch()
    places.port.prune("reco", "scores", ["0badcafe"], NOW)
    assert [name for name in left if (root / name).exists()] == []
    assert all((root / name).exists() for name in (*strangers, ".own-fresh"))
    assert not (root / ".main.scores__cccccccc.lock").exists()


HOLD = """
import fcntl, sys
lock = open(sys.argv[1], "a")
fcntl.flock(lock, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held(root: Path) -> Iterator[None]:
    """Another process is at work on the place."""
    command = [sys.executable, "-c", HOLD, str(root / ".main.scores__0badcafe.lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        some(holder.stdout).readline()
        yield
        some(holder.stdin).close()


@pytest.mark.slow
def test_pruning_waits_for_nobody_and_putting_does(places: PlacesCase, root: Path) -> None:
    put(places, whole(), D25, 1.0)
    kept = made(places, whole(), D26, 2.0)
    putting = threading.Thread(target=places.port.put, args=(whole(), kept))
    with held(root):
        assert list(places.port.prune("reco", "scores", [], LATER)) == []
        putting.start()
        putting.join(0.5)
        assert putting.is_alive()
    putting.join(30)
    assert seen(places, whole().name) == [2.0]


@pytest.mark.slow
def test_a_lock_that_was_removed_locks_nobody_out(places: PlacesCase, root: Path) -> None:
    """Who waited for it waits for the one that was made meanwhile."""
    put(places, whole(), D25, 1.0)
    kept = made(places, whole(), D26, 2.0)
    putting = threading.Thread(target=places.port.put, args=(whole(), kept))
    with ExitStack() as second:
        with held(root):
            putting.start()
            putting.join(0.3)
            (root / ".main.scores__0badcafe.lock").unlink()
            second.enter_context(held(root))
        putting.join(0.5)
        assert putting.is_alive()
    putting.join(30)
    assert seen(places, whole().name) == [2.0]


def test_a_folder_without_links_is_refused_before_a_run(case: WarehouseCase, monkeypatch: pytest.MonkeyPatch) -> None:
    output = Output(table="scores", job="j", columns={"user_id": "STRING"}, key=("user_id",))
    assert case.port.allowed([], {"scores": output}) == {}

    def symlink(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "symlink", symlink)
    reason = case.port.allowed(["logs"], {"scores": output})
    assert reason is not None
    assert list(reason) == ["scores"]
    assert "is on a file system without symbolic links" in reason["scores"]
    assert case.port.allowed(["logs"], {}) == {}, "what is read needs none"


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    warehouse = ParquetFolder(FolderWarehouse(path=str(tmp_path / "none")))
    place = whole()
    assert (warehouse.shown("scores"), warehouse.owner("scores"), warehouse.inside(place)) == (None, None, ())
    assert list(warehouse.prune("reco", "scores", [], NOW)) == []
    assert warehouse.allowed([], {"scores": Output(table="scores", job="j", columns={"u": "STRING"}, key=("u",))}) == {}
    assert isinstance(warehouse.describe(["scores"])["scores"], Absent)
    assert not (tmp_path / "none").exists(), "looking makes nothing"
    warehouse.begin(place, version(place))
    assert [one.run for one in warehouse.versions(place)] == ["reco-0badcafe-20261126"]


def test_a_folder_that_may_not_be_written_to_says_so(places: PlacesCase, monkeypatch: pytest.MonkeyPatch) -> None:
    put(places, whole(), D25, 1.0)
    kept = made(places, whole(), D26, 2.0)

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr(Path, "replace", full)
        with pytest.raises(Refused, match=r"\Amain\.scores__0badcafe: No space left on"):
            places.port.put(whole(), kept)
    assert places.port.put(whole(), kept)


def test_a_day_is_read_with_the_columns_and_types_it_was_written_with(case: WarehouseCase) -> None:
    columns = (("user_id", "STRING"), ("tags", "ARRAY<STRING>"), ("price", "NUMERIC"), ("dt", "DATE"))
    place, places = daily(columns=columns), of_warehouse(case)
    written = pa.table(
        {"user_id": ["a", "b"], "tags": [["x"], None], "price": pa.array([1, None], pa.decimal128(38, 9))}
    )
    for day in (D25, D26):
        table = written.append_column("dt", pa.array([day] * 2, pa.date32()))
        assert places.port.put(place, places.keep(place, version(place, day), table))
    found = pa.RecordBatchReader.from_stream(case.port.day(place, D25)).read_all()
    assert found.column_names == [name for name, _ in columns]
    assert found.select(written.column_names).schema.types == written.schema.types
    assert found.column("tags").to_pylist() == [["x"], None]
    assert set(found.column("dt").to_pylist()) == {D25}


@pytest.mark.slow
def test_readers_of_the_name_see_whole_releases(places: PlacesCase, root: Path) -> None:
    """50 switches between two places whose days are put anew meanwhile."""
    first, second = whole(), whole("feedbeef")
    for place, score in ((first, 1.0), (second, 2.0)):
        put(places, place, D25, score)
    places.port.point([first])
    stop, reads, wrong = threading.Event(), [0], []

    def read() -> None:
        while not stop.is_set():
            scores = set(pq.read_table(root / "main.scores.parquet", memory_map=False)["score"].to_pylist())
            reads[0] += 1
            if len(scores) != 1:
                wrong.append(scores)

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(50):
        put(places, first, D26, 1.0 + turn / 100, attempt=turn + 1)
        places.port.point([second if turn % 2 else first])
    stop.set()
    reader.join()
    assert wrong == []
    assert reads[0] > 50
