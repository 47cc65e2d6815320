"""Every key, every value and every missing key has a line and a column."""

from __future__ import annotations

from typing import Literal

import pytest

from bot.document.read import read
from bot.finding import Route, Span

SOURCE = """\
# an experiment
name: job-é-日本 # wide characters count as one
option: {team: reco, "quoted key": 'x y'}
empty: {}
jobs:
  - name: extract
    command: |
      one
      two
    dependencies: [a, "b c"]
  - {name: infer}
  - plain
nested:
  - - deep: 1
nothing:
"""
SPANS: list[tuple[Route, Literal["key", "value"], tuple[int, int, int, int]]] = [
    (("name",), "value", (2, 7, 2, 15)),
    (("name",), "key", (2, 1, 2, 5)),
    (("option", "team"), "value", (3, 16, 3, 20)),
    (("option", "quoted key"), "key", (3, 22, 3, 34)),
    (("option", "quoted key"), "value", (3, 36, 3, 41)),
    (("option",), "value", (3, 1, 3, 7)),
    (("option",), "key", (3, 1, 3, 7)),
    (("empty",), "value", (4, 8, 4, 10)),
    (("jobs", 0), "value", (6, 5, 6, 9)),
    (("jobs", 0, "name"), "value", (6, 11, 6, 18)),
    (("jobs", 0, "command"), "value", (7, 14, 10, 1)),
    (("jobs", 0, "dependencies"), "value", (10, 5, 10, 17)),
    (("jobs", 0, "dependencies", 1), "value", (10, 23, 10, 28)),
    (("jobs", 1), "value", (11, 6, 11, 10)),
    (("jobs", 1, "name"), "value", (11, 12, 11, 17)),
    (("jobs", 2), "value", (12, 5, 12, 10)),
    (("nested", 0, 0, "deep"), "value", (14, 13, 14, 14)),
    (("nested", 0), "value", (14, 7, 14, 11)),
    (("nothing",), "value", (15, 9, 15, 9)),
]  # fmt: skip
MISSING: list[tuple[Route, tuple[int, int]]] = [
    (("owner",), (2, 1)),
    (("option", "nope"), (3, 1)),
    (("empty", "nope"), (4, 8)),
    (("jobs", 0, "nope"), (6, 5)),
    (("jobs", 0, "nope", 3, "deeper"), (6, 5)),
    (("jobs", 1, "command"), (11, 6)),
    (("jobs", 7), (5, 1)),
    (("name", "below a text"), (2, 7)),
    ((), (2, 1)),
]


@pytest.mark.parametrize(("route", "on", "span"), SPANS, ids=str)
def test_written(route: Route, on: Literal["key", "value"], span: tuple[int, int, int, int]) -> None:
    assert read(SOURCE.encode()).span(route, on) == Span(*span)


@pytest.mark.parametrize(("route", "place"), MISSING, ids=str)
def test_missing_falls_back_to_the_nearest_that_is_written(route: Route, place: tuple[int, int]) -> None:
    span = read(SOURCE.encode()).span(route)
    assert (span.line, span.column) == place


@pytest.mark.parametrize("before", ["\ufeff", ""])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_spans_do_not_depend_on_mark_and_line_endings(before: str, ending: str) -> None:
    tree = read((before + SOURCE.replace("\n", ending)).encode())
    for route, on, span in SPANS:
        assert tree.span(route, on) == Span(*span)


def test_an_empty_file_has_a_place_too() -> None:
    assert read(b"").span(("name",)) == Span(1, 1, 1, 1)
