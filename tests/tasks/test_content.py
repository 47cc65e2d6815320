"""A process that a job left behind writes the run's own table between the last tasks: nobody is shown what it wrote."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Refused
from bot.tasks.keep import keep
from bot.tasks.put import put
from bot.tasks.verify import verify
from tests.tasks.conftest import DAY, Bench, Clock

OTHER = date(2026, 11, 22)
PLACE = "reco.v4__0badcafe"
STAGED = f"{PLACE}_20261123"
CHANGED = r"was changed after it was verified|is not there|is no file|cannot be read"


def replaced_by_a_link(place: Path, other: Path) -> None:
    place.unlink()
    place.symlink_to(other)


def rewritten_in_place(place: Path, other: Path) -> None:
    """The same inode, size and time."""
    kept = place.stat()
    assert other.stat().st_size == kept.st_size, "or the attack is no good"
    with place.open("r+b") as file:
        file.write(other.read_bytes())
    os.utime(place, ns=(kept.st_atime_ns, kept.st_mtime_ns))
    assert (place.stat().st_ino, place.stat().st_mtime_ns) == (kept.st_ino, kept.st_mtime_ns)


def renamed_over(place: Path, other: Path) -> None:
    kept = place.stat()
    os.utime(other, ns=(kept.st_atime_ns, kept.st_mtime_ns))
    other.replace(place)


def another_link_to_the_file(place: Path, other: Path) -> None:
    """Written through a name that was made before."""
    beside = place.with_name("beside")
    os.link(place, beside)
    beside.write_bytes(other.read_bytes())


def a_pipe(place: Path, other: Path) -> None:
    place.unlink()
    os.mkfifo(place)


def a_folder(place: Path, other: Path) -> None:
    place.unlink()
    place.mkdir()


Before = tuple[object, object]
SWAPS = [replaced_by_a_link, rewritten_in_place, renamed_over, another_link_to_the_file, a_pipe, a_folder]


def place(bench: Bench, table: str = STAGED) -> Path:
    """A table's file."""
    return Path(bench.settings.address(table))


@pytest.fixture
def before(bench: Bench) -> Before:
    """What is put and served already."""
    bench.finish(bench.work(OTHER), old=0.5)
    return bench.filled(), bench.served()


@pytest.mark.parametrize("day", [DAY, OTHER], ids=["the same day", "another day"])
@pytest.mark.parametrize("swap", SWAPS)
def test_between_verify_and_keep(bench: Bench, before: Before, swap: Callable[[Path, Path], None], day: date) -> None:
    work = bench.work()
    bench.write(work, ada=0.5, bob=0.25)
    bench.put("reco.evil", bench.rows({"eva": 0.5, "bob": 0.75}, day))
    verify(work, bench.warehouse, Clock().now)
    swap(place(bench), place(bench, "reco.evil"))
    for task in (keep, put):
        with pytest.raises(Refused, match=CHANGED):
            task(work, bench.warehouse, bench.stores)
    assert (bench.filled(), bench.served()) == before


@pytest.mark.parametrize("swap", SWAPS)
def test_between_keep_and_put(bench: Bench, before: Before, swap: Callable[[Path, Path], None]) -> None:
    work = bench.work()
    bench.write(work, ada=0.5, bob=0.25)
    bench.put("reco.evil", bench.rows({"eva": 0.5, "bob": 0.75}))
    verify(work, bench.warehouse, Clock().now)
    keep(work, bench.warehouse, bench.stores)
    swap(place(bench), place(bench, "reco.evil"))
    with pytest.raises(Refused, match=CHANGED):
        put(work, bench.warehouse, bench.stores)
    assert (bench.filled(), bench.served()) == before


def test_a_link_to_a_table_is_what_it_leads_to(bench: Bench) -> None:
    work = bench.work()
    bench.put("reco.real", bench.rows({"ada": 0.5}))
    place(bench).symlink_to(place(bench, "reco.real"))
    verify(work, bench.warehouse, Clock().now)
    bench.put("reco.real", bench.rows({"eva": 0.5}))
    with pytest.raises(Refused, match="was changed"):
        put(work, bench.warehouse, bench.stores)


def test_a_writer_that_never_stops(bench: Bench) -> None:
    """Whatever moment of a table is caught: what is put and what is served were verified together."""
    work = bench.work()
    good, evil = bench.rows({"ada": 0.5, "bob": 0.25}), bench.rows({"eva": 0.5, "eve": 0.25})
    turns = _turns(bench, good, evil)

    class Racing:
        """The warehouse, with a writer before every word to it."""

        def __getattr__(self, name: str) -> Any:
            next(turns)
            return getattr(bench.warehouse, name)

    for _ in range(4):
        with suppress(Refused):
            verify(work, Racing(), Clock().now)
            keep(work, Racing(), bench.stores)
            put(work, Racing(), bench.stores)
    filled = {row[0] for row in bench.filled()} if place(bench, PLACE).exists() else set()
    assert filled in (set(), {"ada", "bob"}, {"eva", "eve"})
    assert set(bench.served()) in (set(), filled)


def _turns(bench: Bench, *tables: Any) -> Iterator[None]:
    while True:
        for table in tables:
            bench.put(STAGED, table)
            yield
