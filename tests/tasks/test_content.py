"""A process that a job left behind writes the run's own table between the last tasks: nobody is shown what it wrote."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Refused
from bot.ports import Target
from bot.settings.kinds import SqliteStore
from bot.stores.sqlite import SqliteTables
from bot.tasks.promote import promote
from bot.tasks.sync import sync
from bot.tasks.verified import Verified
from bot.tasks.verify import verify
from tests.tasks.conftest import Bench

COUNT = int(os.environ.get("SAMEDAY_COUNT", "40"))
DAY, OTHER = date(2026, 11, 23), date(2026, 11, 22)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
STAGED = "reco.v4__0badcafe_20261123"


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
    """What is promoted and served already."""
    work = bench.work(OTHER)
    bench.write(work, old=0.5)
    promote(work, bench.warehouse, NOW)
    sync(work, bench.warehouse, bench.stores)
    return bench.promoted(), bench.served()


@pytest.mark.parametrize("day", [DAY, OTHER], ids=["the same day", "another day"])
@pytest.mark.parametrize("swap", SWAPS)
def test_between_verify_and_promote(
    bench: Bench, before: Before, swap: Callable[[Path, Path], None], day: date
) -> None:
    work = bench.work()
    bench.write(work, ada=0.5, bob=0.25)
    bench.put("reco.evil", bench.rows({"eva": 0.5, "bob": 0.75}, day))
    verified = verify(work, bench.warehouse)
    swap(place(bench), place(bench, "reco.evil"))
    with pytest.raises(Refused, match=r"was changed after it was verified|is not there|is no file"):
        promote(work, bench.warehouse, NOW, verified)
    with pytest.raises(Refused):
        sync(work, bench.warehouse, bench.stores, verified)
    assert (bench.promoted(), bench.served()) == before


@pytest.mark.parametrize("swap", SWAPS)
def test_between_promote_and_sync(bench: Bench, before: Before, swap: Callable[[Path, Path], None]) -> None:
    work = bench.work()
    bench.write(work, ada=0.5, bob=0.25)
    bench.put("reco.evil", bench.rows({"eva": 0.5, "bob": 0.75}))
    verified = verify(work, bench.warehouse)
    promote(work, bench.warehouse, NOW, verified)
    swap(place(bench), place(bench, "reco.evil"))
    with pytest.raises(Refused, match=r"was changed after it was verified|is not there|is no file"):
        sync(work, bench.warehouse, bench.stores, verified)
    assert bench.served() == before[1]


def test_a_link_to_a_table_is_what_it_leads_to(bench: Bench) -> None:
    work = bench.work()
    bench.put("reco.real", bench.rows({"ada": 0.5}))
    place(bench).symlink_to(place(bench, "reco.real"))
    verified = verify(work, bench.warehouse)
    bench.put("reco.real", bench.rows({"eva": 0.5}))
    with pytest.raises(Refused, match="was changed"):
        promote(work, bench.warehouse, NOW, verified)


def test_a_task_alone_verifies_first(bench: Bench) -> None:
    """Nothing is used that this or an earlier task has not verified."""
    work = bench.work()
    bench.write(work, rows=bench.rows({"ada": 0.5}, OTHER))
    other = "1 rows are of another day than 2026-11-23"
    with pytest.raises(Refused, match=other):
        promote(work, bench.warehouse, NOW)
    with pytest.raises(Refused, match=other):
        sync(work, bench.warehouse, bench.stores)
    assert bench.served() == {}
    assert not place(bench, "reco.v4").exists()


class Killed(BaseException):
    """The end of a process."""


class Dying(SqliteTables):
    """A store whose reader is killed before anything is shown."""

    def activate(self, versions: Mapping[Target, Sequence[str]]) -> None:
        raise Killed


def test_a_version_with_other_rows_than_were_verified_is_not_shown(bench: Bench, before: Before) -> None:
    """An earlier try loaded it; since then the table was made anew."""
    work = bench.work()
    bench.write(work, ada=0.5, bob=0.25)
    verified = verify(work, bench.warehouse)
    with pytest.raises(Killed):
        sync(work, bench.warehouse, {"serving": Dying(SqliteStore(path=str(bench.stores["serving"].path)))}, verified)
    bench.write(work, ada=0.5)
    with pytest.raises(Refused, match=r"serving\.v4 has 2 rows of this run, 1 were verified"):
        sync(work, bench.warehouse, bench.stores)
    assert bench.served() == before[1]


def test_an_output_that_was_not_verified_is_not_used(bench: Bench) -> None:
    work = bench.work()
    bench.write(work, ada=0.5)
    with pytest.raises(Refused, match="scores: it was not verified"):
        promote(work, bench.warehouse, NOW, Verified())


def test_what_was_verified_travels_as_one_word(bench: Bench) -> None:
    work = bench.work()
    bench.write(work, ada=0.5)
    verified = verify(work, bench.warehouse)
    word = verified.written()
    assert word.isalnum()
    assert Verified.parse(word).outputs == verified.outputs


@pytest.mark.parametrize("number", range(COUNT))
def test_no_other_word_is_taken(bench: Bench, number: int) -> None:
    """Words cut, doubled and changed at any place end in one line, and never in rows that were not verified."""
    chance = random.Random(number)
    work = bench.work()
    bench.write(work, ada=0.5)
    word = verify(work, bench.warehouse).written()
    at = chance.randrange(len(word))
    changed = chance.choice(
        [word[:at], word[:at] + chance.choice("0123456789abcdefg\n") + word[at + 1 :], word * 2, ""]
    )
    bench.write(work, eva=0.5)
    with pytest.raises(Refused, match=r"\A[^\n]+\Z"):
        promote(work, bench.warehouse, NOW, Verified.parse(changed))


def test_a_writer_that_never_stops(bench: Bench) -> None:
    """Whatever moment of a table is caught: what is promoted and what is served were verified together."""
    work = bench.work()
    good, evil = bench.rows({"ada": 0.5, "bob": 0.25}), bench.rows({"eva": 0.5, "eve": 0.25})
    warehouse = bench.warehouse
    turns = 0

    class Racing:
        """The warehouse, with a writer before every word to it."""

        def __getattr__(self, name: str) -> Any:
            nonlocal turns
            turns += 1
            bench.put(STAGED, evil if turns % 2 else good)
            return getattr(warehouse, name)

    for _ in range(4):
        with suppress(Refused):
            verified = verify(work, Racing())
            promote(work, Racing(), NOW, verified)
            sync(work, Racing(), bench.stores, verified)
    promoted = {row[0] for row in bench.promoted()} if place(bench, "reco.v4").exists() else set()
    assert promoted in (set(), {"ada", "bob"}, {"eva", "eve"})
    assert set(bench.served()) in (set(), promoted)
