"""Scratch space of every store: the same rules, seen by nobody, gone afterwards."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pyarrow as pa
import pytest

from bot.errors import Refused
from bot.ports import Target
from tests.ports.conftest import StoreCase
from tests.some import some

SCORES = Target("scores", (("user_id", "STRING"), ("rank", "INT64")), ("user_id",))
HELD = """
from bot.ports import Target
import pyarrow as pa
with port.sandbox("killed") as scratch:
    target = Target("scores", (("user_id", "STRING"), ("rank", "INT64")), ("user_id",))
    scratch.load(target, "sample", pa.table({"user_id": ["left"], "rank": [1]}).to_reader())
    scratch.activate({target: ["sample"]})
    print("loaded", flush=True)
    sys.stdin.readline()
"""


def test_same_rules_and_nobody_sees(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    live = store.open()
    live.load(SCORES, "live", rows(user_id=["ada"], rank=[1]))
    live.activate({SCORES: ["live"]})
    with live.sandbox("check") as scratch:
        assert scratch.active(SCORES) == ()
        assert scratch.plan(SCORES).action == "create"
        with pytest.raises(Refused, match="stand more than once"):
            scratch.load(SCORES, "sample", rows(user_id=["b", "b"], rank=[1, 2]))
        scratch.load(SCORES, "sample", rows(user_id=["b"], rank=[1]))
        scratch.activate({SCORES: ["sample"]})
        assert (scratch.active(SCORES), live.active(SCORES)) == (("sample",), ("live",))
        assert store.ask("SELECT user_id FROM scores") == [("ada",)]
    assert (live.active(SCORES), list(live.versions(SCORES))) == (("live",), ["live"])


def test_gone_afterwards_even_after_an_error(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    store.open().load(SCORES, "live", rows(user_id=["ada"], rank=[1]))
    with store.open().sandbox("check") as scratch, pytest.raises(Refused):
        scratch.activate({SCORES: ["unknown"]})
    assert store.left() == []

    def broken() -> None:
        with store.open().sandbox("check") as scratch:
            scratch.load(SCORES, "sample", rows(user_id=["b"], rank=[1]))
            assert store.left()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken()
    assert store.left() == []


def test_owners_do_not_meet(store: StoreCase, rows: Callable[..., pa.RecordBatchReader]) -> None:
    with store.open().sandbox("pr-12") as longer, store.open().sandbox("pr-1*") as odd:
        longer.load(SCORES, "sample", rows(user_id=["b"], rank=[1]))
        with store.open().sandbox("pr-1") as shorter:
            assert list(shorter.versions(SCORES)) == []
            shorter.load(SCORES, "other", rows(user_id=["c"], rank=[1]))
        assert list(odd.versions(SCORES)) == []
        assert list(longer.versions(SCORES)) == ["sample"]


def test_what_a_killed_owner_left(
    store: StoreCase, elsewhere: Callable[..., subprocess.Popen[str]], rows: Callable[..., pa.RecordBatchReader]
) -> None:
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
