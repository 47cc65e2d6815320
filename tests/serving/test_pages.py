"""Rankings of rows, and cursors: one page continues the other, and nobody else's."""

from __future__ import annotations

import base64
import json
import math

import pytest

from examples.serving.draft import draft, seed
from examples.serving.pages import Cursor, ranked, read, written
from tests.serving.test_draft import cases

CURSOR = Cursor("2026-11-30", "v7", 20)
TEXT = written(CURSOR, "next-locale:1", "ann")


def test_rows_are_ranked() -> None:
    rows = [("a", 0.5), ("b", math.nan), (None, 9.0), ("c", 2.0), ("d", None), (10, 0.5), ("e", math.inf), ("c", 1.0)]
    for turn in range(len(rows)):
        assert ranked(rows[turn:] + rows[:turn]) == ["e", "c", "c", 10, "a"], "in whichever order they come"
    assert ranked([]) == []


def test_pages_continue_each_other() -> None:
    """Pages of every size put together are the one draft, whatever day it is by then."""
    for method, lists, length, _ in cases(60):
        whole = draft(method, dict(lists), length, seed("salt", "ann", CURSOR.ranking))
        for size in range(1, length + 1):
            shown, text = [], written(CURSOR._replace(position=0), "salt", "ann")
            while (cursor := read(text, "salt", "ann")) and cursor.position < length:
                now = draft(method, dict(lists), length, seed("salt", "ann", cursor.ranking))
                shown += now[cursor.position : cursor.position + size]
                text = written(cursor._replace(position=cursor.position + size), "salt", "ann")
            assert shown == whole


def test_a_cursor_is_read_again() -> None:
    assert read(TEXT, "next-locale:1", "ann") == CURSOR
    strange = Cursor('é"\x1f🦊', "", 0)
    assert read(written(strange, "s", "🦊"), "s", "🦊") == strange


def test_a_cursor_of_somebody_else_or_of_a_test_that_is_over() -> None:
    assert read(TEXT, "next-locale:1", "bob") is None
    assert read(TEXT, "next-locale:2", "ann") is None


def text_of(value: object) -> str:
    """A value where a cursor is expected."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


CHECK = json.loads(base64.urlsafe_b64decode(TEXT))[3]
BROKEN = {
    "empty": "", "not base64": "%%%", "not ascii": "ключ", "cut off": TEXT[:-5], "not JSON": "AAAA",
    "deep": base64.urlsafe_b64encode(b"[" * 100_000).decode(), "a number": text_of(7), "short": text_of(["a", "b", 1]),
    "moved on": text_of(["2026-11-30", "v7", 40, CHECK]), "another version": text_of(["2026-11-30", "v8", 20, CHECK]),
    "no text": text_of([["2026-11-30"], "v7", 20, CHECK]), "no position": text_of(["2026-11-30", "v7", True, CHECK]),
    "before the first": written(CURSOR._replace(position=-1), "next-locale:1", "ann"),
    "keys": text_of({"2026-11-30": 1, "v7": 2, "20": 3, CHECK: 4}), "null": text_of(None),
}  # fmt: skip


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_what_is_no_cursor(text: str) -> None:
    assert read(text, "next-locale:1", "ann") is None
