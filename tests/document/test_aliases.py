"""Anchors, aliases and merge keys work, and what they bring keeps the place where it is written."""

from __future__ import annotations

from bot.document.read import read
from bot.finding import Route


def at(source: str, route: Route) -> tuple[int, int]:
    span = read(source.encode()).span(route)
    return span.line, span.column


def test_an_alias_means_what_its_anchor_marks() -> None:
    data = read(b"a: &x {b: [1, two]}\nc: *x\nd: [*x, &t text]\ne: *t\n").data
    assert data["c"] == data["a"] == data["d"][0] == {"b": [1, "two"]}
    assert data["e"] == "text"


def test_an_anchor_can_be_set_anew() -> None:
    assert read(b"a: &x 1\nb: *x\nc: &x 2\nd: *x\n").data == {"a": 1, "b": 1, "c": 2, "d": 2}


def test_an_alias_as_key_is_its_text() -> None:
    assert read(b"a: &x word\n*x : 1\n").data == {"a": "word", "word": 1}


SHARED = """\
base: &base
  image: one
  option: {repo: batch}
job:
  <<: *base
  image: two
other: *base
"""


def test_merged_keys_yield_to_written_ones() -> None:
    assert read(SHARED.encode()).data["job"] == {"image": "two", "option": {"repo": "batch"}}


def test_places_of_merged_and_aliased_values_are_where_they_are_written() -> None:
    assert at(SHARED, ("job", "image")) == (6, 10)
    assert at(SHARED, ("job", "option", "repo")) == (3, 18)
    assert at(SHARED, ("other", "image")) == (2, 10)
    assert at(SHARED, ("other",)) == (7, 1)


def test_of_several_merged_mappings_the_first_wins() -> None:
    source = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], w: 3}\n"
    assert read(source.encode()).data["c"] == {"w": 3, "x": 1, "y": 1, "z": 2}
    assert at(source, ("c", "y")) == (1, 17)
    assert at(source, ("c", "z")) == (2, 17)


def test_a_merged_mapping_may_be_written_in_place() -> None:
    assert read(b"a: {<<: {x: 1}, y: 2}").data == {"a": {"x": 1, "y": 2}}


def test_a_quoted_merge_key_is_a_key() -> None:
    assert read(b"a: {'<<': 1}").data == {"a": {"<<": 1}}


def test_merging_is_no_duplicate() -> None:
    assert not read(SHARED.encode()).faults
