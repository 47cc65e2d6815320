"""A process that changes a folder is killed before each of its renames, links and removals in turn.

What is seen in between is the state before or after, and the folder says which; the same command run again ends it.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest

from bot.ports import Place
from bot.warehouses.folder import ParquetFolder
from tests.ports.conftest import PlacesCase, in_folder, of_warehouse
from tests.ports.test_places import D24, D25, D26, NOW, daily, made, put, seen, whole

pytestmark = pytest.mark.slow
NONE = -1  # of the changes is the one before which the process is killed
LATER = NOW + timedelta(days=1)
PROGRAM = """
import os, pickle, signal, sys
do = pickle.loads(bytes.fromhex(sys.argv[1]))
left = int(sys.argv[2])
def hook(event, arguments):
    global left
    if event in ("os.rename", "os.remove", "os.link", "os.symlink"):
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
sys.addaudithook(hook)
do()
"""


def carried_out(do: Callable[[], object], kill: int) -> bool:
    """Run it in a process of its own that is killed before that change; whether it came to its end."""
    command = [sys.executable, "-c", PROGRAM, pickle.dumps(do).hex(), str(kill)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    code = subprocess.run(command, env=environment, check=False, timeout=60).returncode
    assert code in (0, -signal.SIGKILL)
    return code == 0


def killed_everywhere(folder: Path, prepare: Callable[[PlacesCase], Callable[[], object]], state: Callable[..., object],
                      after: object) -> int:  # fmt: skip
    """Kill what `prepare` hands out before each change in turn; returns how many changes there are."""
    for kill in range(100):
        (folder / str(kill)).mkdir()
        places = of_warehouse(in_folder(folder / str(kill)))
        do = prepare(places)
        before = state(places)
        ended = carried_out(do, kill)
        assert state(places) in (before, after), f"killed before change {kill}"
        assert carried_out(do, NONE)
        assert state(places) == after, f"run again after change {kill}"
        if ended:
            return kill
    raise AssertionError("it never ended")


def of_place(place: Place, places: PlacesCase) -> object:
    """What readers see of a place, and what it says of itself: the same."""
    inside = places.port.inside(place)
    rows = seen(places, place.name)
    if place.daily:
        assert set(rows) == {str(one.date) for one in inside}, "the rows are those of the versions that are inside"
    return rows, [(one.spec, one.date, one.attempt) for one in inside]


def test_a_day_is_put(tmp_path: Path) -> None:
    place = daily()

    def prepare(places: PlacesCase) -> Callable[[], object]:
        for day in (D24, D25, D26):
            put(places, place, day, 1.0)
        return partial(places.port.put, place, made(places, place, D26, 2.0, attempt=2))

    rows = {str(D24): 1.0, str(D25): 1.0, str(D26): 2.0}
    after = rows, [("0badcafe", D26, 2), ("0badcafe", D25, 1), ("0badcafe", D24, 1)]
    assert killed_everywhere(tmp_path, prepare, partial(of_place, place), after) >= 3


def test_a_whole_table_is_put(tmp_path: Path) -> None:
    place = whole()

    def prepare(places: PlacesCase) -> Callable[[], object]:
        put(places, place, D25, 1.0)
        return partial(places.port.put, place, made(places, place, D26, 2.0))

    assert killed_everywhere(tmp_path, prepare, partial(of_place, place), ([2.0], [("0badcafe", D26, 1)])) >= 3


@pytest.mark.parametrize("place", [whole(), daily()], ids=["whole", "daily"])
def test_a_day_is_taken_out(tmp_path: Path, place: Place) -> None:
    def prepare(places: PlacesCase) -> Callable[[], object]:
        for day in (D25, D26):
            put(places, place, day, 1.0)
        return partial(places.port.take_out, place, D26)

    rows = {str(D25): 1.0} if place.daily else [1.0]
    assert killed_everywhere(tmp_path, prepare, partial(of_place, place), (rows, [("0badcafe", D25, 1)])) >= 3


def test_days_are_carried(tmp_path: Path) -> None:
    old, new = daily(), daily("feedbeef")

    def prepare(places: PlacesCase) -> Callable[[], object]:
        for day in (D24, D25):
            put(places, old, day, 1.0)
        put(places, new, D26, 2.0)
        return partial(places.port.carry, new, old)

    rows = {str(D24): 1.0, str(D25): 1.0, str(D26): 2.0}
    after = rows, [("feedbeef", D26, 1), ("0badcafe", D25, 1), ("0badcafe", D24, 1)]
    assert killed_everywhere(tmp_path, prepare, partial(of_place, new), after) >= 3


def named(places: PlacesCase) -> object:
    """What the name shows and its readers see."""
    return places.port.shown("scores"), seen(places, "scores")


def test_a_strangers_table_is_adopted(tmp_path: Path) -> None:
    """Its readers find a table at any moment."""
    place = whole(adopt=True)

    def prepare(places: PlacesCase) -> Callable[[], object]:
        places.table("scores", pa.table({"user_id": ["s"], "score": [9.0]}))
        put(places, place, D26, 1.0)
        return partial(places.port.point, [place])

    assert killed_everywhere(tmp_path, prepare, named, (place.name, [1.0])) >= 3


def test_a_name_is_given_back(tmp_path: Path) -> None:
    place = whole(adopt=True)

    def prepare(places: PlacesCase) -> Callable[[], object]:
        places.table("scores", pa.table({"user_id": ["s"], "score": [9.0]}))
        put(places, place, D26, 1.0)
        places.port.point([place])
        return partial(places.port.unname, ["scores"])

    assert killed_everywhere(tmp_path, prepare, named, ("scores", [9.0])) >= 1


def test_adopting_that_was_broken_off_is_taken_back(tmp_path: Path) -> None:
    for kill in range(3):
        (tmp_path / str(kill)).mkdir()
        places = of_warehouse(in_folder(tmp_path / str(kill)))
        places.table("scores", pa.table({"user_id": ["s"], "score": [9.0]}))
        put(places, whole(), D26, 1.0)
        assert not carried_out(partial(places.port.point, [whole(adopt=True)]), kill)
        places.port.unname(["scores"])
        assert named(places) == ("scores", [9.0])
        assert sorted(path.name for path in (tmp_path / str(kill) / "warehouse").glob("*before*")) == []


def files(folder: Path) -> list[str]:
    """All that is in a folder but the lock on the names."""
    return sorted(path.name for path in folder.iterdir() if path.name != ".names.lock")


def test_places_are_pruned(tmp_path: Path) -> None:
    """Nothing is left of them; what stays is whole."""
    stays, goes = daily(), daily("feedbeef")

    def prepare(places: PlacesCase) -> Callable[[], object]:
        for place in (stays, goes):
            for day in (D25, D26):
                put(places, place, day, 1.0)
        made(places, stays, D24, 3.0)
        return partial(places.port.prune, "reco", "scores", [stays.spec], LATER)

    def state(places: PlacesCase) -> object:
        inside = places.port.inside(goes)
        assert not inside or seen(places, goes.name)
        return of_place(stays, places)

    rows = {str(D25): 1.0, str(D26): 1.0}
    after = rows, [("0badcafe", D26, 1), ("0badcafe", D25, 1)]
    count = killed_everywhere(tmp_path, prepare, state, after)
    assert count >= 8
    left = [f".main.{stays.name}.json", f".main.{stays.name}.lock", f"main.{stays.name}.parquet"]
    for kill in range(count + 1):
        assert files(tmp_path / str(kill) / "warehouse") == left, f"killed before change {kill}"


def test_what_a_killed_put_leaves_goes_with_the_next_pruning(tmp_path: Path) -> None:
    places, place = of_warehouse(in_folder(tmp_path)), daily()
    put(places, place, D25, 1.0)
    assert not carried_out(partial(places.port.put, place, made(places, place, D26, 2.0)), 3)
    assert isinstance(places.port, ParquetFolder)
    assert any(
        name.startswith(f".main.{place.name}.") and name[-1].isdigit() for name in files(places.port.layout.root)
    )
    places.port.prune("reco", "scores", [place.spec], NOW)
    assert not any(name[-1].isdigit() for name in files(places.port.layout.root))
