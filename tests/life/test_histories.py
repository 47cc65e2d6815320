"""Any history leaves what the model says: what is read is what is released, in warehouse, store, flag and schedule.

A history is drawn over three experiments: edits, deletions, releases, rollbacks, runs, fires of the schedule, days that
pass, settings that change, tables that another one wants, and a store, the flags, the schedules or the names of the
warehouse's tables that are lost before a release. Each command may be ended or left alone by a backend at any of its
calls: then each thing that is seen is as before or as after, and once the next release is through all of it is exactly
the model.
"""

from __future__ import annotations

import tempfile
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, note, settings
from hypothesis import strategies as st

from bot.errors import SamedayError, UsageError
from tests.far.emulator import Emulator
from tests.far.postgresql import Server
from tests.fuzz import drawn
from tests.life.made import InBigQuery, Made
from tests.life.model import FAILS, Life
from tests.life.served import InPostgresql, Served
from tests.life.world import Killed, World

DAILY = {"ann": False, "bob": True, "eve": False}
NAMES = st.sampled_from(sorted(DAILY))


def faults(most: int) -> st.SearchStrategy[tuple[int, bool, bool] | None]:
    """At which of a command's calls something happens, or nothing."""
    return st.none() | st.tuples(st.integers(1, most), st.booleans(), st.booleans())


BEGINNING = [
    *(("edit", name, number) for name, number in zip(sorted(DAILY), (1, 1, 2), strict=True)),
    ("release", None), ("tick",), ("edit", "ann", 2), ("edit", "bob", 2), ("release", None),
]  # fmt: skip
EVENT = st.one_of(
    st.tuples(st.just("edit"), NAMES, st.integers(FAILS, 4)),
    st.tuples(st.just("edit"), NAMES, st.integers(1, 3)),
    st.tuples(st.just("delete"), NAMES),
    st.tuples(st.just("release"), faults(120)),
    st.tuples(st.just("release"), faults(60)),
    st.tuples(st.just("rollback"), NAMES, faults(30)),
    st.tuples(st.just("rollback"), NAMES, faults(30)),
    st.tuples(st.just("run"), NAMES, st.integers(0, 5)),
    st.tuples(st.just("fire"), NAMES),
    st.tuples(st.just("lose"), st.sampled_from(["store", "flags", "schedules", "warehouse"])),
    st.tuples(st.just("tick")),
    st.tuples(st.just("settings")),
    st.tuples(st.just("steal"), st.sampled_from(["bob", "eve"])),
)
Lives = dict[str, Life]


HISTORY = st.lists(EVENT, min_size=3, max_size=12)
LONG = 1_800  # seconds for all histories of a test, of which each takes about one
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # to shrink one plays hundreds


@settings(drawn(4, most=8), phases=PHASES)
@given(HISTORY)
def test_what_is_read_is_what_is_released(history: list[tuple[Any, ...]]) -> None:
    follow(history)


@pytest.mark.slow
@pytest.mark.timeout(LONG)
@settings(drawn(20, most=1_000), phases=PHASES)
@given(HISTORY)
def test_what_is_read_is_what_is_released_in_many_histories(history: list[tuple[Any, ...]]) -> None:
    follow(history)


@pytest.mark.slow
@pytest.mark.timeout(LONG)
@settings(drawn(6, most=50), phases=PHASES)
@given(HISTORY)
def test_what_is_read_is_what_is_released_in_postgresql(server: Server, history: list[tuple[Any, ...]]) -> None:
    follow(history, InPostgresql(server.database()))


@pytest.mark.slow
@pytest.mark.timeout(2 * LONG)
@settings(drawn(4, most=100), phases=PHASES)
@given(HISTORY)
def test_what_is_read_is_what_is_released_in_bigquery(emulator: Emulator, history: list[tuple[Any, ...]]) -> None:
    """Of the three names one is a table, and two are views."""
    follow(history, made=InBigQuery(emulator))


def follow(history: list[tuple[Any, ...]], served: Served | None = None, made: Made | None = None) -> None:
    """Play a history to its end, and look after each event whether all that is seen is as the model says."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "stack", DAILY, served, made)
        lives = {name: Life(daily) for name, daily in DAILY.items()}
        for event in [*BEGINNING, *history, ("release", None)]:
            note(str(event))
            lives = play(world, lives, event)
            assert {name: world.seen(name) for name in DAILY} == {name: lives[name].seen for name in DAILY}


def play(world: World, lives: Lives, event: tuple[Any, ...]) -> Lives:
    """Let it happen to both; returns the model as it is then."""
    kind, *words = event
    if kind in ("release", "rollback"):
        return command(world, lives, kind, words)
    lives = deepcopy(lives)
    if kind == "tick":
        world.today += 1
    elif kind == "run":
        lives[words[0]].run(world.today - words[1])
        world.run(words[0], world.today - words[1])
    elif kind == "settings":
        world.edit_settings()
    elif kind == "steal":
        steal(world, lives, words[0])
    elif kind == "lose":
        for life in lives.values():
            life.release(world.today)
            life.lose(words[0])
        world.lose(words[0])
        world.release()
    elif kind == "fire":
        lives[words[0]].run(world.today)
        world.fire(words[0])
    else:
        lives[words[0]].head = words[1] if kind == "edit" else None
        world.edit(words[0], lives[words[0]].head)
    return lives


def steal(world: World, lives: Lives, thief: str) -> None:
    """An experiment declares ann's table: neither is released then, and all stays as it was."""
    if lives["ann"].head is None or lives[thief].head is None:
        return
    world.thief = thief
    for name in lives.keys() - {"ann", thief}:
        lives[name].release(world.today)
    world.release()
    world.thief = ""


def command(world: World, before: Lives, kind: str, words: list[Any]) -> Lives:
    """A release or a rollback, which may fail or be ended in the middle; a release follows that one."""
    after = deepcopy(before)
    possible = True
    if kind == "release":
        for life in after.values():
            life.release(world.today)
    else:
        possible = after[words[0]].roll_back()
    world.calls, world.fault = 0, words[-1]
    try:
        if kind == "release":
            world.release()
        else:
            world.roll_back(words[0])
    except UsageError:
        assert not possible, "there is something to roll back"
    except (Killed, SamedayError) as fault:
        note(f"{type(fault).__name__} at call {world.calls}")
    hit, world.fault = world.fault is not None and world.calls >= world.fault[0], None
    if not hit:
        return after
    for name in DAILY:
        for what, value in world.seen(name).items():
            assert value in (before[name].seen[what], after[name].seen[what]), (name, what)
    world.release()
    for lives in (before, after):
        for life in lives.values():
            life.release(world.today)
    kept = {name: world.kept(name) for name in DAILY}  # both may look alike, and differ in what a rollback goes back to
    return before if kept == {name: len(before[name].stack) for name in DAILY} else after
