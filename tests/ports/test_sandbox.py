"""Scratch space of every store: the same rules, seen by nobody, gone afterwards."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pyarrow as pa
import pytest

from bot.errors import Refused
from bot.ports import Place, Store, Version
from tests.ports.conftest import StoreCase
from tests.ports.test_store import BEGUN, OLD
from tests.some import some

SCORES = Place("demo", "scores", "0badcafe", (("user_id", "STRING"), ("rank", "INT64")), ("user_id",))
FIRST = Version("demo", "0badcafe", OLD, BEGUN)
HELD = """
from tests.ports.test_sandbox import FIRST, SCORES, show
import pyarrow as pa
with port.sandbox("killed") as scratch:
    show(scratch, pa.table({"user_id": ["left"], "rank": [1]}).to_reader())
    print("loaded", flush=True)
    sys.stdin.readline()
"""


def show(store: Store, rows: pa.RecordBatchReader) -> Version:
    """Load the rows, put them, and let the declared name show them."""
    kept = store.keep(SCORES, FIRST, rows)
    assert store.put(SCORES, kept)
    store.point([SCORES])
    return kept


def test_same_rules_and_nobody_sees(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    live = store.open()
    kept = show(live, rows(user_id=["ada"], rank=[1]))
    with live.sandbox("check") as scratch:
        assert (scratch.inside(SCORES), scratch.shown("scores")) == ((), None)
        assert scratch.plan(SCORES).action == "create"
        with pytest.raises(Refused, match="stand more than once"):
            scratch.keep(SCORES, FIRST, rows(user_id=["b", "b"], rank=[1, 2]))
        show(scratch, rows(user_id=["b"], rank=[7]))
        assert scratch.inside(SCORES) != live.inside(SCORES) == (kept,)
        assert store.ask("SELECT user_id FROM scores") == [("ada",)]
    assert (live.inside(SCORES), list(live.versions(SCORES))) == ((kept,), [kept])


def test_gone_afterwards_even_after_an_error(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    show(store.open(), rows(user_id=["ada"], rank=[1]))
    with store.open().sandbox("check") as scratch, pytest.raises(Refused):
        scratch.point([SCORES])
    assert store.left() == []

    def broken() -> None:
        with store.open().sandbox("check") as scratch:
            show(scratch, rows(user_id=["b"], rank=[1]))
            assert store.left()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken()
    assert store.left() == []


def test_owners_do_not_meet(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    with store.open().sandbox("pr-12") as longer, store.open().sandbox("pr-1*") as odd:
        kept = longer.keep(SCORES, FIRST, rows(user_id=["b"], rank=[1]))
        with store.open().sandbox("pr-1") as shorter:
            assert list(shorter.versions(SCORES)) == []
            shorter.keep(SCORES, FIRST, rows(user_id=["c"], rank=[1]))
        assert list(odd.versions(SCORES)) == []
        assert list(longer.versions(SCORES)) == [kept]


def test_what_a_killed_owner_left(store: StoreCase, elsewhere: Callable[..., subprocess.Popen[str]]) -> None:
    process = elsewhere(HELD, store.open)
    assert some(process.stdout).readline() == "loaded\n"
    process.kill()
    process.wait()
    with store.open().sandbox("killed") as scratch:
        assert list(scratch.versions(SCORES)) == [], "a sandbox begins empty"


def test_swept_by_age(store: StoreCase, elsewhere: Callable[..., subprocess.Popen[str]]) -> None:
    process = elsewhere(HELD, store.open)
    assert some(process.stdout).readline() == "loaded\n"
    process.kill()
    process.wait()
    kept = store.left()
    assert kept
    with store.open().sandbox("other"):
        assert set(kept) <= set(store.left()), "it may still be at work"
    store.age()
    with store.open().sandbox("other"):
        pass
    assert store.left() == []
